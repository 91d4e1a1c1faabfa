import { afterEach, describe, expect, test, vi } from 'vitest';
import { EventSource } from '../../../lib/internal/event-source.js';

class Source extends EventSource<{ tick: [count: number]; end: [] }> {
  constructor() {
    super(['tick', 'end']);
  }

  tick(count: number): void {
    this.emit('tick', count);
  }

  end(): void {
    this.emit('end');
  }

  close(): void {
    this.removeListeners();
  }
}

const uncaught: unknown[] = [];
const keep = (error: unknown): void => {
  uncaught.push(error);
};

afterEach(() => {
  process.off('uncaughtException', keep);
});

describe('EventSource', () => {
  test('tells every listener once, in order, until it is taken off', () => {
    const source = new Source();
    const heard: string[] = [];
    const first = (count: number): void => void heard.push(`first ${count}`);
    source
      .on('tick', first)
      .on('tick', (count) => heard.push(`second ${count}`))
      .on('tick', first);
    source.tick(1);
    source.off('tick', first).off('tick', first);
    source.tick(2);
    source.close();
    source.tick(3);
    expect(heard).toEqual(['first 1', 'second 1', 'second 2']);
  });

  test('events that listeners cause come after those that caused them', () => {
    const source = new Source();
    const heard: string[] = [];
    source.on('tick', (count) => {
      if (count === 1) source.end();
    });
    source.on('tick', (count) => heard.push(`tick ${count}`));
    source.on('end', () => heard.push('end'));
    source.tick(1);
    expect(heard).toEqual(['tick 1', 'end']);
  });

  test('listeners added or removed meanwhile do not disturb', () => {
    const source = new Source();
    const late = vi.fn();
    const next = vi.fn();
    source.on('tick', () => source.on('tick', late).off('tick', next));
    source.on('tick', next);
    source.tick(1);
    expect(late).not.toHaveBeenCalled();
    expect(next).toHaveBeenCalledOnce();
    source.tick(2);
    expect(late).toHaveBeenCalledOnce();
    expect(next).toHaveBeenCalledOnce();
  });

  test('a listener that throws stops nobody, and is heard of', async () => {
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', keep);
    const source = new Source();
    const other = vi.fn();
    source.on('end', () => {
      throw new Error('mine');
    });
    source.on('end', other);
    source.end();
    await new Promise((resolve) => setImmediate(resolve));
    for (const listener of before) process.on('uncaughtException', listener);
    expect(other).toHaveBeenCalledOnce();
    expect(uncaught).toMatchObject([{ message: 'mine' }]);
  });

  test('refuses events there are not, and what is no function', () => {
    const source = new Source() as unknown as Record<'on' | 'off', (...values: unknown[]) => void>;
    const wrong = { code: 'ERR_PACEGATE_INVALID_ARGUMENT' };
    const refused = expect.objectContaining(wrong) as Error;
    expect(() => {
      source.on('tock', () => 1);
    }).toThrow(refused);
    expect(() => {
      source.off('tock', () => 1);
    }).toThrow(/'tick' or 'end'/);
    expect(() => {
      source.on('tick', 5);
    }).toThrow(refused);
    expect(() => {
      source.on('toString', () => 1);
    }).toThrow(refused);
  });
});
