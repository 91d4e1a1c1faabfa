// One attempt to open a TCP connection, and what its outcome says about the port.

import { Socket } from 'node:net';
import { onAbort } from '../../internal/abort-listeners.js';
import { roundedMs } from '../result.js';
import type { PortState, ScanReason } from '../reasons.js';
import type { AddressFamily } from '../targets/address.js';

/** One attempt. */
export interface ConnectProbe {
  readonly family: AddressFamily;
  /** Literal address; a zone id is allowed here. */
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** Address to connect from; the operating system's choice when undefined. */
  readonly localAddress: string | undefined;
  /** Ends the attempt at once, as a time-out. */
  readonly signal?: AbortSignal;
}

/** The attempt says what the port is. */
export interface ConnectAnswer {
  readonly kind: 'answer';
  readonly state: PortState;
  readonly reason: ScanReason;
  readonly rttMs?: number;
}

/** `busy`: this host could not make the attempt now (no descriptor, no local port); nothing was learnt. */
export type ConnectOutcome =
  ConnectAnswer | { readonly kind: 'timeout' } | { readonly kind: 'busy'; readonly code: string };

/** Makes one attempt; never rejects. */
export type Connector = (probe: ConnectProbe) => Promise<ConnectOutcome>;

/** Errors of this host that pass: descriptors, local ports and buffers come back. */
const BUSY = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM', 'EAGAIN']);

/**
 * What an error of connect(2) says about the port. Linux reports ICMP 3/13 as EHOSTUNREACH and ICMPv6 1/1 as EACCES.
 * ECONNRESET comes only after a completed handshake: the port was open, its owner hung up at once.
 */
const ANSWERS: Readonly<Record<string, readonly [PortState, ScanReason]>> = {
  ECONNREFUSED: ['closed', 'conn-refused'],
  ECONNRESET: ['open', 'syn-ack'],
  EPIPE: ['open', 'syn-ack'],
  EHOSTUNREACH: ['filtered', 'host-unreach'],
  EHOSTDOWN: ['filtered', 'host-unreach'],
  ENETUNREACH: ['filtered', 'net-unreach'],
  ENETDOWN: ['filtered', 'net-unreach'],
  ENOPROTOOPT: ['filtered', 'proto-unreach'],
  EACCES: ['filtered', 'admin-prohibited'],
  EPERM: ['filtered', 'admin-prohibited'],
};

/** Reads the error code of a failed attempt. */
export function judgeError(code: string): ConnectOutcome {
  if (code === 'ETIMEDOUT') return { kind: 'timeout' };
  if (BUSY.has(code)) return { kind: 'busy', code };
  const [state, reason] = ANSWERS[code] ?? ['unknown', 'send-failed'];
  return { kind: 'answer', state, reason };
}

/**
 * Attempts by the operating system's sockets. An open connection is reset, not closed: no TIME_WAIT is left behind, so
 * a long scan does not run out of local ports.
 */
export const tcpConnector: Connector = (probe) =>
  new Promise((resolve) => {
    const socket = new Socket();
    const startNs = process.hrtime.bigint();
    const rttMs = () => roundedMs(Number(process.hrtime.bigint() - startNs) / 1000);
    let isOver = false;
    const giveUp = () => {
      finish({ kind: 'timeout' });
    };
    // Timers come before what sockets have received: where the event loop was busy, the answer may be there already.
    const timer = setTimeout(() => setImmediate(giveUp), probe.timeoutMs);
    const forget = probe.signal && onAbort(probe.signal, giveUp);
    const finish = (outcome: ConnectOutcome) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      forget?.();
      // Resetting waits for a connection that is still being made: two minutes, where nobody answers.
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
      resolve(outcome);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const outcome = judgeError(error.code ?? '');
      finish(outcome.kind === 'answer' ? timed(outcome, rttMs()) : outcome);
    });
    socket.once('connect', () => {
      finish(timed(judgeConnection(socket, probe), rttMs()));
    });
    try {
      socket.connect({
        host: probe.address,
        port: probe.port,
        family: probe.family,
        ...(probe.localAddress === undefined ? {} : { localAddress: probe.localAddress }),
      });
    } catch {
      finish({ kind: 'answer', state: 'unknown', reason: 'send-failed' });
    }
  });

/** Only the target's own answer has a round-trip time; a router's, or this host's, would mislead. */
function timed(answer: ConnectAnswer, rttMs: number): ConnectAnswer {
  return answer.state === 'open' || answer.state === 'closed' ? { ...answer, rttMs } : answer;
}

/**
 * A connection to one's own address may meet itself: the operating system chose the probed port as the local one, and
 * TCP's simultaneous open completes. It could choose it only because nobody listens there.
 */
function judgeConnection(socket: Socket, probe: ConnectProbe): ConnectAnswer {
  const isSelf = socket.localPort === probe.port && socket.localAddress === socket.remoteAddress;
  return isSelf
    ? { kind: 'answer', state: 'closed', reason: 'conn-refused' }
    : { kind: 'answer', state: 'open', reason: 'syn-ack' };
}
