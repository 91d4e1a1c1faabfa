// All that one run found out.
import type { KeyedRow } from './keyed.js';
import type { NativeRow } from './native-bucket.js';
import type { SharingRow } from './sharing.js';
import type { SingleRow } from './single.js';
import type { TruthRow } from './truth.js';

export interface Figures {
  /** A smoke run: too short to be quoted. */
  readonly isQuick: boolean;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Packages that did not take part, and why. */
  readonly absent: Readonly<Record<string, string>>;
  readonly keys: { readonly many: number; readonly few: number };
  readonly single: readonly SingleRow[];
  readonly keyed: readonly KeyedRow[];
  readonly sharing: readonly SharingRow[];
  readonly native: readonly NativeRow[] | undefined;
  readonly truth: readonly TruthRow[];
}
