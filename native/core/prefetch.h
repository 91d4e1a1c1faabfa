/// \file
/// Memory asked for before it is needed.
#pragma once

namespace pacegate {

/// Starts to load the cache line at `address`, for writing; never faults. No effect with compilers
/// that have no such thing.
inline void prefetch_for_write([[maybe_unused]] const void* address) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(address, 1);
#endif
}

}  // namespace pacegate
