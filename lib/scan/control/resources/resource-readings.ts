// How busy this process and its host are, and what to do about a reading that cannot be had.

import { invalidArgument } from '../../../internal/check.js';

/** What is read: the names of the four readings. */
export const resourceNames = [
  'cpuPercent',
  'memoryPercent',
  'eventLoopLagMs',
  'descriptorPercent',
] as const;

/**
 * `cpuPercent` and `memoryPercent` are of the host, `descriptorPercent` of what this process may open, `eventLoopLagMs`
 * is by how much timers come late.
 */
export type ResourceName = (typeof resourceNames)[number];

/** One reading. */
export interface Reading {
  /** Absent when it cannot be had. */
  readonly value?: number;
  /** Why it cannot be had, or what was read in its place. */
  readonly remark?: string;
}

/** All readings of one moment. */
export type Readings = Readonly<Record<ResourceName, Reading>>;

/** Where readings come from. */
export interface ResourceSource {
  /** Reads everything now; what it leaves out, or has no number for, is unavailable. */
  read(): Readonly<Partial<Record<ResourceName, number | Reading | undefined>>>;
  /** Reads no more. */
  [Symbol.dispose]?(): void;
}

/** Something that is not there, or not as it should be, and is done without. */
export interface Degradation {
  /** The reading, or the part that works less well. */
  readonly name: string;
  readonly remark: string;
}

/** @throws InvalidArgumentError for what has no `read()` */
export function checkResourceSource(name: string, value: unknown): ResourceSource {
  if (
    typeof value === 'object' &&
    value !== null &&
    'read' in value &&
    typeof value.read === 'function'
  ) {
    return value as ResourceSource;
  }
  throw invalidArgument(name, value, 'a source of readings: an object with read()');
}

/** Reads everything; whatever goes wrong with it is said in the remarks. */
export function readAll(source: ResourceSource): Readings {
  let given: ReturnType<ResourceSource['read']> = {};
  let fault = 'not read';
  try {
    given = source.read();
  } catch (error) {
    fault = messageOf(error);
  }
  const reading = (name: ResourceName): Reading => normal(given[name], fault);
  return {
    cpuPercent: reading('cpuPercent'),
    memoryPercent: reading('memoryPercent'),
    eventLoopLagMs: reading('eventLoopLagMs'),
    descriptorPercent: reading('descriptorPercent'),
  };
}

function normal(given: number | Reading | undefined, fault: string): Reading {
  const { value, remark = fault } = typeof given === 'number' ? { value: given } : (given ?? {});
  if (value === undefined) return { remark };
  if (!Number.isFinite(value)) return { remark: `no number was read, but ${value}` };
  return typeof given === 'number' ? { value } : { ...given };
}

/** The readings that are not what they should be. */
export function degradationsOf(readings: Readings): Degradation[] {
  return resourceNames.flatMap((name) => {
    const { remark } = readings[name];
    return remark === undefined ? [] : [{ name, remark }];
  });
}

/** What an error says, in one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
}
