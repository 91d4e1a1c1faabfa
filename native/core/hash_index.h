/// \file
/// Finding entries of an array by a hash of their key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pacegate {

/// Holds array indices, not keys: who asks compares. Linear probing, at most half full, without
/// tombstones (removal shifts back what follows: D. E. Knuth, TAOCP vol. 3, 6.4, algorithm R). One
/// thread's. Memory follows the largest size there was: 16 to 32 bytes an entry.
class HashIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// The index inserted under `hash` that `matches(index)` says is the one; kNone when there is none.
  template <typename Matches>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, const Matches& matches) const {
    if (slots_.empty()) return kNone;
    for (std::size_t i = home(hash); slots_[i] != kFree; i = next(i)) {
      if (hash_of(slots_[i]) == hash && matches(index_of(slots_[i]))) return index_of(slots_[i]);
    }
    return kNone;
  }

  /// \param index below kNone, and not there under this hash
  void insert(std::uint32_t hash, std::uint32_t index) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    place((std::uint64_t{hash} << 32) | index);
    ++size_;
  }

  /// \param index as it was inserted
  void erase(std::uint32_t hash, std::uint32_t index) noexcept {
    std::size_t gap = home(hash);
    while (slots_[gap] != ((std::uint64_t{hash} << 32) | index)) gap = next(gap);
    for (std::size_t i = next(gap); slots_[i] != kFree; i = next(i)) {
      const std::size_t distance = i - home(hash_of(slots_[i]));
      if ((distance & mask()) < ((i - gap) & mask())) continue;  // would no longer be found
      slots_[gap] = slots_[i];
      gap = i;
    }
    slots_[gap] = kFree;
    --size_;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(slots_[0]); }

 private:
  static constexpr std::uint64_t kFree = UINT64_MAX;  // its index would be kNone
  static constexpr std::size_t kFirstSlots = 64;

  // A slot is the hash, then the index.
  static std::uint32_t hash_of(std::uint64_t slot) noexcept {
    return static_cast<std::uint32_t>(slot >> 32);
  }
  static std::uint32_t index_of(std::uint64_t slot) noexcept {
    return static_cast<std::uint32_t>(slot);
  }

  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }
  [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept { return hash & mask(); }
  [[nodiscard]] std::size_t next(std::size_t i) const noexcept { return (i + 1) & mask(); }

  void place(std::uint64_t slot) noexcept {
    std::size_t i = home(hash_of(slot));
    while (slots_[i] != kFree) i = next(i);
    slots_[i] = slot;
  }

  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? kFirstSlots : 2 * slots_.size(), kFree);
    old.swap(slots_);
    for (const std::uint64_t slot : old) {
      if (slot != kFree) place(slot);
    }
  }

  std::vector<std::uint64_t> slots_;
  std::size_t size_ = 0;
};

}  // namespace pacegate
