export { ManualClock } from './manual-clock.js';
export type { Clock } from '../internal/clock.js';
