/// \file
/// A hostgroup over simulated time, watched from outside.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/time.h"
#include "engine/hosts/host_group.h"

namespace pacegate::hosts {

inline constexpr std::uint64_t kStart = 1000 * kNsPerSecond;
inline constexpr std::uint64_t kTimeout = 300 * kNsPerMs;
inline constexpr std::uint64_t kStep = kNsPerMs;

inline TargetPlan plan_of(std::uint64_t targets, std::uint16_t ports) {
  std::vector<std::uint16_t> list;
  for (std::uint16_t port = 1; port <= ports; ++port) list.push_back(port);
  return {{{IpAddress::v4(0x0a000000), targets, 0}}, list};
}

/// When a probe to a pair is answered; absent: never.
using Replies = std::function<std::optional<std::uint64_t>(const Target&, std::uint32_t tries)>;

struct World {
  std::uint64_t targets = 20;
  std::uint16_t ports = 10;
  std::uint64_t seed = 1;
  std::uint32_t tries = 2;
  HostgroupOptions group;
  HostQueue::Span span{0, UINT64_MAX};
  bool is_adaptive = false;
  bool is_open = false;
  int per_step = 20;
  Replies reply = [](const Target&, std::uint32_t) { return std::optional(kStep); };
};

/// Steps simulated time, and watches from outside.
class Simulation {
 public:
  explicit Simulation(const World& world)
      : world_(world),
        plan_(plan_of(world.targets, world.ports)),
        order_(plan_.size(), world.seed),
        gate_({.is_always_asked = true}),
        group_(plan_, order_, gate_,
               {.group = world.group,
                .span = {world.span.start, std::min(world.span.end, plan_.size())},
                .seed = world.seed,
                .tries = world.tries,
                .timeout_ns = kTimeout,
                .is_adaptive = world.is_adaptive}) {}

  /// \return whether everything is over
  bool step() {
    now_ += kStep;
    take_answers();
    while (const auto silent = group_.settle_next(now_)) end(silent->position, silent_);
    while (const auto cut = group_.next_cut()) end(cut->position, cut_[cut->reason]);
    for (int i = 0; i < world_.per_step; ++i) {
      const auto turn = group_.next(now_, now_);
      if (!turn) break;
      send(turn->position);
    }
    most_active_ = std::max<std::size_t>(most_active_, unended_.size());
    return group_.empty();
  }
  void run() {
    while (!step()) REQUIRE(now_ < kStart + 1000 * kNsPerSecond);
  }

  /// A pause of the scan.
  void sit_out(std::uint64_t ns) {
    now_ += ns;
    group_.postpone_timeouts(ns);
  }

  HostGroup& group() { return group_; }
  [[nodiscard]] const std::map<std::uint64_t, std::uint32_t>& tries() const { return tries_; }
  [[nodiscard]] std::size_t settled() const { return ended_.size(); }
  [[nodiscard]] bool has_settled(std::uint64_t position) const { return ended_.contains(position); }
  [[nodiscard]] std::size_t silent() const { return silent_; }
  [[nodiscard]] std::size_t most_active() const { return most_active_; }
  [[nodiscard]] std::uint64_t elapsed() const { return now_ - kStart; }
  /// Pairs of targets that were given up.
  [[nodiscard]] std::size_t cut(Reason reason) { return cut_[reason]; }
  [[nodiscard]] const std::vector<HostGroup::Tarpit>& tarpits() const { return tarpits_; }
  /// Targets in the order in which they were begun.
  [[nodiscard]] const std::vector<IpAddress>& begun() const { return begun_; }
  /// When a pair was probed for the second time, since its first.
  [[nodiscard]] const std::vector<std::uint64_t>& pauses() const { return pauses_; }

 private:
  struct Reply {
    std::uint64_t at_ns = 0;
    std::uint64_t position = 0;
  };

  void send(std::uint64_t position) {
    const Target target = plan_.at(order_.map(position));
    if (std::find(begun_.begin(), begun_.end(), target.address) == begun_.end()) {
      begun_.push_back(target.address);
    }
    unended_.try_emplace(target.address, world_.ports);
    const std::uint32_t tries = ++tries_[position];
    if (tries == 2) pauses_.push_back(now_ - first_ns_[position]);
    if (tries == 1) first_ns_[position] = now_;
    const auto delay = world_.reply(target, tries);
    if (delay) replies_.push_back({now_ + *delay, position});
  }

  void take_answers() {
    std::vector<Reply> later;
    for (const Reply& reply : replies_) {
      if (reply.at_ns > now_) {
        later.push_back(reply);
      } else if (const auto answered = group_.answer(
                     reply.position,
                     {.at_ns = reply.at_ns, .is_open = world_.is_open, .is_from_target = true})) {
        if (answered->tarpit) tarpits_.push_back(*answered->tarpit);
        end(reply.position, answered_);
      }
    }
    replies_ = later;
  }

  void end(std::uint64_t position, std::size_t& counter) {
    CHECK(ended_.insert(position).second);
    ++counter;
    const IpAddress address = plan_.at(order_.map(position)).address;
    if (--unended_[address] == 0) unended_.erase(address);
  }

  World world_;
  TargetPlan plan_;
  Permutation order_;
  TargetGate gate_;
  HostGroup group_;
  std::uint64_t now_ = kStart;
  std::vector<Reply> replies_;
  std::map<std::uint64_t, std::uint32_t> tries_;
  std::map<std::uint64_t, std::uint64_t> first_ns_;
  std::set<std::uint64_t> ended_;
  std::map<IpAddress, std::size_t> unended_;  // ports, of targets under way
  std::vector<IpAddress> begun_;
  std::vector<std::uint64_t> pauses_;
  std::size_t silent_ = 0;
  std::size_t answered_ = 0;
  std::map<Reason, std::size_t> cut_;
  std::vector<HostGroup::Tarpit> tarpits_;
  std::size_t most_active_ = 0;
};

}  // namespace pacegate::hosts
