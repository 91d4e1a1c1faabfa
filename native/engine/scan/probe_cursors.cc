#include "engine/scan/probe_cursors.h"

namespace pacegate {

ProbeCursors::ProbeCursors(ProbeWindow& window, Span positions, std::uint32_t retries,
                           std::uint64_t timeout_ns)
    : window_(window),
      end_(positions.end),
      timeout_ns_(timeout_ns),
      cursors_(retries + std::size_t{1}, positions.start),
      settled_(positions.start),
      first_retry_(positions.start) {}

void ProbeCursors::advance(std::size_t try_number) noexcept {
  ++cursors_[try_number];
  if (try_number == 1) first_retry_.store(cursors_[1], std::memory_order_relaxed);
}

std::optional<std::uint64_t> ProbeCursors::next(std::uint64_t now_ns, std::uint64_t heard_ns) {
  if (!stopped_) {
    for (std::size_t try_number = cursors_.size(); --try_number > 0;) {
      if (const auto position = next_retry(try_number, now_ns, heard_ns)) return position;
    }
  }
  if (head() == end_ || head() - settled_ == window_.capacity()) return std::nullopt;
  const std::uint64_t position = head();
  window_.open(position, now_ns);
  advance(0);
  return position;
}

std::optional<std::uint64_t> ProbeCursors::next_retry(std::size_t try_number, std::uint64_t now_ns,
                                                      std::uint64_t heard_ns) {
  while (cursors_[try_number] < cursors_[try_number - 1]) {
    const std::uint64_t position = cursors_[try_number];
    const ProbeStatus status = window_.status(position, heard_ns);
    const bool silent = status.state == ProbeState::pending || status.state == ProbeState::unsent;
    if (silent && !timed_out(status)) return std::nullopt;
    // Before the mark: an answer to the former try must not be timed from this one (see retried()).
    advance(try_number);
    if (silent && window_.mark_sent(position, now_ns)) return position;
  }
  return std::nullopt;
}

std::optional<ProbeCursors::Silent> ProbeCursors::settle_next(std::uint64_t heard_ns) {
  // After stop() positions that miss tries are left unsettled: a resumed scan takes them up again.
  while (settled_ < cursors_.back()) {
    const std::uint64_t position = settled_;
    const ProbeStatus status = window_.status(position, heard_ns);
    const bool silent = status.state == ProbeState::pending || status.state == ProbeState::unsent;
    if (silent && !timed_out(status)) return std::nullopt;
    const ProbeState before = window_.settle(position);
    ++settled_;
    if (before == ProbeState::pending || before == ProbeState::unsent) {
      return Silent{position, before};
    }
  }
  return std::nullopt;
}

void ProbeCursors::stop() noexcept {
  stopped_ = true;
  end_ = head();
}

}  // namespace pacegate
