#include "core/byte_ring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace pacegate {
namespace {

using Message = std::vector<std::uint8_t>;

/// A message that shows by itself whether it is whole.
Message message_of(std::uint64_t number) {
  Message message(1 + number * 7 % 90);
  for (std::size_t i = 0; i < message.size(); ++i) {
    message[i] = static_cast<std::uint8_t>(number + i);
  }
  return message;
}

bool write(ByteRing& ring, const Message& message) {
  const auto room = ring.reserve(message.size());
  if (room.empty()) return false;
  std::copy(message.begin(), message.end(), room.begin());
  return true;
}

Message read(ByteRing& ring) {
  const auto front = ring.front();
  Message message(front.begin(), front.end());
  if (!front.empty()) ring.pop();
  return message;
}

}  // namespace

TEST_SUITE("byte_ring") {
  TEST_CASE("messages are seen when they are committed, in their order, each in one piece") {
    ByteRing ring(256);
    CHECK(ring.front().empty());
    REQUIRE(write(ring, message_of(1)));
    REQUIRE(write(ring, message_of(2)));
    CHECK(ring.front().empty());
    ring.commit();
    CHECK(read(ring) == message_of(1));
    CHECK(read(ring) == message_of(2));
    CHECK(ring.front().empty());
  }

  TEST_CASE("half the capacity fits an empty ring wherever it stands; more than all never does") {
    ByteRing ring(256);
    for (int round = 0; round < 100; ++round) {
      REQUIRE_FALSE(ring.reserve(120).empty());
      ring.commit();
      REQUIRE(ring.front().size() == 120);
      ring.pop();
      REQUIRE(ring.reserve(257).empty());
    }
  }

  TEST_CASE("is crowded from more than half full on") {
    ByteRing ring(256);
    for (int i = 0; i < 8; ++i) REQUIRE_FALSE(ring.reserve(8).empty());
    ring.commit();
    CHECK_FALSE(ring.crowded());
    REQUIRE_FALSE(ring.reserve(8).empty());
    ring.commit();
    CHECK(ring.crowded());
  }

  TEST_CASE("behaves as a queue under random messages, commits and reads") {
    std::mt19937 random(5);
    ByteRing ring(512);
    std::deque<Message> seen;
    std::deque<Message> unseen;
    std::uint64_t refused = 0;
    for (std::uint64_t step = 0; step < 100'000; ++step) {
      switch (random() % 4) {
        case 0:
        case 1:
          if (write(ring, message_of(step))) {
            unseen.push_back(message_of(step));
          } else {
            ++refused;
          }
          break;
        case 2:
          ring.commit();
          std::move(unseen.begin(), unseen.end(), std::back_inserter(seen));
          unseen.clear();
          break;
        default:
          const Message message = read(ring);
          REQUIRE(message == (seen.empty() ? Message() : seen.front()));
          if (!seen.empty()) seen.pop_front();
      }
    }
    CHECK(refused > 0);
  }

  TEST_CASE("two threads: every message arrives once, whole and in order") {
    constexpr std::uint64_t kMessages = 100'000;
    const auto ring = std::make_unique<ByteRing>(1024);
    std::thread producer([&ring] {
      for (std::uint64_t i = 0; i < kMessages;) {
        if (write(*ring, message_of(i))) ++i;
        if (i % 3 == 0) ring->commit();
        if (ring->crowded()) std::this_thread::yield();
      }
      ring->commit();
    });
    std::uint64_t expected = 0;
    std::uint64_t damaged = 0;
    while (expected < kMessages) {
      const Message message = read(*ring);
      if (message.empty()) {
        std::this_thread::yield();
      } else if (message != message_of(expected++)) {
        ++damaged;
      }
    }
    producer.join();
    CHECK(damaged == 0);
    CHECK(ring->front().empty());
  }
}

}  // namespace pacegate
