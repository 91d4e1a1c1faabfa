// What a task without a probe of its own does: it opens a connection, and resets it.

import { isIP } from 'node:net';
import type { Connector } from '../../engines/connect-probe.js';
import { formatAddress, type AddressFamily } from '../../targets/address.js';
import { resolveName, type Lookup } from '../../targets/resolve.js';
import type { AttemptCall } from './attempt.js';
import type { CheckedTask } from '../scan-task.js';

/** What connections are made with; tests put their own here. */
export interface ConnectMeans {
  readonly connector: Connector;
  readonly lookup: Lookup;
}

/** One attempt to connect. A name stands for its first IPv4 address, or its first IPv6 address where it has no other. */
export function connectAttempt(task: CheckedTask, means: ConnectMeans): AttemptCall {
  const { port } = task.given;
  return async (signal) => {
    const { family, address } = await addressOf(task.address, means.lookup);
    if (signal.aborted) return { kind: 'timeout' };
    const { timeoutMs } = task;
    const probe = { family, address, port, timeoutMs, localAddress: undefined, signal };
    const outcome = await means.connector(probe);
    if (outcome.kind !== 'answer') return { kind: outcome.kind };
    const { state, reason, rttMs } = outcome;
    return { kind: 'answer', answer: { state, reason, rttMs } };
  };
}

async function addressOf(
  target: string,
  lookup: Lookup,
): Promise<{ family: AddressFamily; address: string }> {
  const version = isIP(target);
  if (version === 4 || version === 6) return { family: version, address: target };
  const { family, value } = await resolveName(target, lookup);
  return { family, address: formatAddress(family, value) };
}
