// What a token bucket is like when somebody was killed at any instruction of a call. Linux only: it
// needs ptrace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <memory>

#include "core/limit/token_bucket.h"
#include "stepped_process.h"

using namespace pacegate;

namespace {

constexpr Ticks kNow = 9'000 * Ticks{256'000'000'000};

struct Call {
  const char* name;
  std::function<void(TokenBucket&)> run;
};

const Call kCalls[] = {
    {"take", [](TokenBucket& b) { b.try_acquire(3, kNow); }},
    {"reserve", [](TokenBucket& b) { b.reserve(50, kTicksPerSecond * 100, kNow); }},
    {"give back", [](TokenBucket& b) { b.give_back(50, kNow); }},
    {"faster", [](TokenBucket& b) { b.set_quota(*make_quota(200, 100), kNow); }},
    {"take up to", [](TokenBucket& b) { b.try_acquire_up_to(7, kNow); }},
    {"slower, smaller", [](TokenBucket& b) { b.set_quota(*make_quota(10, 80), kNow); }},
    {"larger", [](TokenBucket& b) { b.set_quota(*make_quota(10, 90), kNow); }},
    {"reset", [](TokenBucket& b) { b.reset(kNow); }},
};

/// What somebody gets who comes now and asks for everything.
std::uint64_t all_there_is(const TokenBucket& bucket) {
  const auto copy = std::make_unique<TokenBucket>(*make_quota(1, 1), 1, kNow);
  std::memcpy(static_cast<void*>(copy.get()), static_cast<const void*>(&bucket), sizeof bucket);
  return copy->try_acquire_up_to(1000, kNow);
}

}  // namespace

TEST_SUITE("token_bucket killed") {
  TEST_CASE(
      "H2 killed before any instruction of a call, the bucket holds what it did before or after") {
    if (!may_trace()) {
      MESSAGE("skipped: no process may be traced here");
      return;
    }
    const SharedPages<TokenBucket> bucket(*make_quota(100, 100), 60.0, kNow);
    for (const Call& call : kCalls) {
      CAPTURE(call.name);
      const std::uint64_t before = all_there_is(*bucket);
      std::uint64_t left = before;
      const auto look = [&] {
        const std::uint64_t now_left = all_there_is(*bucket);
        if (now_left == left) return;
        // It changes once, and is never anything in between.
        REQUIRE(left == before);
        left = now_left;
      };
      CHECK(step_through([&] { call.run(*bucket); }, look) > 20);
      CHECK(all_there_is(*bucket) == left);
    }
    CHECK(all_there_is(*bucket) == 90);
  }
}

#endif
