#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "core/limit/token_bucket.h"
#include "test_threads.h"

namespace pacegate {
namespace {

constexpr Ticks kSecond = 256'000'000'000;
constexpr Ticks kNow = 500 * kSecond;
constexpr unsigned kThreadCounts[] = {1, 2, 3, 4, 8, 16};

struct Grant {
  Ticks at;
  Ticks price;
};

/// The most that any window of the grants holds beyond its length, in ticks: of those that end with
/// a grant it is the backlog of a bucket without an end (Lindley's recursion).
Ticks worst_window(std::vector<Grant> grants) {
  std::sort(grants.begin(), grants.end(), [](Grant a, Grant b) { return a.at < b.at; });
  Ticks repaid = 0;
  Ticks worst = 0;
  for (const Grant& grant : grants) {
    repaid = std::max(repaid, grant.at) + grant.price;
    worst = std::max(worst, repaid - grant.at);
  }
  return worst;
}

/// Keeps what threads log, each on its own until it has ended.
class Log {
 public:
  void add(const std::vector<Grant>& part) {
    const std::scoped_lock guard(mutex_);
    all_.insert(all_.end(), part.begin(), part.end());
  }
  [[nodiscard]] const std::vector<Grant>& all() const { return all_; }

 private:
  std::mutex mutex_;
  std::vector<Grant> all_;
};

Ticks price_of(std::uint64_t tokens, double rate) {
  return static_cast<Ticks>(static_cast<double>(tokens) * kTicksPerSecond / rate);
}

}  // namespace

TEST_SUITE("token_bucket windows") {
  TEST_CASE("H1 in every window of the merged logs of 1 to 16 threads: burst + rate * time") {
    constexpr double kRate = 1e6;
    constexpr double kBurst = 50;
    for (const unsigned count : kThreadCounts) {
      CAPTURE(count);
      TokenBucket bucket(*make_quota(kRate, kBurst), kBurst, kNow);
      // A clock that all threads move, so that their readings are old by as much as they are held up.
      std::atomic<Ticks> clock{kNow};
      Log log;
      const std::uint64_t admitted = sum_over_threads(count, [&](unsigned number) {
        std::vector<Grant> mine;
        std::uint64_t tokens = 0;
        for (std::uint64_t i = 0; i < 960'000 / count; ++i) {
          const Ticks now = clock.fetch_add(kSecond / 1'600'000) + kSecond / 1'600'000;
          const std::uint64_t cost = 1 + (i + number) % 3;
          const bool up_to = i % 5 == 0;
          const bool taken = !up_to && bucket.try_acquire(static_cast<double>(cost), now).allowed();
          const std::uint64_t got = up_to ? bucket.try_acquire_up_to(4, now) : taken ? cost : 0;
          if (got > 0) mine.push_back({now, price_of(got, kRate)});
          tokens += got;
        }
        log.add(mine);
        return tokens;
      });
      CHECK(worst_window(log.all()) <= make_quota(kRate, kBurst)->capacity);
      // 0.6 s at 1e6/s; asked for was more than that.
      CHECK(admitted <= 600'050);
      CHECK(admitted >= 599'000);
    }
  }

  TEST_CASE("H1 mixed costs of 1 to 16 threads take a burst to its last token") {
    constexpr std::uint64_t kBurst = 1'000'000;
    for (const unsigned count : kThreadCounts) {
      CAPTURE(count);
      TokenBucket bucket(*make_quota(7, kBurst), kBurst, kNow);
      const std::uint64_t admitted = sum_over_threads(count, [&](unsigned number) {
        std::uint64_t mine = 0;
        for (std::uint64_t cost = 5 + number; cost > 0;) {
          if (bucket.try_acquire(static_cast<double>(cost), kNow).allowed()) {
            mine += cost;
          } else {
            --cost;
          }
        }
        return mine;
      });
      CHECK(admitted == kBurst);
      CHECK(bucket.available(kNow) < 0.01);
    }
  }

  TEST_CASE(
      "H1 all calls at once from 1 to 16 threads: what is kept and what is left is the burst") {
    constexpr std::uint64_t kBurst = 400'000;
    for (const unsigned count : kThreadCounts) {
      CAPTURE(count);
      TokenBucket bucket(*make_quota(1000, kBurst), kBurst, kNow);
      const std::uint64_t kept = sum_over_threads(count, [&](unsigned number) {
        std::uint64_t mine = 0;
        for (std::uint64_t i = number; i < 320'000 / count; ++i) {
          const std::uint64_t cost = 1 + i % 4;
          const auto units = static_cast<double>(cost);
          switch (i % 5) {
            case 0:
              mine += bucket.try_acquire_up_to(cost, kNow);
              break;
            case 1:
              // Cancelled: as though it had never been.
              if (bucket.reserve(units, kSecond, kNow).allowed()) bucket.give_back(units, kNow);
              break;
            case 2:
              if (bucket.reserve(units, 0, kNow).allowed()) mine += cost;
              break;
            case 3:
              if (mine >= cost) {
                bucket.give_back(units, kNow);
                mine -= cost;
              }
              break;
            default:
              if (bucket.try_acquire(units, kNow).allowed()) mine += cost;
          }
        }
        return mine;
      });
      CHECK(static_cast<double>(kept) + bucket.available(kNow) == doctest::Approx(kBurst));
      CHECK(kept <= kBurst);
    }
  }
}

}  // namespace pacegate
