// Which addresses are never probed, which are private, and what a scan of the public Internet leaves out.
// Sources: the IANA special-purpose address registries (RFC 6890 and its updates), RFC 1112, RFC 4291.

import { parseTarget } from './parse-target.js';
import { normalizeRanges, type AddressRange } from './address-range.js';

function ranges(...texts: string[]): AddressRange[] {
  return normalizeRanges(
    texts.flatMap((text) => {
      const target = parseTarget(text);
      return target.kind === 'ranges' ? target.ranges : [];
    }),
  );
}

/** No single host has these: a probe to one would reach many hosts, or none. */
export const unprobeableRanges: readonly AddressRange[] = ranges(
  '0.0.0.0/8', // this network
  '224.0.0.0/4', // multicast
  '255.255.255.255', // limited broadcast
  '::', // unspecified
  '::ffff:0:0/96', // IPv4 written as IPv6
  'ff00::/8', // multicast
);

/** Addresses that are somebody's own network or nobody's: no confirmation is asked for them. */
export const reservedRanges: readonly AddressRange[] = ranges(
  '10.0.0.0/8', // private (RFC 1918)
  '100.64.0.0/10', // carrier-grade NAT (RFC 6598)
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // former 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks (RFC 2544)
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '240.0.0.0/4', // reserved for future use
  '::1', // loopback
  '64:ff9b:1::/48', // local NAT64 (RFC 8215)
  '100::/64', // discard only
  '2001:db8::/32', // documentation
  '3fff::/20', // documentation (RFC 9637)
  '5f00::/16', // segment routing SIDs (RFC 9602)
  'fc00::/7', // unique local
  'fe80::/10', // link-local
  'fec0::/10', // former site-local
);

/** A scan of more public addresses than this needs `iAmAuthorised`. */
export const MAX_UNCONFIRMED_PUBLIC_ADDRESSES = 65_536n;
