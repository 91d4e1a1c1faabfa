#include "engine/sharing/shared_state.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "platform/error.h"

namespace pacegate {
namespace {

constexpr std::size_t kBytes = 128;

SharedFormat format() {
  return {SharedFormat::kBucket, 3, kBytes, {50, 0.1}, {"rate", "burst"}};
}

void no_create(std::byte*) {
  FAIL("made for a second time");
}

/// Memory as a SharedArrayBuffer is: zeroed, on no particular cache line.
struct Buffer {
  [[nodiscard]] std::span<std::byte> memory() { return std::span(bytes).subspan(8); }
  /// Where the first cache line begins.
  [[nodiscard]] std::size_t aligned() const {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data() + 8);
    return 8 + (64 - address % 64) % 64;
  }
  std::vector<std::byte> bytes = std::vector<std::byte>(8 + SharedState::memory_needed(kBytes));
};

template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const platform::PlatformError& error) {
    CHECK(error.fault() == platform::Fault::shared_state);
    return error.what();
  }
  return "";
}

std::string join_refusal(std::span<std::byte> memory, const SharedFormat& wanted) {
  return refusal([&] { (void)SharedState::over_memory(memory, wanted, no_create); });
}

}  // namespace

TEST_SUITE("shared state in memory") {
  TEST_CASE("H2 the first who comes makes it, the others find what it made") {
    Buffer buffer;
    const SharedState first =
        SharedState::over_memory(buffer.memory(), format(), [](std::byte* at) {
          CHECK(reinterpret_cast<std::uintptr_t>(at) % 64 == 0);
          for (std::size_t i = 0; i < kBytes; ++i) CHECK(at[i] == std::byte{});
          std::memset(at, 7, kBytes);
        });
    const SharedState second = SharedState::over_memory(buffer.memory(), format(), no_create);
    CHECK(second.state() == first.state());
    CHECK(second.state()[kBytes - 1] == std::byte{7});
    CHECK(second.state() + kBytes <= buffer.bytes.data() + buffer.bytes.size());
    CHECK(&second.lock() == &first.lock());
    const platform::SharedLockGuard guard(second.lock());
    CHECK_FALSE(guard.abandoned());
  }

  TEST_CASE("H2 of many who come at once exactly one makes it, and the others wait for it") {
    for (int round = 0; round < 200; ++round) {
      Buffer buffer;
      std::atomic<int> made{0};
      std::atomic<int> ready{0};
      std::atomic<int> whole{0};
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          ready.fetch_add(1);
          while (ready.load() < 4) std::this_thread::yield();
          const auto create = [&](std::byte* at) {
            made.fetch_add(1);
            std::memset(at, 7, kBytes);
          };
          const SharedState state = SharedState::over_memory(buffer.memory(), format(), create);
          if (state.state()[kBytes - 1] == std::byte{7}) whole.fetch_add(1);
        });
      }
      for (std::thread& thread : threads) thread.join();
      REQUIRE(made.load() == 1);
      REQUIRE(whole.load() == 4);
    }
  }

  TEST_CASE("H2 what cannot be joined is refused, and the reason named") {
    Buffer buffer;
    (void)SharedState::over_memory(buffer.memory(), format(), [](std::byte*) {});
    const auto with = [](auto change) {
      SharedFormat changed = format();
      change(changed);
      return changed;
    };
    const std::string place = "cannot share the SharedArrayBuffer: ";
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.options[0] = 100; })) ==
          place + "it was made with rate 50, not 100");
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.options[1] = 2.5; })) ==
          place + "it was made with burst 0.1, not 2.5");
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.options[2] = 1; })) ==
          place + "it was made with an option 0, not 1");
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.kind = SharedFormat::kHybrid; })) ==
          place + "it holds a TokenBucket, not a HybridLimiter");
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.version = 2; })) ==
          place + "a newer version of pacegate made it");
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.version = 4; })) ==
          place + "an older version of pacegate made it");
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.bytes = 64; })) ==
          place + "its state has 128 bytes, not 64");
    CHECK(join_refusal(buffer.memory(), with([](auto& f) { f.bytes = 100'000; })) ==
          place + "its state has 128 bytes, not 100000");
    Buffer fresh;
    CHECK(join_refusal(fresh.memory().first(440), format()) ==
          place + "it has 440 bytes, and 447 are needed");
    CHECK(join_refusal(fresh.memory().first(0), format()) ==
          place + "it has 0 bytes, and 447 are needed");
    CHECK(join_refusal(buffer.memory().first(440), format()) ==
          place + "it has 440 bytes, and 447 are needed");
    CHECK(join_refusal(buffer.memory().first(300), format()) ==
          place + "it has 300 bytes, and 447 are needed");
  }

  TEST_CASE("H2 memory of somebody else is refused and stays as it is") {
    for (const std::size_t at : {0, 3, 60, 150, 383}) {
      CAPTURE(at);
      Buffer buffer;
      buffer.bytes[buffer.aligned() + at] = std::byte{1};
      const std::vector<std::byte> before = buffer.bytes;
      CHECK(join_refusal(buffer.memory(), format()) ==
            "cannot share the SharedArrayBuffer: it holds something else");
      CHECK(buffer.bytes == before);
    }
  }

  TEST_CASE("H2 when making it fails the next one makes it") {
    Buffer buffer;
    const auto fail = [](std::byte* at) {
      at[5] = std::byte{1};
      throw std::runtime_error("on purpose");
    };
    CHECK_THROWS_AS((void)SharedState::over_memory(buffer.memory(), format(), fail),
                    std::runtime_error);
    int made = 0;
    (void)SharedState::over_memory(buffer.memory(), format(), [&](std::byte* at) {
      ++made;
      CHECK(at[5] == std::byte{});
    });
    CHECK(made == 1);
  }

  TEST_CASE("H2 who waits for a maker that does not go on is told") {
    Buffer buffer;
    (void)SharedState::over_memory(buffer.memory(), format(), [&](std::byte*) {
      CHECK(join_refusal(buffer.memory(), format()) ==
            "cannot share the SharedArrayBuffer: whoever is making its state does not go on");
    });
  }

  TEST_CASE("H2 a lock excludes the threads that share it") {
    Buffer buffer;
    const SharedState state =
        SharedState::over_memory(buffer.memory(), format(), [](std::byte*) {});
    std::uint64_t& count = *reinterpret_cast<std::uint64_t*>(state.state());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20'000; ++round) {
          const platform::SharedLockGuard guard(state.lock());
          ++count;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(count == 80'000);
  }
}

}  // namespace pacegate
