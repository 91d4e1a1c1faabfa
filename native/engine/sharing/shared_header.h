/// \file
/// How shared state begins in memory: who may join, and how far its making has come.
///
/// `mark`, `layout_version` and `clock` stay where they are in every later version.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/cache_line.h"
#include "platform/shared_lock.h"

namespace pacegate {

/// How far the making has come; the low byte of the mark.
enum class SharedPhase : std::uint8_t {
  none,
  creating,   ///< nothing behind the mark counts yet
  relocking,  ///< the state counts, the lock is being made anew
  ready,
};

/// "pacegat" and a phase, in one word: who sees the one sees the other.
struct SharedMark {
  static constexpr std::uint64_t kMagic = 0x7061636567617400;
  [[nodiscard]] static constexpr bool is_ours(std::uint64_t mark) noexcept {
    return (mark & ~std::uint64_t{0xFF}) == kMagic;
  }
  [[nodiscard]] static constexpr SharedPhase phase(std::uint64_t mark) noexcept {
    return static_cast<SharedPhase>(mark & 0xFF);
  }
  [[nodiscard]] static constexpr std::uint64_t of(SharedPhase phase) noexcept {
    return kMagic | static_cast<std::uint64_t>(phase);
  }
};

/// What has to be the same for all who share.
struct SharedDescription {
  static constexpr std::uint64_t kLayoutVersion = 1;

  std::uint64_t layout_version;
  std::array<std::uint64_t, 2> clock;  ///< platform::SharingDomain; 0 within one process
  std::uint64_t processes;
  std::uint64_t abi;  ///< of the lock
  std::uint64_t total_bytes;
  std::uint64_t state_bytes;
  std::uint32_t kind;
  std::uint32_t kind_version;
  std::array<double, 8> options;
};
static_assert(sizeof(SharedDescription) == 128, "no padding: it is written to files as it is");

/// The beginning of a file, as it is read before the file is mapped.
struct SharedPreamble {
  std::uint64_t mark;
  SharedDescription description;
};

/// The beginning of mapped memory. The state follows.
struct alignas(kCacheLine) SharedHeader {
  std::atomic<std::uint64_t> mark;
  SharedDescription description;
  platform::SharedLock lock;
};
static_assert(sizeof(SharedHeader) == 4 * kCacheLine && alignof(SharedHeader) == kCacheLine);
static_assert(sizeof(std::atomic<std::uint64_t>) == sizeof(std::uint64_t) &&
                  std::atomic<std::uint64_t>::is_always_lock_free,
              "a file is read as plain words");

}  // namespace pacegate
