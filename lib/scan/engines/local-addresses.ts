// Which addresses a connect scan connects from when an interface is named.

import type { NativeHostCalls } from '../../internal/binding.js';
import { interfaceDown, noRoute, noSuchInterface } from '../scan-errors.js';
import { parseAddress, type AddressFamily } from '../targets/address.js';

/**
 * The first address of the interface for each IP version that is needed; of IPv6 a link-local one only where it has
 * no other.
 *
 * @throws PacegateError (`ERR_PACEGATE_NO_SUCH_INTERFACE`, `ERR_PACEGATE_INTERFACE_DOWN`, `ERR_PACEGATE_NO_ROUTE`)
 */
export function localAddresses(
  name: string,
  families: ReadonlySet<AddressFamily>,
  native: Pick<NativeHostCalls, 'host_interfaces'>,
): Partial<Record<AddressFamily, string>> {
  if (name === '') return {};
  const found = native.host_interfaces().find((device) => device.name === name);
  if (found === undefined) throw noSuchInterface(name);
  if (!found.up) throw interfaceDown(name);
  const chosen: Partial<Record<AddressFamily, string>> = {};
  for (const family of families) {
    const addresses = found.addresses.filter((text) => parseAddress(text)?.family === family);
    const address = addresses.find((text) => !isLinkLocal(text)) ?? addresses[0];
    if (address === undefined) throw noRoute(`interface ${name} has no IPv${family} address`);
    chosen[family] = isLinkLocal(address) ? `${address}%${name}` : address;
  }
  return chosen;
}

/** True for fe80::/10, whose addresses mean nothing without their interface. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/.test(address);
}
