// All who take part with one limit.
import type { Contender } from './contender.js';
import { ownContenders } from './own-contenders.js';
import { peerContenders } from './peer-contenders.js';
import { queueContenders } from './queue-contenders.js';

export const contenders: readonly Contender[] = [
  ...ownContenders,
  ...peerContenders,
  ...queueContenders,
];

export function contenderCalled(name: string): Contender {
  const found = contenders.find((contender) => contender.name === name);
  if (found === undefined) throw new Error(`no contender called ${name}`);
  return found;
}
