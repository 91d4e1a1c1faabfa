/// \file
/// Which position is probed next: new ones in order, retries when their time-out has passed, and
/// the settling of those that stayed silent. Pure bookkeeping over a ProbeWindow; time is an
/// argument.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/auto_rate/lossy_times.h"
#include "engine/scan/probe_window.h"

namespace pacegate {

/// What is sent again beyond the retries because it was lost with many others.
struct ProbeRepairs {
  std::uint32_t tries = 0;
  const LossyTimes* lossy = nullptr;  ///< the sending thread's
};

/// Every position has the same time-outs, so tries fall due in the order of positions: one cursor a
/// try, each behind the one before, and no queue. The sending thread's, but for retried().
class ProbeCursors {
 public:
  struct Span {
    std::uint64_t start = 0;  ///< first position
    std::uint64_t end = 0;    ///< one past the last
  };

  ProbeCursors(ProbeWindow& window, Span positions, std::uint32_t retries, std::uint64_t timeout_ns,
               const ProbeRepairs& repairs = {});

  /// The next position to probe, already marked as sent at `now_ns`; absent when nothing is due or
  /// the window is full.
  /// \param heard_ns answers that arrived before it have all been taken into account; a time-out
  /// counts only
  ///   against this, so a capture thread that lags never turns an answer into silence
  [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t now_ns, std::uint64_t heard_ns);

  /// What next() would choose, and the number of tries it has had.
  struct Candidate {
    std::uint64_t position = 0;
    std::uint32_t tries = 0;
  };
  [[nodiscard]] std::optional<Candidate> peek(std::uint64_t heard_ns);
  /// Goes on with what peek() has just shown; marks it as sent. \return false when it has been
  /// answered in between
  [[nodiscard]] bool take(const Candidate& candidate, std::uint64_t now_ns);
  /// Leaves what peek() has just shown to somebody else: the window is done with it, answers to it are
  /// late. \return false when it has been answered in between, and nobody need do anything
  [[nodiscard]] bool pass(const Candidate& candidate);

  /// The next position whose last try has timed out, with its state before; answered ones are
  /// passed over. Absent when none is due.
  struct Silent {
    std::uint64_t position = 0;
    ProbeState state = ProbeState::pending;
  };
  [[nodiscard]] std::optional<Silent> settle_next(std::uint64_t heard_ns);

  /// Waits that long from now on before a position is probed again; after the last try it is always the
  /// whole time-out, so that a late answer counts. \param timeout_ns at most the time-out
  void set_retry_timeout(std::uint64_t timeout_ns) noexcept { retry_timeout_ns_ = timeout_ns; }

  /// No position beyond those begun will be started, and none retried.
  void stop() noexcept;

  /// Of every pair, repairs not counted.
  [[nodiscard]] std::uint32_t retries() const { return static_cast<std::uint32_t>(retries_); }
  [[nodiscard]] std::uint64_t started() const { return head(); }
  [[nodiscard]] std::uint64_t settled() const { return settled_; }
  [[nodiscard]] bool all_started() const { return head() == end_; }
  [[nodiscard]] bool all_settled() const { return settled_ == end_; }

  /// Whether a position was probed more than once, so that its round trip is ambiguous (Karn's
  /// rule). Any thread.
  [[nodiscard]] bool retried(std::uint64_t position) const noexcept {
    return position < first_retry_.load(std::memory_order_relaxed);
  }

 private:
  [[nodiscard]] std::uint64_t head() const { return cursors_[0]; }
  [[nodiscard]] bool retry_is_due(std::size_t try_number, std::uint64_t heard_ns);
  [[nodiscard]] bool is_repaired(const ProbeStatus& status, std::uint64_t heard_ns) const noexcept;
  [[nodiscard]] static bool timed_out(const ProbeStatus& status,
                                      std::uint64_t timeout_ns) noexcept {
    return status.age_ns >= static_cast<std::int64_t>(timeout_ns);
  }
  void advance(std::size_t try_number) noexcept;

  ProbeWindow& window_;
  std::uint64_t end_;
  std::uint64_t timeout_ns_;
  std::uint64_t retry_timeout_ns_;
  std::size_t retries_;
  const LossyTimes* lossy_;
  std::vector<std::uint64_t> cursors_;  // by try: 0 is the first send; never increasing
  std::uint64_t settled_;
  std::atomic<std::uint64_t> first_retry_;  // cursors_[1] for other threads
  bool stopped_ = false;
};

}  // namespace pacegate
