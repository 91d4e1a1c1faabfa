/// \file
/// Objects that JavaScript knows by number. A handle names a slot and the generation of its
/// content, so a handle that outlived its object is refused instead of meeting whatever took the
/// slot since.
///
/// One table belongs to one environment (isolate) and is touched by that environment's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "binding/call_error.h"

namespace pacegate::binding {

/// Positive, fits a V8 small integer; 0 is never a handle.
using Handle = std::int32_t;

/// Owns its objects; destroying the table destroys them, in slot order.
template <typename T>
class HandleTable {
 public:
  /// \param what names the object in errors, e.g. "bucket"; not copied, a literal.
  explicit HandleTable(const char* what) : what_(what) {}

  /// \throws CallError when every handle has been given out (2^31 creations, or 2^22 objects alive)
  [[nodiscard]] Handle add(std::unique_ptr<T> object) {
    std::uint32_t index = 0;
    if (free_.empty()) {
      if (slots_.size() >= kMaxSlots) throw CallError(std::string("too many of this: ") + what_);
      index = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
      free_.reserve(slots_.size());  // so that remove() cannot fail
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.object = std::move(object);
    return static_cast<Handle>((slot.generation << kIndexBits) | index);
  }

  /// \throws CallError for a handle that is not, or no longer, one of this table
  [[nodiscard]] T& at(Handle handle) { return *slot_of(handle).object; }

  /// Destroys the object; its handle is refused from now on. \throws CallError as at()
  void remove(Handle handle) {
    Slot& slot = slot_of(handle);
    // Out of the table before its destructor runs: what joins a thread may take long or throw.
    const std::unique_ptr<T> object = std::move(slot.object);
    ++slot.generation;
    // A slot whose generations are used up is retired, so that a stale handle can never match
    // again.
    if (slot.generation <= kMaxGeneration) {
      free_.push_back(static_cast<std::uint32_t>(handle) & kIndexMask);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t count = 0;
    for (const Slot& slot : slots_) count += slot.object ? 1 : 0;
    return count;
  }

 private:
  static constexpr std::uint32_t kIndexBits = 22;
  static constexpr std::uint32_t kMaxSlots = 1U << kIndexBits;
  static constexpr std::uint32_t kIndexMask = kMaxSlots - 1;
  static constexpr std::uint32_t kMaxGeneration = (1U << (31 - kIndexBits)) - 1;

  struct Slot {
    std::unique_ptr<T> object;
    std::uint32_t generation = 1;
  };

  [[nodiscard]] Slot& slot_of(Handle handle) {
    const auto bits = static_cast<std::uint32_t>(handle);
    const std::uint32_t index = bits & kIndexMask;
    if (index < slots_.size()) {
      Slot& slot = slots_[index];
      if (slot.generation == bits >> kIndexBits && slot.object) return slot;
    }
    throw CallError(std::string("this ") + what_ + " does not exist (any more)");
  }

  const char* what_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace pacegate::binding
