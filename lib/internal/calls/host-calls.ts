/** One thing this process may or may not do. */
export interface NativeCapability {
  name: string;
  available: boolean;
  /** Empty when available; else what is missing and how to get it. */
  reason: string;
}

/** A network device. */
export interface NativeInterface {
  name: string;
  index: number;
  link: 'ethernet' | 'loopback' | 'ip' | 'other';
  up: boolean;
  mtu: number;
  mac: string;
  addresses: string[];
}

/** What this machine has and permits. */
export interface NativeHostCalls {
  host_capabilities: () => NativeCapability[];
  host_interfaces: () => NativeInterface[];
  /** @returns '' when backend xdp can send on that interface, else the reason why not */
  host_why_not_xdp: (interfaceIndex: number) => string;
  /** @returns '' when raw packets can be sent, else the reason why not */
  host_can_send_raw: () => string;
  /** Throws the reason, with its fault, when raw packets cannot be sent. */
  host_require_raw: () => void;
  /** Whether scan_create takes the backend `connect`. */
  host_can_connect: () => boolean;
  monotonic_now_ns: () => bigint;
}
