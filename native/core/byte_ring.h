/// \file
/// A bounded queue of messages of any length between exactly one producing and one consuming thread,
/// without locks or allocation after construction. Each message lies in one piece, where it is
/// written and read in place; several become visible together.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/cache_line.h"

namespace pacegate {

/// reserve() and commit() belong to one thread, front() and pop() to one other (or the same);
/// crowded() to any. Messages are aligned to eight bytes, and cost eight bytes more than they have.
class ByteRing {
 public:
  /// \param bytes at least; rounded up to a power of two. Pages of it are touched when first used.
  explicit ByteRing(std::size_t bytes)
      : mask_(std::bit_ceil(std::max(words_of(bytes), kLeastWords)) - 1),
        words_(std::make_unique_for_overwrite<std::uint64_t[]>(mask_ + 1)) {}

  /// Producer. \param bytes above 0; up to half the capacity always fit an empty ring
  /// \return where to write the message, or nothing when there is no room now
  [[nodiscard]] std::span<std::uint8_t> reserve(std::size_t bytes) noexcept {
    const std::size_t words = 1 + words_of(bytes);
    const std::size_t to_end = capacity() - (end_ & mask_);
    const std::size_t skipped = words > to_end ? to_end : 0;
    if (!has_room(skipped + words)) return {};
    if (skipped > 0) words_[end_ & mask_] = kSkip;
    end_ += skipped;
    std::uint64_t* const start = &words_[end_ & mask_];
    *start = bytes;
    end_ += words;
    return {reinterpret_cast<std::uint8_t*>(start + 1), bytes};
  }
  /// Producer. Shows the consumer all that was reserved, and written, since the last time.
  void commit() noexcept { tail_.store(end_, std::memory_order_release); }

  /// Consumer. \return the oldest message, valid until pop(); nothing when there is none
  [[nodiscard]] std::span<const std::uint8_t> front() noexcept {
    std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == seen_tail_) seen_tail_ = tail_.load(std::memory_order_acquire);
    if (head == seen_tail_) return {};
    if (words_[head & mask_] == kSkip) {  // a message follows: both came with one reserve()
      head += capacity() - (head & mask_);
      head_.store(head, std::memory_order_release);
    }
    const std::uint64_t* const start = &words_[head & mask_];
    return {reinterpret_cast<const std::uint8_t*>(start + 1), static_cast<std::size_t>(*start)};
  }
  /// Consumer. Gives the room of the oldest message back; only after front() has shown one.
  void pop() noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    const auto bytes = static_cast<std::size_t>(words_[head & mask_]);
    head_.store(head + 1 + words_of(bytes), std::memory_order_release);
  }

  /// More than half full, as of some recent moment.
  [[nodiscard]] bool crowded() const noexcept {
    // Head first: read the other way round, a pop in between would make the difference negative.
    const std::size_t head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head > capacity() / 2;
  }

 private:
  static constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  static constexpr std::size_t kLeastWords = 16;
  static constexpr std::uint64_t kSkip = UINT64_MAX;  ///< the next message is at the start again

  [[nodiscard]] static constexpr std::size_t words_of(std::size_t bytes) noexcept {
    return (bytes + kWordBytes - 1) / kWordBytes;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }  // in words

  [[nodiscard]] bool has_room(std::size_t words) noexcept {
    if (end_ - seen_head_ + words <= capacity()) return true;
    seen_head_ = head_.load(std::memory_order_acquire);
    return end_ - seen_head_ + words <= capacity();
  }

  // Indices count words, only grow, and wrap; a word is index & mask_.
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t end_ = 0;        // producer's: what is reserved ends here
  std::size_t seen_head_ = 0;  // producer's
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t seen_tail_ = 0;  // consumer's
  alignas(kCacheLine) const std::size_t mask_;
  const std::unique_ptr<std::uint64_t[]> words_;
};

}  // namespace pacegate
