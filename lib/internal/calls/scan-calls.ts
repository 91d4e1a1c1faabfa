import type { NativeHandle } from './handle.js';

/** A whole scan, as native code takes it; made and checked by lib/scan. */
export interface NativeScanPlan {
  /**
   * 33 bytes a range: family (4 or 6), first and last address (16 bytes each in network order; IPv4 in the first
   * four, the rest 0). Sorted, IPv4 first, disjoint.
   */
  ranges: Uint8Array;
  /** Sorted, unique. */
  ports: Uint16Array;
  /** Packets per second, above 0. */
  rate: number;
  /** Above 0: the rate is found, beginning at `rate`, and never above this. */
  autoRateCap: number;
  precision: 'eco' | 'balanced' | 'spin';
  /** How much lateness may be made good, 0..1000. */
  catchUpMs: number;
  /** Exactly this many further probes for a silent target, 0..255. */
  retries: number;
  /** Wait after each probe. */
  timeoutMs: number;
  /** Decides the order of probes; 64 bits. */
  seed: bigint;
  /** 16 random bytes, unrelated to the seed. */
  cookieKey: Uint8Array;
  sourcePort: number;
  /** Empty: by route. */
  interfaceName: string;
  backend: 'auto' | 'xdp' | 'packet' | 'rawip' | 'pcap' | 'connect';
  /** Backend `connect`: connections under way at once. */
  maxSockets: number;
  /** Back off from targets that answer "prohibited". */
  adaptiveRate: boolean;
  /** Above 0; Infinity: never give up. */
  backoffLimitMs: number;
  /** Packets per second; 0: no cap. */
  maxTargetRate: number;
  maxPrefixRate: number;
  /** Leading bits that share maxPrefixRate. */
  capPrefixV4: number;
  capPrefixV6: number;
  /** Whether round-trip times bring repeated probes forward. */
  adaptiveTimeout: boolean;
  /** Targets under way at once, 1..65536; 0: no hostgroup, and what follows means nothing. */
  maxHostgroup: number;
  minHostgroup: number;
  hostgroupBarrier: boolean;
  /** 0: never. */
  hostTimeoutMs: number;
  /** More than `tarpitOpen` of every `tarpitProbed` probed ports are open; 0 probed: not looked for. */
  tarpitOpen: number;
  tarpitProbed: number;
  /** Leave such targets alone. */
  tarpitSkip: boolean;
  /** As scan_hosts gave it for the scan to go on with, or empty. */
  hostProgress: Float64Array;
  /** Where every packet is recorded; empty: nowhere. */
  recordFile: string;
  /** Add to what an earlier scan has recorded there. */
  recordGoesOn: boolean;
  /** One bit per state that becomes a record: 1 open, 2 closed, 4 filtered, 8 unknown. */
  reportMask: number;
  /** Where to go on; 0 for a new scan. */
  startPosition: number;
  /** One past the last position of the order that is probed. */
  endPosition: number;
}

/** Scans: one send and one capture thread each, steered from here. */
export interface NativeScanCalls {
  /**
   * Opens devices and sends nothing yet.
   *
   * @param limiter - where a shared token bucket is that each packet is charged to, made with `rate` and `burst`
   */
  scan_create: (
    plan: NativeScanPlan,
    limiter?: Uint8Array | string,
    rate?: number,
    burst?: number,
  ) => NativeHandle;
  scan_start: (handle: NativeHandle) => void;
  scan_pause: (handle: NativeHandle) => void;
  scan_resume: (handle: NativeHandle) => void;
  /** Ends sending now and waits one timeout for answers before the phase becomes done; returns at once. */
  scan_stop: (handle: NativeHandle) => void;
  scan_set_rate: (handle: NativeHandle, rate: number) => void;
  /** What part of the caps for targets and prefixes is this scan's; above 0, at most 1. */
  scan_set_cap_part: (handle: NativeHandle, part: number) => void;
  /** Copies whole records of 32 bytes. @returns how many */
  scan_drain: (handle: NativeHandle, records: Uint8Array) => number;
  /** Live counters; the layout is in lib/scan. To be read only. */
  scan_slots: (handle: NativeHandle) => Float64Array;
  scan_backend: (handle: NativeHandle) => string;
  /** What the user should know of the choice of backends. */
  scan_notes: (handle: NativeHandle) => string[];
  /** With a hostgroup: how many targets were begun, then rank and first unsettled turn of each that is not finished. */
  scan_hosts: (handle: NativeHandle) => Float64Array;
  /** Joins the threads. */
  scan_destroy: (handle: NativeHandle) => void;
}
