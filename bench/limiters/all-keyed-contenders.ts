// All who take part with a limit per key.
import type { KeyedContender } from './keyed-contender.js';
import { keyedContenders as others } from './keyed-contenders.js';
import { ownKeyedContenders } from './own-keyed-contenders.js';

export const keyedContenders: readonly KeyedContender[] = [...ownKeyedContenders, ...others];

export function keyedContenderCalled(name: string): KeyedContender {
  const found = keyedContenders.find((contender) => contender.name === name);
  if (found === undefined) throw new Error(`no contender called ${name}`);
  return found;
}
