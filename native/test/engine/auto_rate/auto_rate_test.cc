#include "engine/auto_rate/auto_rate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "core/time.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStepNs = kNsPerMs / 2;
constexpr std::uint64_t kRttNs = 3 * kNsPerMs;

/// A scan in computed time: packets leave at the rate, and a policer lets some of them through.
class Rig {
 public:
  explicit Rig(double capacity, double cap = 1e8)
      : capacity_(capacity),
        rate_({.search = {.start = 1000, .cap = cap},
               .timeout_ns = kNsPerSecond,
               .lead_ns = 0,
               .key = {3, 4}},
              lossy_, now_) {
    meet_responders();
  }

  void meet_responders() {
    for (std::uint32_t host = 0; host < 500; ++host) {
      rate_.take({IpAddress::v4(host), 80, CanaryNews::Kind::responder, host, now_});
    }
  }

  void run(std::uint64_t ns) {
    for (const std::uint64_t end = now_ + ns; now_ < end; now_ += kStepNs) step();
  }

  AutoRate& rate() { return rate_; }
  LossyTimes& lossy() { return lossy_; }
  [[nodiscard]] std::uint64_t now() const { return now_; }
  /// Packets that did not get through while nothing made them be sent again.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  double capacity_;

 private:
  void step() {
    while (!answers_.empty() && answers_.front().at_ns <= now_) {
      rate_.take(answers_.front());
      answers_.pop_front();
    }
    rate_.step({.now_ns = now_, .heard_ns = now_, .receiver_dropped = 0});
    owed_ += rate_.rate() * static_cast<double>(kStepNs) / 1e9;
    const auto packets = static_cast<std::uint64_t>(owed_);
    owed_ -= static_cast<double>(packets);
    tokens_ =
        std::min(tokens_ + capacity_ * static_cast<double>(kStepNs) / 1e9, capacity_ / 200 + 1);
    const std::uint64_t canary = rate_.place_of_canary(packets, now_);
    for (std::uint64_t i = 0; i < packets; ++i) send(i == canary);
    rate_.sent(packets);
  }
  void send(bool is_canary) {
    const bool passes = tokens_ >= 1;
    if (passes) tokens_ -= 1;
    lost_ += passes ? 0 : 1;
    if (!is_canary) return;
    const auto position = rate_.next_canary(now_);
    if (!position || !passes) return;
    answers_.push_back({IpAddress::v4(static_cast<std::uint32_t>(*position)), 80,
                        CanaryNews::Kind::answer, *position, now_ + kRttNs});
  }

  std::uint64_t now_ = 100 * kNsPerSecond;
  LossyTimes lossy_;
  AutoRate rate_;
  std::deque<CanaryNews> answers_;
  double owed_ = 0;
  double tokens_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace

TEST_SUITE("auto rate") {
  TEST_CASE("P12 trial by trial the rate comes to what the path takes, and stays there") {
    for (const double capacity : {3'000.0, 40'000.0}) {
      Rig rig(capacity);
      rig.run(8 * kNsPerSecond);
      CHECK(rig.rate().search().lossless() > 0.9 * capacity);
      CHECK(rig.rate().search().lossless() < 1.05 * capacity);
      CHECK(rig.rate().search().bound() == RateBound::path);
      const std::uint64_t before = rig.lost();
      rig.run(20 * kNsPerSecond);
      CHECK(static_cast<double>(rig.lost() - before) < 0.015 * 20 * capacity);
    }
  }

  TEST_CASE("P12 whatever was sent at a rate that was too high is to be sent again") {
    Rig rig(10'000);
    std::deque<std::uint64_t> losses;  // when, a sample
    std::uint64_t known = 0;
    std::uint64_t unmarked = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t before = rig.lost();
      const std::uint64_t at = rig.now();
      rig.run(kStepNs);
      if (rig.lost() > before) losses.push_back(at);
      rig.run(19 * kStepNs);
      // The verdict comes before the probe's time-out of a second.
      for (; !losses.empty() && losses.front() + kNsPerSecond < rig.now(); losses.pop_front()) {
        const bool is_marked = rig.lossy().contain(losses.front());
        (is_marked ? known : unmarked) += 1;
      }
    }
    CHECK(known > 10);
    CHECK(unmarked == 0);
  }

  TEST_CASE("P12 after a path was dead for a while the rate comes back") {
    Rig rig(40'000);
    rig.run(5 * kNsPerSecond);
    rig.capacity_ = 0;
    rig.run(4 * kNsPerSecond);
    CHECK(rig.rate().rate() < 10'001);
    rig.capacity_ = 40'000;
    rig.meet_responders();
    rig.run(15 * kNsPerSecond);
    CHECK(rig.rate().rate() > 30'000);
  }

  TEST_CASE("P12 a pause makes the trial begin anew, and the cap moves with the user") {
    Rig rig(1e9, 20'000);
    rig.run(5 * kNsPerSecond);
    CHECK(rig.rate().rate() == 20'000);
    rig.rate().restart(rig.now());
    CHECK(rig.rate().place_of_canary(10, rig.now()) == UINT64_MAX);
    rig.rate().set_cap(5'000, rig.now());
    CHECK(rig.rate().rate() == 5'000);
    rig.run(3 * kNsPerSecond);
    CHECK(rig.rate().rate() == 5'000);
    CHECK(rig.rate().search().bound() == RateBound::cap);
    CHECK(rig.rate().canaries() > 0);
    CHECK(rig.rate().canaries_lost() == 0);
  }
}

}  // namespace pacegate
