/// \file
/// A bounded queue between exactly one producing and one consuming thread, without locks or
/// allocation after construction. Each side keeps a copy of the other's index and looks again only
/// when that copy says full (or empty), so the cache lines rarely travel.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include "core/cache_line.h"

namespace pacegate {

/// try_push() belongs to one thread, pop() to one other (or the same); size() and capacity() to
/// any.
template <class T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>,
                "records are copied as bytes");

 public:
  /// \param capacity at least; rounded up to a power of two, 1 at the least
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 1)) - 1),
        slots_(std::make_unique<T[]>(mask_ + 1)) {}

  /// Producer. \return false when full; nothing was stored then
  [[nodiscard]] bool try_push(const T& value) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - seen_head_ > mask_) {
      seen_head_ = head_.load(std::memory_order_acquire);
      if (tail - seen_head_ > mask_) return false;
    }
    slots_[tail & mask_] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Consumer. Takes up to out.size() values, oldest first. \return how many
  [[nodiscard]] std::size_t pop(std::span<T> out) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (seen_tail_ - head < out.size()) seen_tail_ = tail_.load(std::memory_order_acquire);
    const std::size_t count = std::min(seen_tail_ - head, out.size());
    for (std::size_t i = 0; i < count; ++i) out[i] = slots_[(head + i) & mask_];
    if (count != 0) head_.store(head + count, std::memory_order_release);
    return count;
  }

  /// Values stored, as of some recent moment; never more than capacity().
  [[nodiscard]] std::size_t size() const noexcept {
    // Head first: read the other way round, a pop in between would make the difference negative.
    const std::size_t head = head_.load(std::memory_order_acquire);
    const std::size_t tail = tail_.load(std::memory_order_acquire);
    return std::min(tail - head, capacity());
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
  // Indices only grow and wrap; a slot is index & mask_.
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t seen_head_ = 0;  // producer's
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t seen_tail_ = 0;  // consumer's
  alignas(kCacheLine) const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
};

}  // namespace pacegate
