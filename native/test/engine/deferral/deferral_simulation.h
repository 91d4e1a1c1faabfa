/// \file
/// A scan over simulated time: everything between the window and the gate, and targets of four kinds.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "core/time.h"
#include "engine/deferral/plain_backoff.h"
#include "engine/scan/probe_chooser.h"
#include "engine/scan/probe_window.h"

namespace pacegate {

enum class Manner : std::uint8_t { answers, silent, complains, complains_at_first };

struct World {
  std::uint32_t targets = 40;
  std::uint32_t networks = 4;  // the targets are spread over them
  std::uint64_t positions = 2000;
  std::uint32_t retries = 1;
  std::uint64_t timeout = 300 * kNsPerMs;
  std::uint64_t limit = 60 * kNsPerSecond;
  int batch = 20;
  double unsent = 0;  // part of packets that the device refuses
  LaneOptions lane;
  RateCapOptions caps;
  bool back_off = true;
};

class Simulation {
  static constexpr std::uint64_t kStart = 33'333'333'333;

 public:
  Simulation(const World& world, std::uint64_t seed)
      : world_(world),
        random_(seed),
        gate_(gate_options(world)),
        lane_(
            gate_, [this](std::uint64_t p) { return address_of(p); }, lane_options(world)),
        window_(256),
        cursors_(window_, {0, world.positions}, world.retries, world.timeout),
        chooser_(cursors_, lane_,
                 [this](std::uint64_t p) { return std::optional<IpAddress>(address_of(p)); }),
        plain_(world.limit),
        settled_(world.positions, 0),
        tries_(world.positions, 0) {
    for (std::uint32_t i = 0; i < world.targets; ++i) {
      manners_.push_back(static_cast<Manner>(random_() % 4));
      opens_at_.push_back(kStart + random_() % (30 * kNsPerSecond));
    }
  }

  void run() {
    while (!over()) step();
    for (std::uint64_t p = 0; p < world_.positions; ++p) {
      CAPTURE(p);
      REQUIRE(settled_[p] == 1);
    }
    CHECK(lane_.floor() == UINT64_MAX);
    if (world_.limit == BackoffOptions::kForever) CHECK(given_up_ == 0);
  }

  /// Stops in the middle: what was sent is awaited, and nothing more is sent.
  void run_and_stop(std::uint64_t after) {
    while (now_ < kStart + after) step();
    REQUIRE(lane_.parked() > 0);
    cursors_.stop();
    lane_.stop();
    const std::uint64_t sent = sent_;
    while (now_ < kStart + after + 2 * world_.timeout) step();
    CHECK(sent_ == sent);
    CHECK(lane_.in_flight() == 0);
    CHECK(lane_.parked() > 0);
    CHECK(lane_.next_turn_ns() == UINT64_MAX);
  }

  double seconds() const { return static_cast<double>(now_ - kStart) / 1e9; }
  std::uint64_t most_parked() const { return most_parked_; }
  std::uint64_t given_up() const { return given_up_; }
  std::uint64_t sent() const { return sent_; }

 private:
  struct Packet {
    std::uint64_t position;
    bool complaint;
  };

  static GateOptions gate_options(const World& world) {
    GateOptions options;
    options.back_off = world.back_off;
    options.backoff_limit_ns = world.limit;
    options.caps = world.caps;
    options.seed = {7, 9};
    return options;
  }
  static LaneOptions lane_options(const World& world) {
    LaneOptions options = world.lane;
    options.tries = world.retries + 1;
    options.timeout_ns = world.timeout;
    return options;
  }

  std::uint32_t target_of(std::uint64_t position) const {
    const auto n = static_cast<std::uint32_t>((position * 7919) % world_.targets);
    return n % world_.networks * 256 + n / world_.networks;
  }
  IpAddress address_of(std::uint64_t position) const {
    return IpAddress::v4(0x0a000000U + target_of(position));
  }
  Manner manner_of(std::uint64_t position) {
    const auto n = (position * 7919) % world_.targets;
    const Manner manner = manners_[n];
    if (manner != Manner::complains_at_first) return manner;
    return now_ < opens_at_[n] ? Manner::complains : Manner::answers;
  }

  void step() {
    now_ += 1 + random_() % (20 * kNsPerMs);
    REQUIRE(now_ < kStart + 20'000 * kNsPerSecond);
    deliver();
    settle_silent();
    send();
    check_floor();
    gate_.tidy(now_);
  }

  bool over() const { return cursors_.all_settled() && lane_.empty(); }

  void settle(std::uint64_t position) { REQUIRE(++settled_[position] == 1); }

  void deliver() {
    while (!flying_.empty() && flying_.begin()->first <= now_) {
      const auto [at, packet] = *flying_.begin();
      flying_.erase(flying_.begin());
      const auto accepted = window_.answer(packet.position, at).acceptance;
      bool is_first = accepted == ProbeWindow::Acceptance::accepted;
      if (!is_first) is_first = lane_.answer(packet.position, packet.complaint).has_value();
      if (is_first) settle(packet.position);
      if (packet.complaint) {
        lane_.complain(address_of(packet.position), at);
        if (world_.back_off) plain_.complain(target_of(packet.position), at);
      } else if (is_first) {
        plain_.well(target_of(packet.position), packet.position);
      }
    }
  }

  void settle_silent() {
    while (const auto silent = cursors_.settle_next(now_)) settle(silent->position);
    // The plain rules see a time-out of every probe, not only of the last.
    while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
      const std::uint64_t position = deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      if (settled_[position] == 0) plain_.well(target_of(position), position);
    }
    while (const auto silent = lane_.settle_next(now_)) {
      REQUIRE(tries_[silent->position] == world_.retries + 1);
      settle(silent->position);
    }
  }

  void send() {
    for (int i = 0; i < world_.batch; ++i) {
      const auto choice = chooser_.next(now_, now_);
      if (!choice) break;
      const std::uint64_t position = choice->position;
      if (choice->kind == ProbeChooser::Choice::Kind::given_up) {
        REQUIRE(plain_.may_give_up(target_of(position), now_));
        ++given_up_;
        settle(position);
        continue;
      }
      REQUIRE(plain_.send(target_of(position), position, now_));
      REQUIRE(settled_[position] == 0);
      REQUIRE(++tries_[position] <= world_.retries + 1);
      ++sent_;
      respond(position);
    }
    most_parked_ = std::max<std::uint64_t>(most_parked_, lane_.parked());
    REQUIRE(lane_.parked() + lane_.in_flight() <= world_.lane.max_pairs);
  }

  void respond(std::uint64_t position) {
    deadlines_.emplace(now_ + world_.timeout, position);
    const Manner manner = manner_of(position);
    if (manner == Manner::silent || random_() % 20 == 0) return;
    const std::uint64_t at = now_ + 1 + random_() % (world_.timeout - 1000);
    flying_.emplace(at, Packet{position, manner == Manner::complains});
  }

  void check_floor() {
    const std::uint64_t floor = std::min(cursors_.settled(), lane_.floor());
    REQUIRE(floor >= last_floor_);
    last_floor_ = floor;
    for (; first_unsettled_ < world_.positions && settled_[first_unsettled_] == 1;) {
      ++first_unsettled_;
    }
    REQUIRE(floor <= first_unsettled_);
  }

  World world_;
  std::mt19937_64 random_;
  TargetGate gate_;
  DeferredLane lane_;
  ProbeWindow window_;
  ProbeCursors cursors_;
  ProbeChooser chooser_;
  PlainBackoff plain_;
  std::vector<Manner> manners_;
  std::vector<std::uint64_t> opens_at_;
  std::vector<int> settled_;
  std::vector<std::uint32_t> tries_;
  std::multimap<std::uint64_t, Packet> flying_;
  std::multimap<std::uint64_t, std::uint64_t> deadlines_;
  std::uint64_t now_ = kStart;
  std::uint64_t last_floor_ = 0;
  std::uint64_t first_unsettled_ = 0;
  std::uint64_t most_parked_ = 0;
  std::uint64_t given_up_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace pacegate
