// Network interfaces by the numbers that the kernel gives them.

import type { NativeHostCalls } from '../../internal/binding.js';

/** Interfaces come and go: the list is read again for an index that it does not have. */
export class InterfaceNames {
  readonly #native: Pick<NativeHostCalls, 'host_interfaces'>;
  readonly #names = new Map<number, string>();

  constructor(native: Pick<NativeHostCalls, 'host_interfaces'>) {
    this.#native = native;
  }

  /** @returns `#7` for index 7 where there is no name to be had */
  nameOf(index: number): string {
    const known = this.#names.get(index);
    if (known !== undefined) return known;
    const unnamed = `#${index}`;
    try {
      for (const device of this.#native.host_interfaces())
        this.#names.set(device.index, device.name);
    } catch {
      return unnamed; // this process has no descriptor to spare: asked again for the next event
    }
    const name = this.#names.get(index) ?? unnamed; // gone again
    this.#names.set(index, name);
    return name;
  }
}
