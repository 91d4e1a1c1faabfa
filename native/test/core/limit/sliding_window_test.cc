#include "core/limit/sliding_window.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <random>

#include "core/limit/foresight.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kWindow = 1000;
// Where 64-bit nanoseconds wrap around.
constexpr std::uint64_t kWrap = std::uint64_t{0} - 5 * kWindow;

std::unique_ptr<SlidingWindow> exact(double limit, std::uint64_t now_ns = kWrap) {
  auto window = SlidingWindow::make(limit, kWindow, 0, now_ns);
  REQUIRE(window);
  return window;
}

/// Sliding window as one would write it down.
class PlainWindow {
 public:
  explicit PlainWindow(std::uint64_t limit) : limit_(limit) {}
  bool take(std::uint64_t cost, std::uint64_t now_ns) {
    while (!grants_.empty() && now_ns - grants_.front().time_ns >= kWindow) {
      used_ -= grants_.front().cost;
      grants_.pop_front();
    }
    if (used_ + cost > limit_) return false;
    used_ += cost;
    grants_.push_back({now_ns, cost});
    return true;
  }

 private:
  struct Entry {
    std::uint64_t time_ns;
    std::uint64_t cost;
  };
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
  std::deque<Entry> grants_;
};

}  // namespace

TEST_SUITE("sliding_window") {
  TEST_CASE(
      "H2 exact: every decision as a plain list of grants makes it, across the wrap of time") {
    std::mt19937_64 random(1);
    for (const std::uint64_t limit : {1U, 2U, 7U, 100U, 5000U}) {
      CAPTURE(limit);
      std::uint64_t now_ns = kWrap;
      auto window = exact(static_cast<double>(limit));
      PlainWindow plain(limit);
      for (int i = 0; i < 200'000; ++i) {
        now_ns += random() % (4 * kWindow / limit + 2);
        const std::uint64_t cost = 1 + random() % (random() % 8 == 0 ? limit : 1);
        REQUIRE(window->try_acquire(static_cast<double>(cost), now_ns) == plain.take(cost, now_ns));
      }
    }
  }

  TEST_CASE(
      "H2 approximate: at least what a window longer by one part grants, never more than exact") {
    std::mt19937_64 random(2);
    for (const std::uint32_t parts : {1U, 3U, 10U, 1000U, 65536U}) {
      CAPTURE(parts);
      std::uint64_t now_ns = kWrap;
      auto window = SlidingWindow::make(50, kWindow, parts, now_ns);
      PlainWindow bound(50);
      for (int i = 0; i < 100'000; ++i) {
        now_ns += random() % 30;
        // The reference is given what was granted only: it must never have refused it.
        if (window->try_acquire(1, now_ns)) REQUIRE(bound.take(1, now_ns));
      }
      CHECK(window->bytes() <= sizeof(SlidingWindow) + 16 * std::max(parts + 1, 16U));
    }
  }

  TEST_CASE("H2 the memory is what is in it, at most the limit") {
    auto window = exact(1000);
    const std::size_t empty = window->bytes();
    std::uint64_t now_ns = kWrap;
    for (int i = 0; i < 100; ++i) window->try_acquire(1, ++now_ns);
    CHECK(window->bytes() == empty - 16 * 16 + 128 * 16);
    for (int i = 0; i < 100'000; ++i) window->try_acquire(0.001, now_ns += 1);
    CHECK(window->bytes() <= empty + 4096 * 16);
    window->reset(now_ns);
    CHECK(window->bytes() == empty);
  }

  TEST_CASE("H2 fractions neither drift nor lose") {
    auto window = exact(3);
    std::uint64_t now_ns = kWrap;
    for (int round = 0; round < 1000; ++round, now_ns += kWindow) {
      for (int i = 0; i < 30; ++i) REQUIRE(window->try_acquire(0.1, now_ns));
      REQUIRE(!window->try_acquire(0.1, now_ns));
    }
    CHECK(window->available(now_ns) == 3.0);
  }

  TEST_CASE("H2 no number of units is granted") {
    auto window = exact(3);
    for (const double cost : {-1.0, 3.0000001, 1e300, -1e300}) {
      CHECK(!window->try_acquire(cost, kWrap));
      CHECK(window->wait_ns(cost, kWrap) == kNeverNs);
    }
    CHECK(!window->try_acquire(std::numeric_limits<double>::quiet_NaN(), kWrap));
    CHECK(!window->try_acquire(std::numeric_limits<double>::infinity(), kWrap));
    CHECK(window->available(kWrap) == 3.0);
    CHECK(SlidingWindow::make(SlidingWindow::kMaxExactLimit + 1, kWindow, 0, 0) == nullptr);
  }

  TEST_CASE("H2 another limit: what is granted stays granted, at any scale") {
    std::uint64_t now_ns = kWrap;
    auto window = exact(10);
    for (int i = 0; i < 10; ++i) REQUIRE(window->try_acquire(1, now_ns += 10));
    for (const double limit : {1.0, 16e6, 3.0, 11.0}) {
      REQUIRE(window->set_quota({limit, 0, 0}, now_ns));
      CHECK(window->used(now_ns) == 10.0);
      CHECK(window->try_acquire(1, now_ns) == (limit > 10));
      if (limit > 10) window->undo(1, now_ns);
    }
    CHECK(!window->set_quota({SlidingWindow::kMaxExactLimit + 1, 0, 0}, now_ns));
    CHECK(window->quota().limit == 11.0);
    // The first lapses kWindow after it was granted, and so does what counts.
    CHECK(window->wait_ns(2, now_ns) == kWindow - 90);
    now_ns += kWindow - 90;
    CHECK(window->try_acquire(2, now_ns));
  }

  TEST_CASE("H2 give back: the oldest first, so that what is given back late frees nothing twice") {
    auto window = exact(10);
    window->try_acquire(4, kWrap);
    window->try_acquire(3, kWrap + 100);
    window->give_back(3, kWrap + 200);
    CHECK(window->available(kWrap + 200) == 6.0);
    // 1 of the first and 3 of the second are left, whichever of them was not used.
    CHECK(window->wait_ns(7, kWrap + 200) == kWindow - 200);
    CHECK(window->wait_ns(8, kWrap + 200) == kWindow - 100);
    window->give_back(100, kWrap + 300);
    CHECK(window->available(kWrap + 300) == 10.0);
    window->give_back(-5, kWrap + 300);
    window->give_back(std::numeric_limits<double>::quiet_NaN(), kWrap + 300);
    CHECK(window->available(kWrap + 300) == 10.0);
  }

  TEST_CASE("H2 undo: as if the last grant had never been, however often") {
    auto window = exact(10);
    window->try_acquire(4, kWrap);
    for (std::uint64_t i = 1; i < kWindow; i += kWindow / 7) {
      REQUIRE(window->try_acquire(6, kWrap + i));
      window->undo(6, kWrap + i);
      REQUIRE(window->reset_ns(kWrap + i) == kWindow - i);
    }
    window->try_acquire(3, kWrap + kWindow - 1);
    window->undo(2, kWrap + kWindow - 1);
    CHECK(window->used(kWrap + kWindow) == 1.0);
    window->undo(100, kWrap + kWindow);
    CHECK(window->available(kWrap + kWindow) == 10.0);
    window->undo(1, kWrap + kWindow);
    window->undo(-5, kWrap + kWindow);
    CHECK(window->available(kWrap + kWindow) == 10.0);
  }

  TEST_CASE("H2 foresight: what it says is what then happens, and it changes nothing") {
    auto window = exact(3);
    std::uint64_t now_ns = kWrap;
    for (int i = 0; i < 3; ++i) window->try_acquire(1, now_ns += 100);
    Foresight foresight(*window, now_ns);
    std::uint64_t due[10];
    for (std::uint64_t& at : due) at = now_ns + foresight.place(1, kNeverNs, now_ns);
    CHECK(foresight.place(1, 100, now_ns) > 100);
    CHECK(foresight.place(4, kNeverNs, now_ns) == kNeverNs);
    CHECK(window->used(now_ns) == 3.0);
    for (const std::uint64_t at : due) {
      CHECK((at == now_ns || !window->try_acquire(1, at - 1)));
      REQUIRE(window->try_acquire(1, at));
    }
  }
}

}  // namespace pacegate
