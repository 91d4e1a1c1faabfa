/// \file
/// A keyed limiter as one environment owns it: the table, and how its keys are read.
#pragma once

#include "core/limit/key_id.h"
#include "core/limit/keyed_table.h"

namespace pacegate::binding {

struct KeyedObject {
  /// \param ipv6_prefix 0: text is never an address
  KeyedObject(const KeyedOptions& options, const SipKey& seed, unsigned ipv6_prefix)
      : table(options), hasher(seed, ipv6_prefix), reads_addresses(ipv6_prefix != 0) {}

  KeyedTable table;
  KeyHasher hasher;
  bool reads_addresses;  ///< text that is an IP address counts as that address
};

}  // namespace pacegate::binding
