/// \file
/// Keys as JavaScript passes them: numbers and strings.
#pragma once

#include "binding/call.h"
#include "binding/keyed_object.h"

namespace pacegate::binding {

/// The key at `index`: a number from 0 to 2^32 - 1 (others are taken modulo that: lib checks), or a
/// string, of which every code unit counts, lone surrogates included. About 50 ns for a short
/// string.
/// \throws CallError for anything else
[[nodiscard]] KeyId read_key(const Call& call, std::size_t index, const KeyedObject& object);

}  // namespace pacegate::binding
