#include "engine/auto_rate/rate_search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "engine/auto_rate/simulated_path.h"

namespace pacegate {
namespace {

constexpr double kTrialSeconds = 0.4;

/// A search, and the path it is made on.
struct Search {
  explicit Search(SimulatedPath simulated, RateSearchOptions options = {})
      : path(std::move(simulated)), search(options) {}

  /// \return trials until the rate stayed where it ended, of the `trials` made
  int run(int trials) {
    int settled = 0;
    for (int i = 0; i < trials; ++i) {
      const double before = search.rate();
      verdict = search.judge(
          path.hold(search.rate(), kTrialSeconds, answers ? search.wanted_canaries() : 0));
      if (search.rate() != before) settled = i + 1;
    }
    return settled;
  }

  double mean_rate(int trials) {
    double sum = 0;
    for (int i = 0; i < trials; ++i) {
      sum += std::min(search.rate(), path.sender_max);
      run(1);
    }
    return sum / trials;
  }

  SimulatedPath path;
  RateSearch search;
  bool answers = true;
  RateSearch::Verdict verdict = RateSearch::Verdict::unclear;
};

/// Over 100 further trials, for a step up is tried now and then, and a policer with a burst lets some through.
void check_near(Search& made, double best) {
  const double lost_before = made.path.lost;
  const double mean = made.mean_rate(100);
  CAPTURE(best);
  CHECK(mean >= 0.9 * best);
  CHECK(mean <= 1.05 * best);
  CHECK((made.path.lost - lost_before) / (mean * 100 * kTrialSeconds) < 0.015);
}

}  // namespace

TEST_SUITE("auto rate") {
  TEST_CASE("P12 finds what a policer lets through, within a tenth") {
    for (const double capacity : {700.0, 5'300.0, 48'000.0, 410'000.0}) {
      for (const double burst_seconds : {0.0, 0.01, 0.2}) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
          CAPTURE(seed);
          SimulatedPath path{.capacity = capacity, .burst = burst_seconds * capacity};
          path.random.seed(seed);
          Search made(path);
          made.run(60);
          check_near(made, capacity);
        }
      }
    }
  }

  TEST_CASE("P12 finds what a queue of any length takes, without waiting until it is full") {
    for (const double capacity : {1'700.0, 20'000.0, 300'000.0}) {
      for (const double queue : {20.0, 1'000.0, 100'000.0}) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
          CAPTURE(queue);
          CAPTURE(seed);
          SimulatedPath path{.capacity = capacity, .queue = queue};
          path.random.seed(seed);
          Search made(path);
          made.run(60);
          check_near(made, capacity);
        }
      }
    }
  }

  TEST_CASE("P12 loss that has nothing to do with the rate does not stop the search") {
    for (const double loss : {0.0005, 0.005, 0.02, 0.05}) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(loss);
        CAPTURE(seed);
        SimulatedPath path{.capacity = 60'000, .random_loss = loss};
        path.random.seed(seed);
        Search made(path);
        made.run(60);
        const double mean = made.mean_rate(200);
        CHECK(mean > 0.75 * 60'000);
        CHECK(mean < 1.05 * 60'000);
      }
    }
  }

  TEST_CASE("P12 follows a path that gets worse, and one that gets better") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      CAPTURE(seed);
      SimulatedPath path{.capacity = 50'000};
      path.random.seed(seed);
      Search made(path);
      made.run(60);
      made.path.capacity = 4'000;
      made.run(20);
      check_near(made, 4'000);
      made.path.capacity = 90'000;
      made.run(160);
      check_near(made, 90'000);
    }
  }

  TEST_CASE("P12 a device or a receiver that can do no more is found and named") {
    Search slow_sender({.sender_max = 87'000});
    slow_sender.run(30);
    check_near(slow_sender, 87'000);
    CHECK(slow_sender.search.bound() == RateBound::sender);
    Search slow_receiver({.receiver_max = 33'000});
    slow_receiver.run(60);
    CHECK(slow_receiver.search.lossless() > 0.9 * 33'000);
    CHECK(slow_receiver.search.lossless() <= 33'000);
    CHECK(slow_receiver.search.bound() == RateBound::receiver);
  }

  TEST_CASE("P12 never goes above the cap, and follows it") {
    Search made({}, {.start = 1000, .cap = 30'000});
    for (int i = 0; i < 50; ++i) {
      made.run(1);
      REQUIRE(made.search.rate() <= 30'000);
    }
    CHECK(made.search.rate() == 30'000);
    CHECK(made.search.bound() == RateBound::cap);
    made.search.set_cap(9'000);
    CHECK(made.search.rate() == 9'000);
    made.search.set_cap(100'000);
    made.run(100);
    CHECK(made.search.rate() == 100'000);
    CHECK(Search({}, {.start = 1000, .cap = 50}).search.rate() == 50);
  }

  TEST_CASE("P12 with nobody who answers the rate stays modest, and says why") {
    Search made({.capacity = 700'000});
    made.answers = false;
    made.run(30);
    CHECK(made.search.rate() == 10'000);
    CHECK(made.search.bound() == RateBound::nobody);
    made.answers = true;
    made.run(40);
    CHECK(made.search.rate() > 600'000);
    const double found = made.search.rate();
    made.answers = false;
    made.run(30);
    CHECK(made.search.rate() <= found);
  }

  TEST_CASE("P12 one host that goes away does not slow the scan down") {
    Search made({});
    made.run(12);
    const double before = made.search.rate();
    RateTrial trial = made.path.hold(before, kTrialSeconds, 100);
    trial.lost = 4;
    CHECK(made.search.judge(trial) == RateSearch::Verdict::lossy);
    CHECK(made.search.rate() == before);
    made.run(1);
    CHECK(made.search.rate() >= before);
  }

  TEST_CASE("P12 trials that ran out of packets prove nothing, but loss in them counts") {
    Search made({});
    made.run(6);
    const double before = made.search.rate();
    RateTrial trial = made.path.hold(before, kTrialSeconds, 100);
    trial.achieved /= 3;
    trial.is_starved = true;
    CHECK(made.search.judge(trial) == RateSearch::Verdict::unclear);
    CHECK(made.search.rate() == before);
    trial.lost = 50;
    CHECK(made.search.judge(trial) == RateSearch::Verdict::lossy);
    CHECK(made.search.rate() < before / 3);
  }

  TEST_CASE("P12 a path that is dead brings the rate down to its least, and no further") {
    SimulatedPath path{.capacity = 80'000};
    Search made(path);
    made.run(30);
    made.path.random_loss = 1;
    made.run(20);
    CHECK(made.search.rate() == 100);
    CHECK(made.search.background_loss() == 0);
    made.path.random_loss = 0;
    made.run(100);
    check_near(made, 80'000);
  }

  TEST_CASE("P12 the search is quick, and loses little") {
    double worst_lost = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      SimulatedPath path{.capacity = 37'000};
      path.random.seed(seed);
      Search made(path);
      made.run(12);
      worst_lost = std::max(worst_lost, made.path.lost / 37'000);
      check_near(made, 37'000);
    }
    // Seconds of traffic at the best rate.
    CHECK(worst_lost < 0.75);
  }
}

}  // namespace pacegate
