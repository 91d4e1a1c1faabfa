// The TypeScript tests once more, on an addon built with AddressSanitizer and UndefinedBehaviorSanitizer.
import { buildSanitized, runSanitized, unsupported } from '../sanitize.mjs';

export const addonAsan = {
  name: 'addon-asan',
  group: 'sanitize',
  skip: unsupported,
  prepare: buildSanitized,
  run: () => runSanitized([]),
};
