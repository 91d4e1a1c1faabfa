/// \file
/// A path with a bottleneck, computed instead of sent over: what a trial of the rate search would see.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>

#include "engine/auto_rate/rate_search.h"

namespace pacegate {

struct SimulatedPath {
  double capacity = std::numeric_limits<double>::infinity();  ///< packets per second
  double burst = 0;        ///< packets that a policer lets through at once
  double queue = 0;        ///< packets that wait for the bottleneck, where it is one that queues
  double random_loss = 0;  ///< at any rate
  double sender_max = std::numeric_limits<double>::infinity();
  double receiver_max = std::numeric_limits<double>::infinity();
  std::mt19937_64 random{1};
  // So far.
  double tokens = std::numeric_limits<double>::infinity();
  double waiting = 0;
  double lost = 0;

  /// Holds `rate` for so long, and canaries among what is sent.
  RateTrial hold(double rate, double seconds, std::uint64_t canaries) {
    RateTrial trial{.rate = rate, .achieved = std::min(rate, sender_max), .canaries = canaries};
    const double sent = trial.achieved * seconds;
    const double passed =
        queue > 0 ? through_queue(sent, seconds, trial) : through_policer(sent, seconds);
    const double loss = 1 - (passed / sent) * (1 - random_loss);
    trial.lost =
        std::binomial_distribution<std::uint64_t>(canaries, std::clamp(loss, 0.0, 1.0))(random);
    if (trial.achieved > receiver_max) {
      trial.receiver_dropped =
          static_cast<std::uint64_t>((trial.achieved - receiver_max) * seconds);
    }
    lost += sent * loss;
    return trial;
  }
  double through_policer(double sent, double seconds) {
    tokens = std::min(tokens, burst);
    const double passed = std::min(sent, tokens + capacity * seconds);
    tokens = std::min(burst, tokens + capacity * seconds - passed);
    return passed;
  }
  double through_queue(double sent, double seconds, RateTrial& trial) {
    const double before = waiting;
    waiting = std::max(0.0, waiting + sent - capacity * seconds);
    const double overflow = std::max(0.0, waiting - queue);
    waiting -= overflow;
    if (waiting > before) trial.queue_growth = (waiting - before) / capacity / seconds;
    return sent - overflow;
  }
};

}  // namespace pacegate
