/// \file
/// The rules of back-off written down plainly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/time.h"

namespace pacegate {

/// Back-off as one would explain it: by maps, without lists, heaps or bounds.
class PlainBackoff {
 public:
  explicit PlainBackoff(std::uint64_t limit) : limit_(limit) {}

  /// Whether a packet to `target` breaks a rule; then notes that it has left.
  bool send(std::uint32_t target, std::uint64_t position, std::uint64_t now) {
    bool allowed = true;
    for (State* state : {&networks_[target / 256], &targets_[target]}) {
      // Who has not been asked for so long is as good as new.
      const bool lapsed = now >= state->until && lost(*state, now) >= state->level && !state->probe;
      if (lapsed) state->backed_off = false;
      if (!state->backed_off) continue;
      allowed = allowed && now >= state->until && !state->probe;
      state->probe = position;
    }
    return allowed;
  }

  void complain(std::uint32_t target, std::uint64_t now) {
    State& network = networks_[target / 256];
    if (network.backed_off) {
      report(network, now);
      return;
    }
    if (!targets_[target].backed_off) {
      std::vector<State*> others;
      for (std::uint32_t t = target / 256 * 256; t < target / 256 * 256 + 256; ++t) {
        if (targets_.contains(t) && targets_[t].backed_off) others.push_back(&targets_[t]);
      }
      if (others.size() == 2) {
        for (State* other : others) *other = {};
        report(network, now);
        return;
      }
    }
    report(targets_[target], now);
  }

  /// A probe was answered by something else, or by nothing.
  void well(std::uint32_t target, std::uint64_t position) {
    for (State* state : {&networks_[target / 256], &targets_[target]}) {
      if (state->backed_off && state->probe == position) state->backed_off = false;
      if (state->probe == position) state->probe.reset();
    }
  }

  bool may_give_up(std::uint32_t target, std::uint64_t now) {
    for (const State* state : {&networks_[target / 256], &targets_[target]}) {
      if (state->backed_off && now - state->since >= limit_) return true;
    }
    return false;
  }

 private:
  struct State {
    bool backed_off = false;
    std::uint64_t since = 0;
    std::uint64_t until = 0;
    unsigned level = 0;
    std::optional<std::uint64_t> probe;
  };

  static std::uint64_t lost(const State& state, std::uint64_t now) {
    return now < state.until ? 0 : (now - state.until) / (16 * kNsPerSecond);
  }

  void report(State& state, std::uint64_t now) {
    if (!state.backed_off) state.since = now;
    if (now < state.until) return;
    const std::uint64_t levels = lost(state, now);
    state.level = 1 + (levels >= state.level ? 0 : state.level - static_cast<unsigned>(levels));
    state.level = std::min(4U, state.level);
    state.until = now + (kNsPerSecond << state.level);
    state.backed_off = true;
    state.probe.reset();
  }

  std::uint64_t limit_;
  std::map<std::uint32_t, State> targets_;
  std::map<std::uint32_t, State> networks_;
};

}  // namespace pacegate
