/// \file
/// Memory asked for before it is needed.
#pragma once

namespace pacegate {

#if defined(__GNUC__)
// Else gcc takes a function that only prefetches for one without effect, and drops calls of it.
#define PACEGATE_ALWAYS_INLINE [[gnu::always_inline]]
#else
#define PACEGATE_ALWAYS_INLINE
#endif

/// Starts to load the cache line at `address`, for writing; never faults. No effect with compilers
/// that have no such thing.
PACEGATE_ALWAYS_INLINE inline void prefetch_for_write(
    [[maybe_unused]] const void* address) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(address, 1);
#endif
}

#undef PACEGATE_ALWAYS_INLINE

}  // namespace pacegate
