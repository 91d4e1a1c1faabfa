// A whole scan of the loopback device finds what listens there, and nothing else, every time.
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces, Namespace } from './namespace.js';
import { scanFindings } from './tools.js';

const RUNS = 3;
const LISTENERS = 20;

describeInNamespaces('a scan of all ports of 127.0.0.1', () => {
  let namespace: Namespace;
  const listening = new Set<number>([1, 65_535]);

  beforeAll(async () => {
    namespace = await Namespace.create('loop');
    while (listening.size < LISTENERS) listening.add(randomInt(1, 65_536));
    await namespace.listen([...listening].map((port) => ({ host: '127.0.0.1', port })));
  });
  afterAll(() => {
    namespace.remove();
  });

  test.for(Array.from({ length: RUNS }, (_, i) => i + 1))(
    'finds exactly the listening ports, run %i',
    async () => {
      const found = await scanFindings(namespace, [
        ...['127.0.0.1', '-p', '1-65535', '--max-rate', '20000', '--open'],
      ]);
      const expected = new Map(
        [...listening].map((port) => [`127.0.0.1 ${port}`, { state: 'open', reason: 'syn-ack' }]),
      );
      expect(found).toEqual(expected);
    },
  );
});
