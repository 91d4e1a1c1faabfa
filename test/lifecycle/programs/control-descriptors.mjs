// A process that opens half as many files again is throttled, where that is what it may, and recovers when it closes them.
import { closeSync, openSync } from 'node:fs';
import { ResourceThrottle, SystemReadings } from 'pacegate/scan';

const readings = new SystemReadings();
const { value, remark } = readings.read().descriptorPercent;
if (!(value > 0)) {
  console.log(`unavailable: ${remark ?? 'without limit'}`);
} else {
  const throttle = new ResourceThrottle({
    readings,
    // So that nothing else is too much on whatever machine this is.
    thresholds: {
      cpuPercent: Infinity,
      memoryPercent: Infinity,
      eventLoopLagMs: Infinity,
      descriptorPercent: value * 1.5,
    },
    recoverLooks: 1,
    intervalMs: 3_600_000,
  });
  throttle.on('change', ({ direction, measure }) => console.log(direction, measure));
  const files = [];
  while (throttle.statistics().level === 0) {
    files.push(openSync('/dev/null'));
    throttle.look();
  }
  for (const file of files) closeSync(file);
  throttle.look();
}
