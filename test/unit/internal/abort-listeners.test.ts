import { describe, expect, test, vi } from 'vitest';
import { onAbort } from '../../../lib/internal/abort-listeners.js';

describe('onAbort', () => {
  test('calls everybody once, in order, through one listener', () => {
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, 'addEventListener');
    const calls: string[] = [];
    onAbort(controller.signal, () => calls.push('a'));
    const forget = onAbort(controller.signal, () => calls.push('b'));
    onAbort(controller.signal, () => calls.push('c'));
    forget();
    forget();
    expect(add).toHaveBeenCalledOnce();
    controller.abort();
    expect(calls).toEqual(['a', 'c']);
  });

  test('leaves nothing behind, and can begin again', () => {
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const first = vi.fn();
    onAbort(controller.signal, first)();
    expect(remove).toHaveBeenCalledOnce();
    const second = vi.fn();
    onAbort(controller.signal, second);
    controller.abort();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledOnce();
  });

  test('whoever is forgotten during the abort is not called', () => {
    const controller = new AbortController();
    const second = vi.fn();
    onAbort(controller.signal, () => {
      forget();
    });
    const forget = onAbort(controller.signal, second);
    controller.abort();
    expect(second).not.toHaveBeenCalled();
  });
});
