/// \file
/// A scan that finds its own rate: trials with canaries, judged one after another.
#pragma once

#include <cstdint>
#include <optional>

#include "core/scan/siphash.h"
#include "core/time.h"
#include "engine/auto_rate/canary_table.h"
#include "engine/auto_rate/lossy_times.h"
#include "engine/auto_rate/rate_search.h"

namespace pacegate {

struct AutoRateOptions {
  RateSearchOptions search;
  std::uint64_t timeout_ns = 0;  ///< of the scan: verdicts have to come before its probes time out
  std::uint64_t lead_ns = 0;     ///< of the senders: what was handed over leaves that much later
  SipKey key{};
};

/// After a change of the rate the path gets a moment to settle; then canaries are sent among the probes
/// for a few tenths of a second (the trial) and waited for; then the RateSearch judges. What was sent at a
/// rate that turned out too high is told to LossyTimes, which has it sent again.
///
/// The sending thread's. Time is an argument everywhere.
class AutoRate {
 public:
  AutoRate(const AutoRateOptions& options, LossyTimes& lossy, std::uint64_t now_ns);

  void take(const CanaryNews& news) { canaries_.take(news); }
  /// Packets were handed over.
  void sent(std::uint64_t packets) noexcept { sent_ += packets; }
  /// There was nothing to send, or nobody took the results.
  void starved() noexcept { is_starved_ = true; }
  /// Nothing was sent for a while: begin anew.
  void restart(std::uint64_t now_ns) { settle(now_ns); }
  void set_cap(double cap, std::uint64_t now_ns);

  /// What the trial needs to know of the rest of the scan.
  struct Facts {
    std::uint64_t now_ns = 0;
    std::uint64_t heard_ns = 0;          ///< all answers that came before have been taken
    std::uint64_t receiver_dropped = 0;  ///< so far
  };
  /// \return whether a trial was judged
  bool step(const Facts& facts);
  [[nodiscard]] double cap() const noexcept { return search_.cap(); }
  /// Packets per second, to be kept until step() says otherwise.
  [[nodiscard]] double rate() const noexcept { return search_.rate(); }

  /// At which of the next `packets` a canary is to go out; UINT64_MAX: at none. Anywhere among them, for a
  /// queue loses the last ones of a batch first.
  [[nodiscard]] std::uint64_t place_of_canary(std::uint64_t packets, std::uint64_t now_ns) noexcept;
  /// The position of a canary, which counts as sent; absent when nobody is ready to be asked.
  [[nodiscard]] std::optional<std::uint64_t> next_canary(std::uint64_t departure_ns);
  /// It could not be sent after all.
  void take_back_canary() noexcept { canaries_.take_back(); }

  [[nodiscard]] const RateSearch& search() const noexcept { return search_; }
  /// In all judged trials.
  [[nodiscard]] std::uint64_t canaries() const noexcept { return judged_canaries_; }
  [[nodiscard]] std::uint64_t canaries_lost() const noexcept { return judged_lost_; }
  [[nodiscard]] std::uint64_t rate_changes() const noexcept { return rate_changes_; }

 private:
  enum class Phase : std::uint8_t { settling, measuring, waiting };

  void settle(std::uint64_t now_ns);
  void measure(const Facts& facts);
  void wait(const Facts& facts);
  void judge(const Facts& facts);
  [[nodiscard]] RateTrial trial(const Facts& facts) const noexcept;
  [[nodiscard]] double canary_rate() const noexcept;
  [[nodiscard]] std::uint64_t answer_timeout_ns() const noexcept;

  AutoRateOptions options_;
  LossyTimes& lossy_;
  RateSearch search_;
  CanaryTable canaries_;
  Phase phase_ = Phase::settling;
  std::uint64_t phase_end_ns_ = 0;
  std::uint64_t trial_start_ns_ = 0;
  std::uint64_t trial_ns_ = kNsPerSecond;
  std::uint64_t rate_since_ns_ = 0;
  std::uint64_t next_canary_ns_ = 0;
  std::uint64_t sent_ = 0;  // in this trial
  double achieved_ = 0;     // in the last one
  std::uint64_t dropped_before_ = 0;
  std::uint64_t judged_canaries_ = 0;
  std::uint64_t judged_lost_ = 0;
  std::uint64_t rate_changes_ = 0;
  std::uint64_t random_;  // of place_of_canary()
  bool is_starved_ = false;
};

}  // namespace pacegate
