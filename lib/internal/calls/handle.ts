/** A native object, known by number; 0 is never one. Valid in the environment that created it. */
export type NativeHandle = number;
