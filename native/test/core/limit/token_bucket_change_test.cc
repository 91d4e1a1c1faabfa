#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "core/limit/token_bucket.h"
#include "test_threads.h"

namespace pacegate {
namespace {

constexpr Ticks kSecond = 256'000'000'000;
constexpr Ticks kNow = 500 * kSecond;

constexpr std::uint64_t kChanges = 200;

/// Runs `body` as sum_over_threads() while the quota changes kChanges times.
std::uint64_t sum_while_changing(TokenBucket& bucket, const std::vector<double>& rates,
                                 double burst, unsigned count,
                                 const std::function<std::uint64_t(unsigned)>& body) {
  std::atomic<std::uint64_t> sum{0};
  sum_over_threads(count + 1, [&](unsigned number) {
    if (number < count) {
      sum.fetch_add(body(number));
    } else {
      for (std::uint64_t i = 0; i < kChanges; ++i) {
        bucket.set_quota(*make_quota(rates[i % rates.size()], burst), kNow);
        std::this_thread::yield();
      }
    }
    return std::uint64_t{0};
  });
  return sum.load();
}

/// The parts of a bucket as they lie in memory, to bring about what only a kill could.
struct Bare {
  explicit Bare(TokenBucket& bucket)
      : words(reinterpret_cast<std::atomic<std::uint64_t>*>(&bucket)) {}
  std::atomic<std::uint64_t>& tat() { return words[0]; }
  std::atomic<std::uint64_t>& generation() { return words[1]; }
  std::atomic<std::uint64_t>& before_closing() { return words[10]; }
  std::atomic<std::uint64_t>& after_closing() { return words[11]; }
  std::atomic<double>& ticks_per_token(std::uint64_t slot) {
    return reinterpret_cast<std::atomic<double>*>(words)[2 + 2 * (slot & 1)];
  }
  std::atomic<std::uint64_t>& capacity(std::uint64_t slot) { return words[3 + 2 * (slot & 1)]; }
  std::atomic<double>& burst(std::uint64_t slot) {
    return reinterpret_cast<std::atomic<double>*>(words)[8 + (slot & 1)];
  }

  /// set_quota() by somebody who is killed after so many of its steps.
  void set_quota_until(int steps, const BucketQuota& quota, Ticks now) {
    const std::uint64_t leaving = generation();
    if (steps >= 1) ticks_per_token(leaving + 1) = quota.ticks_per_token;
    if (steps >= 2) capacity(leaving + 1) = quota.capacity;
    if (steps >= 3) burst(leaving + 1) = quota.burst;
    if (steps >= 4) before_closing() = tat().load();
    const Ticks closed = now + (Ticks{1} << 61) + (Ticks{1} << 58) - (Ticks{1} << 50);
    if (steps >= 5) tat() = (closed & ~Ticks{0xffff}) | (leaving & 0xffff);
    const double owed = static_cast<double>(before_closing() - now);
    const double scale = quota.ticks_per_token / ticks_per_token(leaving);
    if (steps >= 6) after_closing() = now + static_cast<Ticks>(owed * scale);
    if (steps >= 7) generation() = leaving + 1;
  }
  static constexpr int kSteps = 7;

  std::atomic<std::uint64_t>* words;
};

/// What is true of a bucket with 30 of 40 tokens spent, whichever of two rates it is at.
void check_ten_left(TokenBucket& bucket) {
  CHECK(bucket.available(kNow) == doctest::Approx(10));
  CHECK(bucket.try_acquire_up_to(100, kNow) == 10);
  CHECK_FALSE(bucket.try_acquire(1, kNow).allowed());
  const Ticks full = kNow + bucket.time_to_full(kNow);
  CHECK(static_cast<double>(full - kNow) == doctest::Approx(40 / bucket.rate() * kTicksPerSecond));
  CHECK(bucket.available(full) == 40);
}

/// Takes the rest: no token too many; none missing but what requests that met a change paid twice,
/// `size` at a time, and what changes round.
void check_sum(TokenBucket& bucket, std::uint64_t taken, std::uint64_t burst, std::uint64_t size,
               unsigned threads) {
  taken += bucket.try_acquire_up_to(2 * burst, kNow);
  CHECK(taken <= burst);
  CHECK(static_cast<double>(taken) + bucket.available(kNow) >
        static_cast<double>(burst) - static_cast<double>(size * kChanges * threads) - 0.01);
}

}  // namespace

TEST_SUITE("token_bucket change") {
  TEST_CASE("H1 while the rate changes, 1 to 16 threads are never admitted more than the burst") {
    // The debt is kept in tokens, and time stands still: a request that were charged by one rate and
    // judged by another would show.
    constexpr std::uint64_t kBurst = 200'000;
    for (const unsigned count : {1U, 2U, 4U, 8U, 16U}) {
      CAPTURE(count);
      TokenBucket bucket(*make_quota(1000, kBurst), kBurst, kNow);
      const std::uint64_t admitted =
          sum_while_changing(bucket, {2000, 1000, 37.5, 5000}, kBurst, count, [&](unsigned) {
            std::uint64_t mine = 0;
            for (unsigned denied = 0; denied < 1000;) {
              if (bucket.try_acquire(1, kNow).allowed()) {
                ++mine;
              } else {
                ++denied;
              }
            }
            return mine;
          });
      check_sum(bucket, admitted, kBurst, 1, count);
    }
  }

  TEST_CASE("H1 while the rate changes, taking several and giving back keeps the sum") {
    constexpr std::uint64_t kBurst = 100'000;
    for (const unsigned count : {1U, 3U, 16U}) {
      CAPTURE(count);
      TokenBucket bucket(*make_quota(3, kBurst), kBurst, kNow);
      const std::uint64_t kept =
          sum_while_changing(bucket, {1, 3, 2.5}, kBurst, count, [&](unsigned number) {
            std::uint64_t mine = 0;
            for (std::uint64_t i = 0; i < 40'000; ++i) {
              const std::uint64_t got = bucket.try_acquire_up_to(1 + (i + number) % 7, kNow);
              if (i % 3 == 0) {
                bucket.give_back(static_cast<double>(got), kNow);
              } else {
                mine += got;
              }
            }
            return mine;
          });
      check_sum(bucket, kept, kBurst, 7, count);
    }
  }

  TEST_CASE("H1 while the rate changes, every reservation is kept") {
    constexpr unsigned kThreads = 4;
    constexpr int kEach = 2000;
    TokenBucket bucket(*make_quota(1000, 10), 0, kNow);
    const std::uint64_t reserved =
        sum_while_changing(bucket, {1000, 2000, 700}, 10, kThreads, [&](unsigned) {
          std::uint64_t mine = 0;
          for (int i = 0; i < kEach; ++i) {
            mine += bucket.reserve(1, BucketVerdict::kForever, kNow).allowed() ? 1 : 0;
          }
          return mine;
        });
    CHECK(reserved == kThreads * kEach);
    const double owed =
        static_cast<double>(bucket.time_to_full(kNow)) * bucket.rate() / kTicksPerSecond;
    CHECK(owed > 10 + kThreads * kEach - 0.01);
    CHECK(owed < 10 + kThreads * (kEach + kChanges) + 0.01);
  }

  TEST_CASE("H1 a change forgives nothing that others spend while its thread is held up") {
    // The clock is read again once the bucket is closed: what was spent until then counts whole.
    TokenBucket bucket(*make_quota(1, 100), 100, kNow);
    int readings = 0;
    bucket.set_quota(*make_quota(1000, 100), [&] {
      if (++readings == 1) {
        CHECK(bucket.try_acquire_up_to(100, kNow + 50 * kSecond) == 100);
        return kNow;
      }
      return kNow + 50 * kSecond;
    });
    CHECK(readings == 2);
    CHECK(bucket.available(kNow + 50 * kSecond) == doctest::Approx(0));
    CHECK(bucket.rate() == doctest::Approx(1000));
  }

  TEST_CASE("H1 readers always see a rate and a burst that belong together") {
    TokenBucket bucket(*make_quota(1, 1), 1, kNow);
    const std::uint64_t torn = sum_over_threads(3, [&](unsigned number) {
      std::uint64_t mine = 0;
      for (unsigned i = 0; number == 0 && i < 50'000; ++i) {
        const double rate = 1 + i % 100;
        bucket.set_quota(*make_quota(rate, rate), kNow);
      }
      for (int i = 0; i < 50'000; ++i) {
        const BucketQuota quota = bucket.quota();
        const double fill = quota.burst * quota.ticks_per_token;
        const bool fits = fill > kTicksPerSecond - 2 && fill < kTicksPerSecond + 2 &&
                          quota.capacity >= 255'999'999'998 && quota.capacity <= 256'000'000'002;
        mine += fits ? 0 : 1;
      }
      return mine;
    });
    CHECK(torn == 0);
  }

  TEST_CASE("H1 a change that was never finished loses and makes nothing, wherever it stopped") {
    for (int steps = 0; steps <= Bare::kSteps; ++steps) {
      CAPTURE(steps);
      for (const double rate : {1000.0, 10.0, 40.0}) {
        CAPTURE(rate);
        TokenBucket bucket(*make_quota(40, 40), 40, kNow);
        REQUIRE(bucket.try_acquire(30, kNow).allowed());
        Bare(bucket).set_quota_until(steps, *make_quota(rate, 40), kNow);
        CHECK(bucket.rate() == doctest::Approx(steps == Bare::kSteps ? rate : 40));
        if (steps >= 5) {
          // Who only looks does not repair it; it counts as empty.
          CHECK(bucket.available(kNow) == 0);
          CHECK(bucket.peek(1, kNow).outcome == BucketVerdict::Outcome::not_yet);
          CHECK(bucket.try_acquire(1, kNow).allowed());
          bucket.give_back(1, kNow);
        }
        check_ten_left(bucket);
      }
    }
  }

  TEST_CASE("H1 a change after one that was never finished, by any first caller") {
    const BucketQuota dead = *make_quota(1000, 40);
    for (const int steps : {5, 6, 7}) {
      CAPTURE(steps);
      const auto stopped = [&] {
        TokenBucket bucket(*make_quota(40, 40), 40, kNow);
        REQUIRE(bucket.try_acquire(30, kNow).allowed());
        Bare(bucket).set_quota_until(steps, dead, kNow);
        return bucket;
      };
      TokenBucket changed = stopped();
      changed.set_quota(*make_quota(3, 40), kNow);
      CHECK(changed.rate() == doctest::Approx(3));
      check_ten_left(changed);

      TokenBucket refunded = stopped();
      refunded.give_back(5, kNow);
      CHECK(refunded.available(kNow) == doctest::Approx(15));

      TokenBucket reserved = stopped();
      CHECK(reserved.reserve(11, kSecond, kNow).allowed());
      CHECK(reserved.available(kNow) == 0);

      TokenBucket reset = stopped();
      reset.reset(kNow);
      CHECK(reset.available(kNow) == 40);

      TokenBucket later = stopped();
      CHECK(later.try_acquire_up_to(100, kNow + 3600 * kSecond) == 40);
    }
  }

  TEST_CASE("H1 reservations outlive a change that was never finished") {
    for (const int steps : {5, 6, 7}) {
      TokenBucket bucket(*make_quota(10, 5), 5, kNow);
      REQUIRE(bucket.reserve(5, kSecond, kNow).allowed());
      REQUIRE(bucket.reserve(5, kSecond, kNow).allowed());
      Bare(bucket).set_quota_until(steps, *make_quota(1, 5), kNow);
      CHECK_FALSE(bucket.try_acquire(1, kNow).allowed());
      const double seconds = steps == Bare::kSteps ? 10 : 1;
      CHECK(static_cast<double>(bucket.time_to_full(kNow)) / kTicksPerSecond ==
            doctest::Approx(seconds));
    }
  }

  TEST_CASE("H1 threads that find a bucket closed for good reopen it once") {
    for (int round = 0; round < 20; ++round) {
      TokenBucket bucket(*make_quota(40, 4000), 4000, kNow);
      REQUIRE(bucket.try_acquire(1000, kNow).allowed());
      Bare(bucket).set_quota_until(5 + round % 3, *make_quota(100, 4000), kNow);
      const std::uint64_t admitted = sum_over_threads(4, [&](unsigned) {
        std::uint64_t mine = 0;
        for (int i = 0; i < 2000; ++i) mine += bucket.try_acquire(1, kNow).allowed() ? 1 : 0;
        return mine;
      });
      REQUIRE(admitted == 3000);
    }
  }

  TEST_CASE("H1 a bucket moves to other memory with all it owes") {
    TokenBucket bucket(*make_quota(10, 5), 5, kNow);
    REQUIRE(bucket.reserve(5, kSecond, kNow).allowed());
    REQUIRE(bucket.reserve(3, kSecond, kNow).allowed());
    bucket.set_quota(*make_quota(20, 5), kNow);
    const TokenBucket moved(bucket);
    CHECK(moved.rate() == bucket.rate());
    CHECK(moved.burst() == 5);
    CHECK(moved.time_to_full(kNow) == bucket.time_to_full(kNow));
  }
}

}  // namespace pacegate
