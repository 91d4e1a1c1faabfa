#include "engine/scan/probe_cursors.h"

namespace pacegate {

ProbeCursors::ProbeCursors(ProbeWindow& window, Span positions, std::uint32_t retries,
                           std::uint64_t timeout_ns, const ProbeRepairs& repairs)
    : window_(window),
      end_(positions.end),
      timeout_ns_(timeout_ns),
      retry_timeout_ns_(timeout_ns),
      retries_(retries),
      lossy_(repairs.lossy),
      cursors_(std::size_t{retries} + repairs.tries + 1, positions.start),
      settled_(positions.start),
      first_retry_(positions.start) {}

void ProbeCursors::advance(std::size_t try_number) noexcept {
  ++cursors_[try_number];
  if (try_number == 1) first_retry_.store(cursors_[1], std::memory_order_relaxed);
}

std::optional<std::uint64_t> ProbeCursors::next(std::uint64_t now_ns, std::uint64_t heard_ns) {
  while (const auto candidate = peek(heard_ns)) {
    if (take(*candidate, now_ns)) return candidate->position;
  }
  return std::nullopt;
}

bool ProbeCursors::is_repaired(const ProbeStatus& status, std::uint64_t heard_ns) const noexcept {
  return lossy_->contain(heard_ns - static_cast<std::uint64_t>(status.age_ns));
}

std::optional<ProbeCursors::Candidate> ProbeCursors::peek(std::uint64_t heard_ns) {
  if (!stopped_) {
    for (std::size_t try_number = cursors_.size(); --try_number > 0;) {
      if (retry_is_due(try_number, heard_ns)) {
        return Candidate{cursors_[try_number], static_cast<std::uint32_t>(try_number)};
      }
    }
  }
  if (head() == end_ || head() - settled_ == window_.capacity()) return std::nullopt;
  return Candidate{head(), 0};
}

bool ProbeCursors::retry_is_due(std::size_t try_number, std::uint64_t heard_ns) {
  while (cursors_[try_number] < cursors_[try_number - 1]) {
    const ProbeStatus status = window_.status(cursors_[try_number], heard_ns);
    if (status.state == ProbeState::pending || status.state == ProbeState::unsent) {
      const bool is_retry = try_number <= retries_;
      // Whether much was lost shows later than that an answer is overdue.
      if (!timed_out(status, is_retry ? retry_timeout_ns_ : timeout_ns_)) return false;
      if (is_retry || is_repaired(status, heard_ns)) return true;
    }
    advance(try_number);
  }
  return false;
}

bool ProbeCursors::take(const Candidate& candidate, std::uint64_t now_ns) {
  // Before the mark: an answer to the former try must not be timed from this one (see retried()).
  advance(candidate.tries);
  if (candidate.tries > 0) return window_.mark_sent(candidate.position, now_ns);
  window_.open(candidate.position, now_ns);
  return true;
}

bool ProbeCursors::pass(const Candidate& candidate) {
  advance(candidate.tries);
  return candidate.tries == 0 || window_.settle(candidate.position) != ProbeState::answered;
}

std::optional<ProbeCursors::Silent> ProbeCursors::settle_next(std::uint64_t heard_ns) {
  // After stop() positions that miss tries are left unsettled: a resumed scan takes them up again.
  while (settled_ < cursors_.back()) {
    const std::uint64_t position = settled_;
    const ProbeStatus status = window_.status(position, heard_ns);
    const bool silent = status.state == ProbeState::pending || status.state == ProbeState::unsent;
    if (silent && !timed_out(status, timeout_ns_)) return std::nullopt;
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
