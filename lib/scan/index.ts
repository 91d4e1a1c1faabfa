/**
 * Paced port scans: `import { scan } from 'pacegate/scan'`.
 *
 * @packageDocumentation
 */

export { scan } from './scan.js';
export { parsePorts } from './ports.js';
export {
  IcmpMonitor,
  type IcmpMonitorEvents,
  type IcmpMonitorOptions,
  type IcmpMonitorStatistics,
} from './icmp-monitor/icmp-monitor.js';
export type { UnreachableEvent } from './icmp-monitor/icmp-event.js';
export { PacketSender } from './packet-sender/packet-sender.js';
export type { PacketSenderOptions } from './packet-sender/sender-options.js';
export type { PacketSenderStatistics, SendReport } from './packet-sender/sender-statistics.js';
export type { TransmitOptions } from './packet-sender/transmit-options.js';
export { presets, type Preset, type PresetName, type Span } from './control/settings/presets.js';
export { SettingsError } from './control/settings/settings-error.js';
export {
  settingsFromEnvironment,
  type EnvironmentSettings,
  type SettingsOptions,
} from './control/settings/settings-from-environment.js';
export type { AllBackedOff, BackoffEvent, TargetBackoff } from './backoff-event.js';
export type { BackoffScanOptions, MaxPrefixRate } from './backoff-options.js';
export type { ScanOptions } from './options.js';
export type { PaceOptions, Precision } from './pace-options.js';
export type { PortState, ScanReason } from './reasons.js';
export type { ScanResult } from './result.js';
export type { Scan, ScanEvents } from './scan-run.js';
export type { Shard } from './shard.js';
export type { ScanState } from './state.js';
export type { ScanStatistics, ScanSummary, ScanWarning } from './statistics.js';
