/// \file
/// A keyed limiter as one environment owns it: the table, and how its keys are read.
#pragma once

#include <memory>

#include "binding/shared_place.h"
#include "engine/sharing/keyed_store.h"

namespace pacegate::binding {

struct KeyedObject {
  /// \param ipv6_prefix 0: text is never an address
  KeyedObject(const KeyedOptions& options, const SipKey& seed, unsigned ipv6_prefix)
      : store(options, seed, ipv6_prefix), reads_addresses(ipv6_prefix != 0) {}

  std::unique_ptr<SharedPlace> place;  ///< outlives the store's use of it
  KeyedStore store;
  bool reads_addresses;  ///< text that is an IP address counts as that address
};

}  // namespace pacegate::binding
