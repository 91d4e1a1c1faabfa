/// \file
/// What a responder answers at (address, port): a keyed hash, so that whoever knows the key knows the truth.
///
/// One header for the XDP program (C), for the packet engine (C++), and mirrored in truth.ts; a test compares them.
/// Integers of 32 bits only, so that JavaScript computes them without BigInt.
#pragma once

#include <linux/types.h>

/// What a port is. Shares are per mille of all ports; what they leave is silent.
enum truth_kind { TRUTH_OPEN, TRUTH_CLOSED, TRUTH_PROHIBITED, TRUTH_SILENT };

struct truth_shares {
  __u32 open;
  __u32 closed;
  __u32 prohibited;
};

/// An IPv4 (word[0] only) or IPv6 address: big-endian words as numbers of the host.
struct truth_address {
  __u32 family;  ///< 4 or 6
  __u32 word[4];
};

/// MurmurHash3's 32-bit finaliser (Austin Appleby, public domain), over the state and one more word.
static inline __attribute__((always_inline)) __u32 truth_mix(__u32 state, __u32 word) {
  __u32 mixed = (state ^ word) + 0x9e3779b9U;  // so that zeros move it too
  mixed ^= mixed >> 16;
  mixed *= 0x85ebca6bU;
  mixed ^= mixed >> 13;
  mixed *= 0xc2b2ae35U;
  return mixed ^ (mixed >> 16);
}

static inline __attribute__((always_inline)) __u32 truth_hash(__u32 key,
                                                              const struct truth_address* address,
                                                              __u32 port) {
  __u32 state = truth_mix(truth_mix(key, address->family), address->word[0]);
  if (address->family == 6) {
    state = truth_mix(state, address->word[1]);
    state = truth_mix(state, address->word[2]);
    state = truth_mix(state, address->word[3]);
  }
  return truth_mix(state, port);
}

/// A number of 0 to 999 that follows from `hash`.
static inline __attribute__((always_inline)) __u32 truth_per_mille(__u32 hash) {
  return (__u32)(((__u64)hash * 1000) >> 32);
}

static inline __attribute__((always_inline)) __u32 truth_kind_of(const struct truth_shares* shares,
                                                                 __u32 hash) {
  const __u32 place = truth_per_mille(hash);
  if (place < shares->open) return TRUTH_OPEN;
  if (place < shares->open + shares->closed) return TRUTH_CLOSED;
  if (place < shares->open + shares->closed + shares->prohibited) return TRUTH_PROHIBITED;
  return TRUTH_SILENT;
}

/// Independent chances of one probe, by its number in the order of arrival.
enum truth_chance { CHANCE_LOSS = 1, CHANCE_DUPLICATE, CHANCE_GARBAGE, CHANCE_JITTER, CHANCE_KIND };

static inline __attribute__((always_inline)) __u32 truth_chance_of(__u32 key, __u32 chance,
                                                                   __u64 number) {
  const __u32 state = truth_mix(truth_mix(key, chance), (__u32)number);
  return truth_mix(state, (__u32)(number >> 32));
}
