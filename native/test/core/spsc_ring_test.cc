#include "core/spsc_ring.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <thread>

namespace pacegate {
namespace {

struct Record {
  std::uint64_t number;
  std::array<std::uint64_t, 3> copies;
};

Record record_of(std::uint64_t number) {
  return {number, {number, ~number, number * 3}};
}

bool is_whole(const Record& record) {
  const std::uint64_t n = record.number;
  return record.copies == std::array<std::uint64_t, 3>{n, ~n, n * 3};
}

}  // namespace

TEST_SUITE("spsc_ring") {
  TEST_CASE("the capacity is the next power of two") {
    CHECK(SpscRing<int>(0).capacity() == 1);
    CHECK(SpscRing<int>(1).capacity() == 1);
    CHECK(SpscRing<int>(2).capacity() == 2);
    CHECK(SpscRing<int>(3).capacity() == 4);
    CHECK(SpscRing<int>(1024).capacity() == 1024);
    CHECK(SpscRing<int>(1025).capacity() == 2048);
  }

  TEST_CASE("takes exactly its capacity, refuses the next, and keeps the order") {
    for (const std::size_t capacity : {1U, 2U, 8U}) {
      SpscRing<int> ring(capacity);
      for (int i = 0; i < static_cast<int>(capacity); ++i) REQUIRE(ring.try_push(i));
      CHECK_FALSE(ring.try_push(99));
      CHECK(ring.size() == capacity);
      std::array<int, 16> out{};
      REQUIRE(ring.pop(out) == capacity);
      for (int i = 0; i < static_cast<int>(capacity); ++i)
        CHECK(out[static_cast<std::size_t>(i)] == i);
      CHECK(ring.size() == 0);
      CHECK(ring.pop(out) == 0);
    }
  }

  TEST_CASE("an empty span takes nothing") {
    SpscRing<int> ring(4);
    REQUIRE(ring.try_push(7));
    CHECK(ring.pop({}) == 0);
    CHECK(ring.size() == 1);
  }

  TEST_CASE("behaves as a bounded queue under random pushes and pops") {
    std::mt19937 random(3);
    SpscRing<std::uint32_t> ring(8);
    std::deque<std::uint32_t> model;
    std::array<std::uint32_t, 8> out{};
    for (std::uint32_t step = 0; step < 100'000; ++step) {
      if (random() % 2 == 0) {
        REQUIRE(ring.try_push(step) == (model.size() < 8));
        if (model.size() < 8) model.push_back(step);
      } else {
        const std::size_t wanted = random() % 5;
        const std::size_t got = ring.pop(std::span(out).first(wanted));
        REQUIRE(got == std::min(wanted, model.size()));
        for (std::size_t i = 0; i < got; ++i) {
          REQUIRE(out[i] == model.front());
          model.pop_front();
        }
      }
      REQUIRE(ring.size() == model.size());
    }
  }

  TEST_CASE("two threads: every record arrives once, whole and in order") {
    constexpr std::uint64_t kRecords = 100'000;
    const auto ring = std::make_unique<SpscRing<Record>>(64);
    std::thread producer([&ring] {
      for (std::uint64_t i = 0; i < kRecords;) {
        if (ring->try_push(record_of(i))) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
    std::array<Record, 17> out{};
    std::uint64_t expected = 0;
    while (expected < kRecords) {
      const std::size_t got = ring->pop(out);
      if (got == 0) std::this_thread::yield();
      for (std::size_t i = 0; i < got; ++i) {
        REQUIRE(out[i].number == expected++);
        REQUIRE(is_whole(out[i]));
      }
      REQUIRE(ring->size() <= ring->capacity());
    }
    producer.join();
    CHECK(ring->size() == 0);
  }
}

}  // namespace pacegate
