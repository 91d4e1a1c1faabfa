/** Sliding windows, fixed windows and hybrids. Twice each, as the buckets. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled in the next commit
export interface NativeWindowCalls {}
