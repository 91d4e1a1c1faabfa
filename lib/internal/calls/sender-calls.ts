import type { NativeHandle } from './handle.js';

/** A packet sender, as native code takes it; checked by lib/scan. */
export interface NativeSenderOptions {
  interfaceName: string;
  backend: 'auto' | 'packet' | 'rawip' | 'xdp' | 'pcap';
  /** Packets per second, above 0; Infinity for as fast as it goes. */
  rate: number;
  /** For `auto`: the rate that was asked for, 0 for none. */
  autoRate: number;
  precision: 'eco' | 'balanced' | 'spin';
  catchUpMs: number;
}

/** What a sender says of itself. */
export interface NativeSenderInfo {
  readonly backend: string;
  /** Whether frames begin with an Ethernet header. */
  readonly ethernet: boolean;
  /** Of the interface, in bytes without the Ethernet header. */
  readonly mtu: number;
  /** Bytes, an Ethernet header included where frames begin with one. */
  readonly largestFrame: number;
}

/** The field that is counted up from frame to frame. */
export type NativeVaried = 'none' | 'ipv4-destination' | 'destination-port';

/** Packet senders: a device each, and a thread for each transmit. */
export interface NativeSenderCalls {
  /** Opens the device. */
  sender_open: (options: NativeSenderOptions) => NativeHandle;
  /**
   * Before anything is sent.
   *
   * @param limiter - a shared token bucket that each packet is charged to, made with `rate` and `burst`
   */
  sender_charge_to: (
    handle: NativeHandle,
    limiter: Uint8Array | string,
    rate: number,
    burst: number,
  ) => void;
  sender_info: (handle: NativeHandle) => NativeSenderInfo;
  /** Live counters; the layout is in lib/scan. To be read only. */
  sender_slots: (handle: NativeHandle) => Float64Array;
  /** Not while a transmit runs. @returns frames taken; a negative errno when the first was refused for good */
  sender_send: (handle: NativeHandle, frames: readonly Uint8Array[]) => number;
  /** Throws when the template does not fit. @returns the varied field as it is in the template */
  sender_inspect: (handle: NativeHandle, template: Uint8Array, vary: NativeVaried) => number;
  /** Starts a transmit; the counters tell when it is over. Not while another runs. */
  sender_transmit: (
    handle: NativeHandle,
    template: Uint8Array,
    vary: NativeVaried,
    first: number,
    count: number,
  ) => void;
  /** Brings the counters up to date with what a sender holds since `sender_send`; a transmit does so by itself. */
  sender_take_departures: (handle: NativeHandle) => void;
  /** Asks the transmit to end; returns at once. */
  sender_stop: (handle: NativeHandle) => void;
  sender_set_rate: (handle: NativeHandle, rate: number) => void;
  /** Ends the transmit and joins its thread. */
  sender_close: (handle: NativeHandle) => void;
}
