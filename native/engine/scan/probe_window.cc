#include "engine/scan/probe_window.h"

#include <algorithm>
#include <bit>

namespace pacegate {
namespace {

// Word layout: bits 0-1 state, 2-45 time in units of 256 ns, 46-63 generation.
constexpr unsigned kStateBits = 2;
constexpr unsigned kTimeBits = 44;
constexpr unsigned kTimeUnitShift = 8;
constexpr unsigned kGenerationShift = kStateBits + kTimeBits;
constexpr std::uint64_t kStateMask = (std::uint64_t{1} << kStateBits) - 1;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;
constexpr std::uint64_t kGenerationMask = (std::uint64_t{1} << (64 - kGenerationShift)) - 1;

ProbeState state_of(std::uint64_t word) {
  return static_cast<ProbeState>(word & kStateMask);
}

bool awaits_answer(std::uint64_t word) {
  const ProbeState state = state_of(word);
  return state == ProbeState::pending || state == ProbeState::unsent;
}

std::uint64_t with_state(std::uint64_t word, ProbeState state) {
  return (word & ~kStateMask) | static_cast<std::uint64_t>(state);
}

// Times are kept modulo 52 days; the difference is taken as signed, so a packet stamped a little
// before its probe (two clocks meet in a time stamp) has a small negative age, not a huge one.
std::int64_t age_ns(std::uint64_t word, std::uint64_t now_ns) {
  const std::uint64_t sent = (word >> kStateBits) & kTimeMask;
  const std::uint64_t units = (now_ns >> kTimeUnitShift) - sent;
  constexpr unsigned kUnused = 64 - kTimeBits;
  return (static_cast<std::int64_t>(units << kUnused) >> kUnused) * (1 << kTimeUnitShift);
}

}  // namespace

ProbeWindow::ProbeWindow(std::uint64_t capacity)
    : mask_(std::bit_ceil(std::max<std::uint64_t>(capacity, 2)) - 1),
      shift_(static_cast<unsigned>(std::bit_width(mask_))),
      words_(std::make_unique<std::atomic<std::uint64_t>[]>(mask_ + 1)) {}

std::uint64_t ProbeWindow::generation(std::uint64_t position) const noexcept {
  return (position >> shift_) & kGenerationMask;
}

std::uint64_t ProbeWindow::pack(std::uint64_t position, std::uint64_t now_ns,
                                ProbeState state) const noexcept {
  const std::uint64_t time = (now_ns >> kTimeUnitShift) & kTimeMask;
  return (generation(position) << kGenerationShift) | (time << kStateBits) |
         static_cast<std::uint64_t>(state);
}

void ProbeWindow::open(std::uint64_t position, std::uint64_t now_ns) noexcept {
  word(position).store(pack(position, now_ns, ProbeState::pending), std::memory_order_release);
}

bool ProbeWindow::mark_sent(std::uint64_t position, std::uint64_t now_ns) noexcept {
  std::uint64_t seen = word(position).load(std::memory_order_acquire);
  const std::uint64_t next = pack(position, now_ns, ProbeState::pending);
  while (awaits_answer(seen)) {
    if (word(position).compare_exchange_weak(seen, next, std::memory_order_acq_rel)) return true;
  }
  return false;
}

void ProbeWindow::mark_unsent(std::uint64_t position) noexcept {
  std::uint64_t seen = word(position).load(std::memory_order_acquire);
  while (awaits_answer(seen) &&
         !word(position).compare_exchange_weak(seen, with_state(seen, ProbeState::unsent),
                                               std::memory_order_acq_rel)) {
  }
}

ProbeState ProbeWindow::settle(std::uint64_t position) noexcept {
  std::uint64_t seen = word(position).load(std::memory_order_acquire);
  while (!word(position).compare_exchange_weak(seen, with_state(seen, ProbeState::idle),
                                               std::memory_order_acq_rel)) {
  }
  return state_of(seen);
}

ProbeStatus ProbeWindow::status(std::uint64_t position, std::uint64_t now_ns) const noexcept {
  const std::uint64_t seen = word(position).load(std::memory_order_acquire);
  return {state_of(seen), age_ns(seen, now_ns)};
}

ProbeWindow::Answer ProbeWindow::answer(std::uint64_t position, std::uint64_t at_ns) noexcept {
  std::uint64_t seen = word(position).load(std::memory_order_acquire);
  while ((seen >> kGenerationShift) == generation(position) && awaits_answer(seen)) {
    if (word(position).compare_exchange_weak(seen, with_state(seen, ProbeState::answered),
                                             std::memory_order_acq_rel)) {
      return {Acceptance::accepted, age_ns(seen, at_ns)};
    }
  }
  const bool still_held =
      (seen >> kGenerationShift) == generation(position) && state_of(seen) == ProbeState::answered;
  return {still_held ? Acceptance::duplicate : Acceptance::late, 0};
}

}  // namespace pacegate
