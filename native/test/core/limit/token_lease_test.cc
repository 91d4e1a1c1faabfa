#include "core/limit/token_lease.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace pacegate {
namespace {

constexpr Ticks kMicrosecond = 1000 * kTicksPerNs;
constexpr Ticks kSecond = 1'000'000 * kMicrosecond;
constexpr Ticks kNow = 900 * kSecond;

/// Spends a lease token by token, as a caller does, and remembers what it owes.
struct Holder {
  TokenBucket bucket;
  TokenLease lease;
  std::uint32_t left = 0;
  std::uint32_t held = 0;

  Holder(double rate, double burst, std::uint32_t max_tokens, double initial, Ticks now = kNow)
      : bucket(*make_quota(rate, burst), initial, now), lease(max_tokens) {}

  bool take(Ticks now) {
    if (left > 0) {
      --left;
      return true;
    }
    const std::uint32_t answer = lease.renew(bucket, held - left, now);
    held = left = answer > 0 ? answer - 1 : 0;
    return answer > 0;
  }
  void settle(Ticks now) {
    lease.settle(bucket, held - left, now);
    held = left = 0;
  }
};

/// Asks every `pace` until `count` answers came from the bucket. \return those answers
std::vector<std::uint32_t> answers(Holder& holder, Ticks pace, std::size_t count, Ticks& now) {
  std::vector<std::uint32_t> result;
  while (result.size() < count) {
    const bool asks = holder.left == 0;
    holder.take(now);
    if (asks) result.push_back(1 + holder.held);
    now += pace;
  }
  return result;
}

/// The most that was let go in any window, less what flowed in meanwhile.
class Windows {
 public:
  explicit Windows(double rate) : rate_(rate) {}

  void add(Ticks now, double tokens) {
    const double flowed = static_cast<double>(now - kNow) * rate_ / kTicksPerSecond;
    lowest_ = std::min(lowest_, sum_ - flowed);
    sum_ += tokens;
    worst_ = std::max(worst_, sum_ - flowed - lowest_);
  }
  [[nodiscard]] double worst() const { return worst_; }

 private:
  double rate_;
  double sum_ = 0;
  double lowest_ = 0;
  double worst_ = 0;
};

}  // namespace

TEST_SUITE("token_lease") {
  TEST_CASE("H1 a lease grows with the demand, four times a step, up to its maximum") {
    Holder holder(1e6, 1e9, 1024, 1e9);
    Ticks now = kNow;
    holder.take(now);
    now += kMicrosecond / 100;
    CHECK(answers(holder, kMicrosecond / 100, 7, now) ==
          std::vector<std::uint32_t>{4, 16, 64, 256, 1024, 1024, 1024});
  }

  TEST_CASE("H1 a lease lasts about 20 us at the pace of the caller") {
    for (const std::uint32_t pace_us : {1U, 2U, 4U}) {
      Holder holder(1e6, 1e9, 1024, 1e9);
      Ticks now = kNow;
      holder.take(now);
      now += pace_us * kMicrosecond;
      CHECK(answers(holder, pace_us * kMicrosecond, 8, now).back() == 20 / pace_us);
    }
  }

  TEST_CASE("H1 who asks seldom gets no lease") {
    Holder holder(1e6, 1e9, 1024, 1e9);
    Ticks now = kNow;
    holder.take(now);
    now += 6 * kMicrosecond;
    CHECK(answers(holder, 6 * kMicrosecond, 5, now) == std::vector<std::uint32_t>(5, 1));
    CHECK(holder.lease.held() == 0);
  }

  TEST_CASE("H1 a lease is never more than the whole tokens that are there") {
    Holder holder(0.001, 10.5, 1024, 10.5);
    std::uint32_t taken = 0;
    while (holder.take(kNow)) ++taken;
    CHECK(taken == 10);
    holder.settle(kNow);
    CHECK(holder.bucket.available(kNow) == doctest::Approx(0.5));
    Holder small(0.001, 3, 1024, 3);
    CHECK(small.take(kNow));
    CHECK(small.lease.renew(small.bucket, 0, kNow) == 2);
    CHECK(small.lease.held() == 1);
  }

  TEST_CASE("H1 tokens of a lease stay in the bucket until they are charged") {
    Holder holder(1, 100, 64, 100);
    holder.take(kNow);
    holder.take(kNow);
    REQUIRE(holder.left == 3);
    CHECK(holder.bucket.available(kNow) == doctest::Approx(98));
    holder.take(kNow);
    CHECK(holder.bucket.available(kNow) == doctest::Approx(98));
    holder.settle(kNow + 5 * kSecond);  // full in between: the token spent is charged late
    CHECK(holder.bucket.available(kNow + 5 * kSecond) == doctest::Approx(99));
    CHECK(holder.lease.held() == 0);
  }

  TEST_CASE("H1 a caller cannot settle more than it was leased") {
    Holder holder(1, 100, 64, 100);
    holder.take(kNow);
    holder.take(kNow);
    holder.lease.settle(holder.bucket, 1'000'000, kNow);
    CHECK(holder.bucket.available(kNow) == doctest::Approx(95));
    holder.lease.settle(holder.bucket, 7, kNow);
    CHECK(holder.bucket.available(kNow) == doctest::Approx(95));
    CHECK(holder.lease.renew(holder.bucket, 9, kNow) > 0);
    CHECK(holder.bucket.available(kNow) == doctest::Approx(94));
  }

  TEST_CASE("H1 leases that end unspent become seldom, and frequent again when they are worth it") {
    Holder holder(1e6, 1e9, 1024, 1e9);
    Ticks now = kNow;
    const auto lease_and_spend = [&](int tokens) {
      holder.take(now);  // says how long ago the last one was
      for (int i = 0; i <= tokens; ++i) holder.take(now += kMicrosecond / 100);
      CHECK((tokens == 0 || holder.held > 0));
      const std::uint32_t spent = holder.held - holder.left;
      holder.held = holder.left = 0;
      return holder.lease.settle(holder.bucket, spent, now);
    };
    CHECK(lease_and_spend(0) == 16);
    CHECK(lease_and_spend(3) == 48);
    CHECK(lease_and_spend(0) == 112);
    for (int i = 0; i < 6; ++i) lease_and_spend(0);
    CHECK(lease_and_spend(0) == 4096);
    CHECK(lease_and_spend(100) == 0);
    CHECK(lease_and_spend(0) == 16);
  }

  TEST_CASE("H1 a clock that stands still or goes back breaks no bound") {
    Holder holder(1000, 50, 1024, 50);
    int taken = 0;
    while (holder.take(kNow)) ++taken;
    CHECK(taken == 50);
    for (const Ticks back : {kMicrosecond, kSecond, 1000 * kSecond}) {
      CHECK_FALSE(holder.take(kNow - back));
      holder.settle(kNow - back);
    }
    for (int i = 0; i < 5; ++i) CHECK(holder.take(kNow + kSecond / 100));
  }

  TEST_CASE("H1 over every window: at most burst + rate * time, however long leases are sat on") {
    std::mt19937_64 random(11);
    for (const double rate : {1.0 / 3600, 0.5, 1000.0, 1e6, 30e6}) {
      for (const std::uint32_t max_tokens : {2U, 16U, 1024U}) {
        CAPTURE(rate);
        CAPTURE(max_tokens);
        const double burst = 1 + static_cast<double>(random() % 3000) / 2;
        if (!make_quota(rate, burst)) continue;
        Holder holder(rate, burst, max_tokens, burst);
        TokenBucket strict(*make_quota(rate, burst), burst, kNow);
        Windows windows(rate);
        const double period = kTicksPerSecond / rate;
        double granted = 0;
        double strictly = 0;
        Ticks now = kNow;
        for (int i = 0; i < 40'000; ++i) {
          switch (random() % 16) {
            case 0:
              now += static_cast<Ticks>(period * static_cast<double>(random() % 4000) / 100);
              break;
            case 1:
              now += static_cast<Ticks>(period * burst * static_cast<double>(random() % 100) / 50);
              break;
            case 2:
              holder.settle(now);
              break;
            default:
              now += random() % 3 == 0 ? kMicrosecond / 10 : 0;
          }
          // The tick must not wrap under a test that runs for a thousand years.
          if (now - kNow > (Ticks{1} << 60)) break;
          if (holder.take(now)) {
            granted += 1;
            windows.add(now, 1);
          }
          strictly += strict.try_acquire(1, now).allowed() ? 1 : 0;
          REQUIRE(strictly - granted < max_tokens + 1);
        }
        CHECK(windows.worst() <= burst + 0.01);
        CHECK(granted > 0);
      }
    }
  }

  TEST_CASE("H1 a loop that asks without end converges to the rate") {
    for (const double rate : {1000.0, 1e6, 5e6}) {
      CAPTURE(rate);
      Holder holder(rate, 100, 1024, 0);
      double granted = 0;
      Ticks now = kNow;
      for (; now < kNow + kSecond / 20; now += kTicksPerNs * 50)
        granted += holder.take(now) ? 1 : 0;
      holder.settle(now);
      CHECK(granted >= rate / 20 - 2);
      CHECK(granted <= rate / 20 + 2);
    }
  }

  TEST_CASE("H1 charging ahead takes what was let go, whatever is there") {
    TokenBucket bucket(*make_quota(10, 5), 5, kNow);
    const TokenBucket::Charged first = bucket.charge_and_take(2, kNow);
    CHECK(first.allowed);
    CHECK(first.tokens_left(100) == 2);
    CHECK(first.tokens_left(1) == 1);
    CHECK(bucket.available(kNow) == doctest::Approx(2));
    CHECK_FALSE(bucket.charge_and_take(2, kNow).allowed);
    CHECK(bucket.available(kNow) == doctest::Approx(0));
    bucket.charge(3, kNow);
    CHECK(bucket.try_acquire(1, kNow).wait == kSecond / 10 * 4);
    bucket.charge(0, kNow);
    CHECK(bucket.try_acquire(1, kNow).wait == kSecond / 10 * 4);
  }
}

}  // namespace pacegate
