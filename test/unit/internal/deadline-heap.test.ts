import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Deadline, DeadlineHeap } from '../../../lib/internal/deadline-heap.js';

interface Entry extends Deadline {
  id: number;
}

describe('DeadlineHeap', () => {
  test('gives back in order of deadline, then of arrival, whatever was removed meanwhile', () => {
    const actions = fc.array(
      fc.oneof(
        fc.record({ add: fc.integer({ min: 0, max: 20 }) }),
        fc.record({ remove: fc.nat(100) }),
        fc.record({ takeAt: fc.integer({ min: 0, max: 20 }) }),
      ),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(actions, (script) => {
        const heap = new DeadlineHeap<Entry>();
        let model: Entry[] = [];
        const known: Entry[] = [];
        for (const action of script) {
          if ('add' in action) {
            const entry = {
              id: known.length,
              deadlineNs: BigInt(action.add),
              heapIndex: -1,
              heapOrder: 0,
            };
            known.push(entry);
            heap.add(entry);
            model.push(entry);
            // Stable: equal deadlines stay in order of arrival.
            model.sort((a, b) => Number(a.deadlineNs - b.deadlineNs));
          } else if ('remove' in action) {
            const entry = known[action.remove];
            if (entry === undefined) continue;
            heap.remove(entry);
            model = model.filter((other) => other !== entry);
          } else {
            const expected = model.filter((entry) => entry.deadlineNs <= BigInt(action.takeAt));
            model = model.filter((entry) => !expected.includes(entry));
            const taken: Entry[] = [];
            for (;;) {
              const due = heap.takeDue(BigInt(action.takeAt));
              if (due === undefined) break;
              taken.push(due);
            }
            expect(taken.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
          }
          expect(heap.size).toBe(model.length);
          expect(heap.first?.id).toBe(model[0]?.id);
        }
      }),
      { numRuns: 300 },
    );
  });
});
