/// \file
/// Searching the highest packet rate at which nothing is lost.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace pacegate {

/// What was seen while one rate was held.
struct RateTrial {
  double rate = 0;                     ///< packets per second, as asked
  double achieved = 0;                 ///< handed over per second
  std::uint64_t canaries = 0;          ///< probes to targets that are known to answer
  std::uint64_t lost = 0;              ///< of these, without an answer
  std::uint64_t receiver_dropped = 0;  ///< answers for which this host had no room
  double queue_growth = 0;  ///< seconds of delay gained in a second; 0 when within jitter
  bool is_starved = false;  ///< at times there was no packet to send
};

/// What a path loses at rates that are low for it, learned on the way up.
class BackgroundLoss {
 public:
  void add(const RateTrial& trial) noexcept;
  /// The part of canaries lost below half of `rate`, from 0 to 1: rather more than less where few were
  /// sent. 0 when none were.
  [[nodiscard]] double below(double rate) const noexcept;

 private:
  struct Record {
    double canaries = 0;
    double lost = 0;
  };
  [[nodiscard]] static std::size_t index(double rate) noexcept;

  std::array<Record, 32> records_{};  // by octave
};

/// What keeps the rate where it is. Values are known to JavaScript.
enum class RateBound : std::uint8_t {
  search,    ///< still being looked for
  path,      ///< probes or answers were lost, or queued up, above it
  receiver,  ///< this host could not take the answers
  sender,    ///< this host could not send faster
  cap,       ///< the user allows no more
  nobody,    ///< too few targets have answered to judge by
};

struct RateSearchOptions {
  double start = 1000;
  double cap = std::numeric_limits<double>::infinity();
  /// Without anybody to judge by: what a network of any kind takes.
  double blind = 10'000;
};

/// The rate doubles until canaries are lost, which also tells how much got through; what is between the
/// best rate without and the lowest with loss is then halved until they are 5 % apart. From there on the
/// rate is held, and a step of 6 % tried now and then, so that a path that got better is followed; one
/// that got worse shows by itself. Loss that does not go away when the rate is halved does not come from
/// the rate: it is taken for the path's own, and only more than that counts.
///
/// Pure: no time, no threads. The caller holds rate() for a while, and judges.
class RateSearch {
 public:
  explicit RateSearch(const RateSearchOptions& options) noexcept;

  /// Packets per second, to be held now.
  [[nodiscard]] double rate() const noexcept { return rate_; }
  /// A trial with less says nothing.
  static constexpr std::uint64_t kFewestCanaries = 8;
  /// Canaries the trial at rate() should have: more where the difference to be seen is small.
  [[nodiscard]] std::uint64_t wanted_canaries() const noexcept;

  /// What became of a trial.
  enum class Verdict : std::uint8_t {
    lossless,
    lossy,    ///< what was sent during it is to be sent again
    unclear,  ///< proves nothing
  };
  Verdict judge(const RateTrial& trial) noexcept;

  /// The user allows more or less. \param cap > 0
  void set_cap(double cap) noexcept;
  [[nodiscard]] double cap() const noexcept { return options_.cap; }

  [[nodiscard]] RateBound bound() const noexcept { return bound_; }
  /// Highest rate without loss so far, since the path was last different; 0 before the first.
  [[nodiscard]] double lossless() const noexcept { return lossless_; }
  /// Lowest rate with loss, since the path was last different; infinite before the first.
  [[nodiscard]] double lossy() const noexcept { return lossy_; }
  /// Part of the canaries that is lost at any rate, from 0 to 0.2.
  [[nodiscard]] double background_loss() const noexcept { return background_loss(rate_); }

 private:
  [[nodiscard]] double background_loss(double rate) const noexcept;
  [[nodiscard]] bool is_lossy(std::uint64_t canaries, std::uint64_t lost) const noexcept;
  [[nodiscard]] bool is_overload(const RateTrial& trial) const noexcept;
  Verdict overloaded(const RateTrial& trial) noexcept;
  Verdict slower_than_asked(const RateTrial& trial) noexcept;
  Verdict passed(const RateTrial& trial) noexcept;
  Verdict blind() noexcept;
  void cut(const RateTrial& trial, double loss) noexcept;
  void disbelieve() noexcept;
  Verdict compared(const RateTrial& trial) noexcept;
  void look_between() noexcept;
  void hold(double rate, RateBound bound) noexcept;
  void move_to(double rate) noexcept;
  void forget_held() noexcept;

  RateSearchOptions options_;
  double rate_;
  double lossless_ = 0;
  double lossy_ = std::numeric_limits<double>::infinity();
  double growth_;
  BackgroundLoss background_;
  RateBound bound_ = RateBound::search;
  bool holds_ = false;
  bool doubts_ = false;    // a little was lost, and is looked at once more
  bool compares_ = false;  // at half the rate
  double first_rate_ = 0;  // of the cuts that follow one another
  unsigned cuts_ = 0;
  std::uint64_t held_canaries_ = 0;  // since rate() was last different
  std::uint64_t held_lost_ = 0;
  std::uint64_t held_trials_ = 0;
  std::uint64_t patience_;   // trials without loss until the next step up
  std::uint64_t proof_ = 1;  // trials without loss that show a rate to be lossless
};

}  // namespace pacegate
