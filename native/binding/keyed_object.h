/// \file
/// A keyed limiter as one environment owns it: the table, and how its keys are read.
#pragma once

#include "core/limit/key_id.h"
#include "core/limit/keyed_table.h"

namespace pacegate::binding {

struct KeyedObject {
  KeyedTable table;
  KeyHasher hasher;
  bool reads_addresses;  ///< text that is an IP address counts as that address
};

}  // namespace pacegate::binding
