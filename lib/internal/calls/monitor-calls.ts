import type { NativeHandle } from './handle.js';

/** The ICMP monitor of this process: one capture thread, read from here. */
export interface NativeMonitorCalls {
  /**
   * Begins to listen.
   *
   * @param interfaceName - empty: all interfaces
   * @returns 0 when a monitor runs in this process already, in whichever thread
   */
  monitor_create: (interfaceName: string) => NativeHandle;
  /** Copies whole events of 72 bytes, 128 at most. @returns how many */
  monitor_drain: (handle: NativeHandle, events: Uint8Array) => number;
  /** Live counters; the layout is in lib/scan/icmp-monitor. To be read only. */
  monitor_slots: (handle: NativeHandle) => Float64Array;
  /** Joins the thread. */
  monitor_destroy: (handle: NativeHandle) => void;
}
