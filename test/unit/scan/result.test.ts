import { expect, it } from 'vitest';
import { nativeReasons } from '../../../lib/scan/reasons.js';
import type { BackoffEvent } from '../../../lib/scan/backoff-event.js';
import type { TarpitNotice } from '../../../lib/scan/hosts/host-watch.js';
import { decodeRecords, type ScanResult } from '../../../lib/scan/result.js';
import { encodeBackoff, encodeRecord, encodeTarpit } from './fake-native.js';

function decodeResults(bytes: Uint8Array, count: number): ScanResult[] {
  const results: ScanResult[] = [];
  const backoffs: BackoffEvent[] = [];
  decodeRecords(bytes, count, results, { backoffs, tarpits: [] });
  expect(backoffs).toEqual([]);
  return results;
}

it('reads records of the native ring, what is absent left out', () => {
  const bytes = new Uint8Array(96);
  bytes.set(
    encodeRecord({ host: 0xc0a80001, port: 443, state: 0, reason: 0, ttl: 64, rttUs: 1234.4 }),
  );
  bytes.set(encodeRecord({ host: 0x0a000001, port: 22, state: 2, reason: 2 }), 32);
  const six = encodeRecord({ host: 0x20010db8, port: 65535, state: 1, reason: 1, ttl: 255 });
  six[18] = 6;
  six[15] = 9;
  bytes.set(six, 64);
  expect(decodeResults(bytes, 3)).toEqual([
    {
      address: '192.168.0.1',
      port: 443,
      protocol: 'tcp',
      state: 'open',
      reason: 'syn-ack',
      rttMs: 1.234,
      ttl: 64,
    },
    { address: '10.0.0.1', port: 22, protocol: 'tcp', state: 'filtered', reason: 'no-response' },
    {
      address: '2001:db8::9',
      port: 65535,
      protocol: 'tcp',
      state: 'closed',
      reason: 'reset',
      ttl: 255,
    },
  ]);
  expect(decodeResults(bytes, 0)).toEqual([]);
});

it('knows every reason by its number', () => {
  const bytes = new Uint8Array(nativeReasons.length * 32);
  nativeReasons.forEach((_, reason) => {
    bytes.set(encodeRecord({ host: 1, port: 1, state: 3, reason }), reason * 32);
  });
  expect(decodeResults(bytes, nativeReasons.length).map(({ reason }) => reason)).toEqual(
    nativeReasons,
  );
  expect([nativeReasons[9], nativeReasons[14]]).toEqual(['admin-prohibited', 'send-failed']);
  expect(nativeReasons.slice(15)).toEqual(['rate_limit_timeout', 'host_timeout', 'too_many_open']);
});

it('P5 reads back-offs among results', () => {
  const bytes = new Uint8Array(128);
  bytes.set(encodeBackoff({ host: 0x0a000009, bits: 32, level: 2, remainingMs: 4000 }));
  bytes.set(encodeRecord({ host: 0x0a000001, port: 22, state: 0, reason: 0 }), 32);
  bytes.set(encodeBackoff({ host: 0x0a000000, bits: 24, level: 1, remainingMs: 2000 }), 64);
  bytes.set(encodeBackoff('all'), 96);
  const results: ScanResult[] = [];
  const backoffs: BackoffEvent[] = [];
  decodeRecords(bytes, 4, results, { backoffs, tarpits: [] });
  expect(results).toMatchObject([{ address: '10.0.0.1', port: 22, state: 'open' }]);
  expect(backoffs).toEqual([
    { target: '10.0.0.9', level: 2, remainingMs: 4000 },
    { target: '10.0.0.0/24', level: 1, remainingMs: 2000 },
    { all: true },
  ]);
});

it('P6 reads a tarpit among results', () => {
  const bytes = encodeTarpit(0x0a000003);
  const tarpits: TarpitNotice[] = [];
  const results: ScanResult[] = [];
  decodeRecords(bytes, 1, results, { backoffs: [], tarpits });
  expect(results).toEqual([]);
  expect(tarpits).toEqual([{ address: '10.0.0.3', open: 55, probed: 64 }]);
});
