/// \file
/// What the command tells an engine and what the engine tells the command; memory that the XDP program shares.
#pragma once

#include "responder/truth.h"

enum {
  RESPONDER_MAX_PREFIXES = 8,
  RESPONDER_MAX_PAIRS = 1 << 24,
  RESPONDER_MAX_ARRIVALS = 1 << 24,
};

struct responder_prefix {
  struct truth_address first;
  __u32 bits;
  __u32 first_index;  ///< of its first pair among the pairs counted
  __u32 addresses;    ///< counted in it; 0 when pairs are not counted
};

/// More than the limit: silence, or an ICMP error as a firewall sends it.
enum responder_over { OVER_DROP, OVER_PROHIBIT };

struct responder_limit {
  __u64 period_ns;  ///< between two probes; 0: no limit
  __u64 burst_ns;   ///< periods that may come at once, times the period
  __u32 bits_v4;    ///< what shares one limit: this much of the address
  __u32 bits_v6;
  __u32 over;
  __u32 for_all;  ///< one limit for both families and all addresses
};

struct responder_settings {
  __u32 key;
  struct truth_shares shares;
  __u32 loss;       ///< per mille of probes
  __u32 duplicate;  ///< per mille of answers sent twice; packet engine
  /// Per mille of probes that get nonsense before their answer; packet engine.
  __u32 garbage;
  __u32 prefixes;
  struct responder_prefix prefix[RESPONDER_MAX_PREFIXES];
  __u32 first_port;  ///< of the pairs counted
  __u32 ports;       ///< 0: pairs are not counted
  __u32 pairs;
  __u32 arrivals;               ///< how many arrival times are kept
  struct truth_address router;  ///< who sends IPv4 errors; family 0: the target itself
  struct truth_address router_v6;
  struct responder_limit limit;
  __u64 delay_ns;  ///< packet engine
  __u64 jitter_ns;
  __u8 mac[6];       ///< ours
  __u8 peer_mac[6];  ///< where answers go; packet engine
};

struct responder_counters {
  __u64 received;    ///< SYNs to an address of the prefixes
  __u64 distinct;    ///< (address, port) pairs among them, where pairs are counted
  __u64 outside;     ///< SYNs to no pair that is counted
  __u64 strangers;   ///< other packets to these addresses
  __u64 neighbours;  ///< ARP and NDP questions answered
  // What became of the probes. Each is one of these.
  __u64 open;
  __u64 closed;
  __u64 prohibited;
  __u64 complained;  ///< above the limit, and told so
  __u64 silent;
  __u64 lost;
  __u64 limited;  ///< above the limit, and dropped
  // Beyond that.
  __u64 twice;
  __u64 garbage;
  __u64 unsent;  ///< answers that could not be sent
};

static inline __attribute__((always_inline)) __u32 responder_mask(__u32 bits) {
  return bits == 0 ? 0 : bits >= 32 ? 0xffffffffU : ~(0xffffffffU >> bits);
}

static inline __attribute__((always_inline)) int responder_in_prefix(
    const struct responder_prefix* prefix, const struct truth_address* address) {
  if (prefix->first.family != address->family) return 0;
  const __u32 words = address->family == 6 ? 4 : 1;
  for (__u32 i = 0; i < 4; ++i) {
    if (i >= words) break;
    const __u32 bits = prefix->bits > 32 * i ? prefix->bits - 32 * i : 0;
    if (((prefix->first.word[i] ^ address->word[i]) & responder_mask(bits)) != 0) return 0;
  }
  return 1;
}

/// \return the prefix that holds `address`, or a number not below settings->prefixes
static inline __attribute__((always_inline)) __u32 responder_prefix_of(
    const struct responder_settings* settings, const struct truth_address* address) {
  __u32 i = 0;
  for (; i < RESPONDER_MAX_PREFIXES; ++i) {
    if (i >= settings->prefixes || responder_in_prefix(&settings->prefix[i], address)) break;
  }
  return i;
}

/// \return the place of (address, port) among the pairs counted, or ~0 for one that is not counted
static inline __attribute__((always_inline)) __u32
responder_pair(const struct responder_settings* settings, const struct responder_prefix* prefix,
               const struct truth_address* address, __u32 port) {
  const __u32 last = address->family == 6 ? 3 : 0;
  const __u32 offset = address->word[last] - prefix->first.word[last];
  const __u32 port_offset = port - settings->first_port;
  if (offset >= prefix->addresses || port_offset >= settings->ports) return ~0U;
  return prefix->first_index + offset * settings->ports + port_offset;
}

/// What shares a limit with `address`: its leading bits.
static inline __attribute__((always_inline)) void responder_limit_key_of(
    const struct responder_limit* limit, const struct truth_address* address,
    struct truth_address* key) {
  const __u32 all = address->family == 6 ? limit->bits_v6 : limit->bits_v4;
  key->family = limit->for_all ? 0 : address->family;
  for (__u32 i = 0; i < 4; ++i) {
    const __u32 bits = all > 32 * i ? all - 32 * i : 0;
    key->word[i] = limit->for_all ? 0 : address->word[i] & responder_mask(bits);
  }
}

/// The generic cell rate algorithm over one theoretical arrival time, which it moves when it admits.
static inline __attribute__((always_inline)) int responder_admits(
    const struct responder_limit* limit, __u64* arrival_ns, __u64 now_ns) {
  const __u64 base = *arrival_ns > now_ns ? *arrival_ns : now_ns;
  if (base + limit->period_ns - now_ns > limit->burst_ns) return 0;
  *arrival_ns = base + limit->period_ns;
  return 1;
}
