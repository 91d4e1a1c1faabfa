#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>

#include "core/limit/backoff_table.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 44'444'444'444;
constexpr std::uint64_t kSecond = kNsPerSecond;

BackoffKey host(const BackoffTable& table, std::uint32_t n) {
  return table.key_of(IpAddress::v4(0x0a000000U + n));
}

/// The rules written down plainly: a map, searched from end to end.
class PlainTable {
 public:
  explicit PlainTable(const BackoffOptions& options) : options_(options) {}

  unsigned level(std::uint32_t target, std::uint64_t now) const {
    const auto found = targets_.find(target);
    if (found == targets_.end()) return 0;
    const auto& [level, until] = found->second;
    if (now <= until) return level;
    const std::uint64_t lost = (now - until) / options_.decay_ns;
    return lost >= level ? 0 : level - static_cast<unsigned>(lost);
  }

  std::uint64_t remaining(std::uint32_t target, std::uint64_t now) const {
    const auto found = targets_.find(target);
    if (found == targets_.end() || found->second.until <= now) return 0;
    return found->second.until - now;
  }

  unsigned report(std::uint32_t target, std::uint64_t now) {
    drop_decayed(now);
    if (remaining(target, now) > 0) return targets_[target].level;
    const unsigned next = std::min(level(target, now) + 1, options_.max_level);
    if (!targets_.contains(target) && targets_.size() == options_.max_targets) make_room(now);
    targets_[target] = {next, now + (options_.base_ns << (next - 1))};
    return next;
  }

  std::size_t size(std::uint64_t now) {
    drop_decayed(now);
    return targets_.size();
  }

  std::size_t backed_off(std::uint64_t now) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        targets_, [&](const auto& entry) { return entry.second.until > now; }));
  }

  std::uint64_t next_free(std::uint64_t now) const {
    std::uint64_t soonest = 0;
    for (const auto& [target, state] : targets_) {
      if (state.until > now && (soonest == 0 || state.until < soonest)) soonest = state.until;
    }
    return soonest;
  }

 private:
  struct State {
    unsigned level = 0;
    std::uint64_t until = 0;
  };

  void drop_decayed(std::uint64_t now) {
    std::erase_if(targets_, [&](const auto& entry) { return level(entry.first, now) == 0; });
  }

  void make_room(std::uint64_t now) {
    const bool all = backed_off(now) == targets_.size();
    const auto rank = [&](const State& state) {
      return all ? state.until : state.until + state.level * options_.decay_ns;
    };
    auto victim = targets_.end();
    for (auto entry = targets_.begin(); entry != targets_.end(); ++entry) {
      if (!all && entry->second.until > now) continue;
      if (victim == targets_.end() || rank(entry->second) < rank(victim->second)) victim = entry;
    }
    targets_.erase(victim);
  }

  BackoffOptions options_;
  std::map<std::uint32_t, State> targets_;
};

}  // namespace

TEST_SUITE("backoff_table") {
  TEST_CASE("P5 agrees with a plain table over random histories, capacity included") {
    for (const std::uint32_t capacity : {1U, 5U, 30U, 1000U}) {
      CAPTURE(capacity);
      BackoffOptions options;
      options.max_targets = capacity;
      options.seed = {.k0 = capacity, .k1 = 22};
      options.decay_ns = 7 * kSecond + 1;
      BackoffTable table(options);
      PlainTable plain(options);
      std::mt19937_64 random(capacity);
      std::uint64_t now = kStart;
      for (int step = 0; step < 20'000; ++step) {
        // Distinct times: of equals, either may be forgotten first.
        now += 1 + random() % (step % 100 == 0 ? 20 * kSecond : 300 * kNsPerMs);
        const auto target = static_cast<std::uint32_t>(random() % 60);
        if (random() % 3 != 0) {
          REQUIRE(table.report(host(table, target), now) == plain.report(target, now));
        }
        const auto other = static_cast<std::uint32_t>(random() % 60);
        REQUIRE(table.level(host(table, other), now) == plain.level(other, now));
        REQUIRE(table.remaining_ns(host(table, other), now) == plain.remaining(other, now));
        REQUIRE(table.size(now) == plain.size(now));
        REQUIRE(table.backed_off(now) == plain.backed_off(now));
        REQUIRE(table.next_free_ns(now).value_or(0) == plain.next_free(now));
      }
    }
  }
}

}  // namespace pacegate
