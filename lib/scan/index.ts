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
export { AdaptiveRate } from './control/adaptive/adaptive-rate.js';
export type {
  AdaptiveRateEvents,
  AdaptiveRateStatistics,
  RateChange,
} from './control/adaptive/adaptive-rate.js';
export type { AdaptiveRateOptions } from './control/adaptive/adaptive-rate-options.js';
export type {
  PerformanceFigures,
  ResourceFigures,
  TimesMs,
} from './control/monitor/performance-figures.js';
export { PerformanceMonitor } from './control/monitor/performance-monitor.js';
export type {
  PerformanceMonitorEvents,
  PerformanceMonitorOptions,
} from './control/monitor/performance-monitor.js';
export { outcomeOf, type Outcome, type ResultLike } from './control/outcome.js';
export type { RateTarget } from './control/rate-target.js';
export type {
  Degradation,
  Reading,
  Readings,
  ResourceName,
  ResourceSource,
} from './control/resources/resource-readings.js';
export { SystemReadings } from './control/resources/system-readings.js';
export type { Bottleneck, BottleneckName } from './control/statistics/bottleneck.js';
export { comprehensiveStatistics } from './control/statistics/comprehensive-statistics.js';
export type {
  ComprehensiveStatistics,
  PerformanceStatistics,
} from './control/statistics/comprehensive-statistics.js';
export type { HealthMark } from './control/statistics/health.js';
export type { RateLimitingFigures } from './control/statistics/rate-figures.js';
export type { PoolFigures, StatisticsSources } from './control/statistics/sources.js';
export type { MeasureName, Measures } from './control/throttle/ladder.js';
export type { Pressure, PressureName } from './control/throttle/pressure.js';
export { ResourceThrottle } from './control/throttle/resource-throttle.js';
export type {
  ResourceThrottleEvents,
  ResourceThrottleStatistics,
  ThrottleChange,
} from './control/throttle/resource-throttle.js';
export type {
  ResourceThresholds,
  ResourceThrottleOptions,
} from './control/throttle/throttle-options.js';
export { presets, type Preset, type PresetName, type Span } from './control/settings/presets.js';
export { SettingsError } from './control/settings/settings-error.js';
export {
  settingsFromEnvironment,
  type EnvironmentSettings,
  type SettingsOptions,
} from './control/settings/settings-from-environment.js';
export { type CloseOptions, ConnectionPool, type SubmitOptions } from './pool/connection-pool.js';
export type { PipelineOptions } from './pipeline/pipeline-options.js';
export type { PipelineState } from './pipeline/pipeline-state.js';
export {
  type PipelineEvents,
  type PipelineStatistics,
  ScanPipeline,
} from './pipeline/scan-pipeline.js';
export type { Stage, StageOptions } from './pipeline/stages.js';
export type { PoolOptions, WorkerThrottle } from './pool/pool-options.js';
export type { DurationsMs, PoolStatistics, TaskCounts } from './pool/pool-statistics.js';
export type { ProbeAnswer, ScanProbe, ScanTask, TaskResult } from './pool/scan-task.js';
export type { AllBackedOff, BackoffEvent, TargetBackoff } from './backoff-event.js';
export { scanFleet } from './fleet/scan-fleet.js';
export type { FleetEvents, FleetScan, FleetSummary } from './fleet/fleet-scan.js';
export type { FleetOptions } from './fleet/fleet-options.js';
export type { FleetStatistics } from './fleet/fleet-statistics.js';
export { DirectoryFleetStore } from './fleet/store/directory-store.js';
export { MemoryFleetStore } from './fleet/store/memory-store.js';
export type {
  FleetPlan,
  FleetStatus,
  FleetStore,
  FleetTotals,
  LeaseReport,
  MemberStatus,
  MemberTerm,
  RenewAnswer,
  RenewRequest,
  ShardLease,
  ShardProgress,
  ShardStatus,
  ShardTally,
} from './fleet/store/fleet-store.js';
export type { BackoffScanOptions, MaxPrefixRate } from './backoff-options.js';
export type { HostScanOptions } from './hosts/host-options.js';
export type { TarpitOptions } from './hosts/tarpit-options.js';
export type { HostProgress } from './hosts/host-progress.js';
export type { ScanOptions } from './options.js';
export type { PaceOptions, Precision } from './pace-options.js';
export type { PortState, ScanReason } from './reasons.js';
export type { PcapStatistics } from './recording.js';
export type { ScanResult } from './result.js';
export type { Scan, ScanEvents } from './scan-run.js';
export type { Shard } from './shard.js';
export type { ScanState } from './state.js';
export type { ScanStatistics, ScanSummary, ScanWarning } from './statistics.js';
