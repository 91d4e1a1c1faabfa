/// \file
/// The alignment that keeps data of two threads from sharing a cache line.
#pragma once

#include <cstddef>

namespace pacegate {

/// Bytes. std::hardware_destructive_interference_size is not used: its value may differ between two
/// compilers or flags, and these layouts are shared between translation units.
inline constexpr std::size_t kCacheLine = 64;

}  // namespace pacegate
