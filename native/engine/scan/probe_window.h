/// \file
/// The probes in flight: one atomic word per position, in a ring that slides over the permuted
/// order.
///
/// A scan's positions are taken in order by cursors: the first send, each retry, and the settling
/// of those that stayed silent. Memory is bounded by rate x time-out x tries, whatever the size of
/// the plan.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace pacegate {

/// What the window knows of one position.
enum class ProbeState : std::uint8_t {
  idle,      ///< not sent yet, or settled
  pending,   ///< sent, no answer so far
  answered,  ///< an answer was accepted
  unsent,    ///< the kernel refused the last try; counts as pending
};

struct ProbeStatus {
  ProbeState state = ProbeState::idle;
  std::int64_t age_ns = 0;  ///< since the last try, to within 256 ns
};

/// One sending thread and any number of capturing threads. Each word carries, beside state and
/// time, the generation of its slot (position / capacity): a capturing thread that was suspended in
/// the middle can therefore never mark a newer position that has taken the slot over.
class ProbeWindow {
 public:
  /// \param capacity positions in flight; rounded up to a power of two
  explicit ProbeWindow(std::uint64_t capacity);

  [[nodiscard]] std::uint64_t capacity() const { return mask_ + 1; }

  /// Records a (first or further) try, before the packet is handed to the kernel: on loopback the
  /// answer is there before the send returns. False when an answer came in the meantime. Sending
  /// thread only.
  bool mark_sent(std::uint64_t position, std::uint64_t now_ns) noexcept;
  /// The kernel refused the try. Sending thread only.
  void mark_unsent(std::uint64_t position) noexcept;
  /// Takes a fresh slot for a position sent for the first time. Sending thread only; the slot's
  /// former position must be settled.
  void open(std::uint64_t position, std::uint64_t now_ns) noexcept;
  /// Ends a position. \return its state just before; nothing can be accepted for it afterwards.
  /// Sending thread only.
  ProbeState settle(std::uint64_t position) noexcept;

  [[nodiscard]] ProbeStatus status(std::uint64_t position, std::uint64_t now_ns) const noexcept;

  enum class Acceptance : std::uint8_t { accepted, duplicate, late };
  struct Answer {
    Acceptance acceptance = Acceptance::late;
    std::int64_t rtt_ns = 0;  ///< since the last try; meaningful when accepted
  };
  /// Accepts the first answer for a position. Any thread. \param at_ns when the answer arrived
  Answer answer(std::uint64_t position, std::uint64_t at_ns) noexcept;

 private:
  [[nodiscard]] std::uint64_t generation(std::uint64_t position) const noexcept;
  [[nodiscard]] std::uint64_t pack(std::uint64_t position, std::uint64_t now_ns,
                                   ProbeState state) const noexcept;
  [[nodiscard]] std::atomic<std::uint64_t>& word(std::uint64_t position) const noexcept {
    return words_[position & mask_];
  }

  std::uint64_t mask_;
  unsigned shift_;  // log2 of the capacity
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

}  // namespace pacegate
