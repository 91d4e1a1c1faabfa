import path from 'node:path';
import { types } from 'node:util';
import { checkOptions, invalidArgument } from '../../internal/check.js';
import { InvalidArgumentError } from '../../internal/errors.js';

/**
 * Where a limiter keeps its state, so that several of them are one limit.
 *
 * - `'none'`: for itself alone.
 * - `{ buffer }`: in a SharedArrayBuffer, for the threads of this process. Make one limiter without it and hand its
 *   `share` to the others, by `workerData` or `postMessage`; or bring a zeroed buffer that is large enough.
 * - `{ file }`: in a file that every process of this host maps (Linux). It is made with mode 0600 by the first who
 *   comes and serves processes of the same user; `/dev/shm/name` never touches a disk. What a file of an earlier boot
 *   holds is forgotten.
 *
 * Whoever joins must say the same rate, burst and so on as who made the state: else `ERR_PACEGATE_SHARED_STATE` says
 * what differs.
 */
export type Share =
  | 'none'
  | { readonly buffer: SharedArrayBuffer }
  | {
      /** A path; relative ones start from the working directory at the time of the call. */
      readonly file: string;
    };

/** A {@link Share} that names a place: can be cloned, to be given to workers and other processes. */
export type ShareHandle = Exclude<Share, 'none'>;

/**
 * The place to share, with an absolute path; undefined for `'none'` and when absent.
 *
 * @throws InvalidArgumentError
 */
export function checkShare(name: string, value: unknown): ShareHandle | undefined {
  if (value === undefined || value === 'none') return undefined;
  const expected = "'none', { buffer: SharedArrayBuffer } or { file: string }";
  if (typeof value !== 'object') throw invalidArgument(name, value, expected);
  const { buffer, file } = checkOptions(name, value, ['buffer', 'file']);
  if (buffer !== undefined && file !== undefined) {
    throw new InvalidArgumentError(`${name} must have a buffer or a file, not both`);
  }
  if (buffer !== undefined) return { buffer: checkBuffer(`${name}.buffer`, buffer) };
  if (file === undefined) throw invalidArgument(name, value, expected);
  return { file: checkFile(`${name}.file`, file) };
}

/** What native calls take for a place: memory, or a path. */
export function placeOf(share: ShareHandle): Uint8Array | string {
  return 'buffer' in share ? new Uint8Array(share.buffer) : share.file;
}

function checkBuffer(name: string, value: unknown): SharedArrayBuffer {
  if (!types.isSharedArrayBuffer(value)) throw invalidArgument(name, value, 'a SharedArrayBuffer');
  return value;
}

function checkFile(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw invalidArgument(name, value, 'a path');
  }
  return path.resolve(value);
}
