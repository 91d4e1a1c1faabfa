/// \file
/// Positions put aside: first-in-first-out lists in one pool of 16-byte entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/deferral/resume_floor.h"

namespace pacegate {

/// A position and the probes it has had.
struct ParkedPair {
  std::uint64_t position = 0;  ///< below 2^56
  std::uint32_t tries = 0;     ///< 0..255
  ResumeFloor::Mark mark = 0;
};

/// One thread's. Memory is taken in pieces of 1 MiB as it is needed, and kept.
class ParkedPool {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  /// A list; plain data, to be changed by the pool only.
  struct List {
    Index first = kNone;
    Index last = kNone;

    [[nodiscard]] bool empty() const noexcept { return first == kNone; }
  };

  void push(List& list, const ParkedPair& pair) { append(list, make(pair)); }

  /// The first of a list that is not empty.
  [[nodiscard]] ParkedPair front(const List& list) const noexcept {
    const Entry& entry = at(list.first);
    return {entry.word & kPositionMask, static_cast<std::uint32_t>(entry.word >> kTriesShift),
            entry.mark};
  }

  void pop(List& list) noexcept {
    const Index index = unlink_first(list);
    at(index).next = free_;
    free_ = index;
    --size_;
  }

  /// Takes the first of `from` to the end of `to`.
  void move_first(List& from, List& to) noexcept { append(to, unlink_first(from)); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Entry {
    std::uint64_t word = 0;  // tries, then the position
    Index next = kNone;
    ResumeFloor::Mark mark = 0;
  };
  static_assert(sizeof(Entry) == 16);
  static constexpr unsigned kTriesShift = 56;
  static constexpr std::uint64_t kPositionMask = (std::uint64_t{1} << kTriesShift) - 1;
  static constexpr unsigned kPieceShift = 16;
  static constexpr std::size_t kPieceMask = (std::size_t{1} << kPieceShift) - 1;

  [[nodiscard]] Entry& at(Index index) const noexcept {
    return pieces_[index >> kPieceShift][index & kPieceMask];
  }

  Index make(const ParkedPair& pair) {
    Index index = free_;
    if (index != kNone) {
      free_ = at(index).next;
    } else {
      index = used_++;
      if ((index & kPieceMask) == 0) pieces_.push_back(std::make_unique<Entry[]>(kPieceMask + 1));
    }
    at(index) = {(std::uint64_t{pair.tries} << kTriesShift) | pair.position, kNone, pair.mark};
    ++size_;
    return index;
  }

  void append(List& list, Index index) noexcept {
    at(index).next = kNone;
    (list.empty() ? list.first : at(list.last).next) = index;
    list.last = index;
  }

  Index unlink_first(List& list) noexcept {
    const Index index = list.first;
    list.first = at(index).next;
    if (list.first == kNone) list.last = kNone;
    return index;
  }

  std::vector<std::unique_ptr<Entry[]>> pieces_;
  Index used_ = 0;  // entries that were ever in use
  Index free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace pacegate
