/// \file
/// State that several threads or processes use at the same time: made by exactly one of them, joined
/// by those who agree with it on what it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "engine/sharing/shared_header.h"
#include "platform/shared_lock.h"
#include "platform/shared_memory.h"

namespace pacegate {

/// What is shared. All who join must say the same; the error tells which part differs.
struct SharedFormat {
  /// Stable: they are in files.
  enum Kind : std::uint32_t { kBucket = 1, kKeyedTable = 2, kHybrid = 3 };

  std::uint32_t kind = 0;
  std::uint32_t version = 0;           ///< of the state's layout within its kind
  std::size_t bytes = 0;               ///< of the state
  std::array<double, 8> options{};     ///< of creation; unused ones are 0
  std::array<const char*, 8> names{};  ///< of the options, for errors: "rate"; literals
};

/// One participant's hold on shared state. The state holds no pointers, needs no destructor, and is
/// changed by lock-free atomics or under lock(). One thread at a time (the state itself is for all).
class SharedState {
 public:
  /// Builds the state in zeroed memory; called for exactly one of those who come. When it throws, or
  /// is killed in the middle, the next one to come builds it.
  using Create = std::function<void(std::byte* state)>;

  /// State in the memory of a SharedArrayBuffer, which the caller keeps alive. The first comer finds
  /// it zeroed.
  /// \throws platform::PlatformError (shared_state): too small, not ours, or of another format
  static SharedState over_memory(std::span<std::byte> memory, const SharedFormat& format,
                                 const Create& create);

  /// State in a mapped file, made with mode 0600 when there is none. A file that an earlier boot
  /// left, or whose maker died in the middle, starts anew; any other that does not fit is refused
  /// and not touched. Whoever is killed while attached takes nothing with it.
  /// \throws platform::PlatformError: shared_state for what does not fit, and when nobody finishes
  /// making the state within 5 s; else as platform::SharedMemory
  static SharedState over_file(const std::string& path, const SharedFormat& format,
                               const Create& create);

  /// Bytes of memory that hold a state of `bytes`, wherever that memory begins.
  [[nodiscard]] static constexpr std::size_t memory_needed(std::size_t bytes) noexcept {
    return sizeof(SharedHeader) + bytes + kCacheLine - 1;
  }

  /// SharedFormat::bytes long, on a cache line of its own. In place as long as this object lives.
  [[nodiscard]] std::byte* state() const noexcept {
    return reinterpret_cast<std::byte*>(header_) + sizeof(SharedHeader);
  }
  /// The state as what `create` has built there.
  template <typename T>
  [[nodiscard]] T& as() const noexcept {
    return *std::launder(reinterpret_cast<T*>(state()));
  }
  /// For what is more than one word. Use a platform::SharedLockGuard.
  [[nodiscard]] platform::SharedLock& lock() const noexcept { return header_->lock; }

 private:
  explicit SharedState(SharedHeader* header) : header_(header) {}

  std::optional<platform::SharedMemory> file_;
  SharedHeader* header_;
};

}  // namespace pacegate
