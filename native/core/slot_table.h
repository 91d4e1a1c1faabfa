/// \file
/// Live counters as one block of doubles that other threads, and JavaScript as a Float64Array, read
/// without locks. Each slot is consistent by itself; two slots read together need not be of one
/// moment.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace pacegate {

/// N slots, all 0 at first. Whole numbers are exact up to 2^53. Index out of range: undefined.
template <std::size_t N>
class SlotTable {
  static_assert(std::atomic<double>::is_always_lock_free && sizeof(std::atomic<double>) == 8 &&
                    alignof(std::atomic<double>) == 8,
                "the table must be readable as plain doubles");

 public:
  void set(std::size_t slot, double value) noexcept {
    slots_[slot].store(value, std::memory_order_relaxed);
  }

  /// For a slot with one writing thread: a plain load and store, no locked instruction.
  void add(std::size_t slot, double delta) noexcept {
    slots_[slot].store(slots_[slot].load(std::memory_order_relaxed) + delta,
                       std::memory_order_relaxed);
  }

  /// For a slot with several writing threads.
  void add_shared(std::size_t slot, double delta) noexcept {
    double seen = slots_[slot].load(std::memory_order_relaxed);
    while (!slots_[slot].compare_exchange_weak(seen, seen + delta, std::memory_order_relaxed)) {
    }
  }

  /// A slot that announces other writes: who sees the value by get_acquired() sees them too.
  void publish(std::size_t slot, double value) noexcept {
    slots_[slot].store(value, std::memory_order_release);
  }
  [[nodiscard]] double get_acquired(std::size_t slot) const noexcept {
    return slots_[slot].load(std::memory_order_acquire);
  }

  [[nodiscard]] double get(std::size_t slot) const noexcept {
    return slots_[slot].load(std::memory_order_relaxed);
  }

  /// The block for a reader outside C++, valid as long as the table; C++ code uses get().
  [[nodiscard]] double* data() noexcept { return reinterpret_cast<double*>(slots_.data()); }

  [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }

 private:
  // No cache-line alignment: a table may be placed in a Float64Array, whose memory has none.
  std::array<std::atomic<double>, N> slots_{};
};

}  // namespace pacegate
