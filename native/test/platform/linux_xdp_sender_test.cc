// Linux only: XDP is.
#ifdef __linux__

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "platform/error.h"
#include "platform/packet_sender.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"
#include "platform/xdp_peer.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// A frame of that length with its number after the Ethernet header.
void fill_numbered(PacketSender& sender, std::size_t index, std::uint64_t number,
                   std::size_t bytes) {
  const auto slot = sender.slot(index);
  REQUIRE(bytes <= slot.size());
  std::fill_n(slot.begin(), bytes, std::uint8_t{0});
  slot[12] = 0x88;
  slot[13] = 0xb5;
  std::memcpy(slot.data() + 14, &number, sizeof number);
  sender.set_length(index, bytes);
}

/// Takes departures until that many frames have left, or for five seconds.
Departures take_until(PacketSender& sender, std::uint64_t wanted) {
  Departures total;
  LatencyHistogram gaps;
  const std::uint64_t give_up_ns = monotonic_ns() + 5 * kNsPerSecond;
  while (total.left < wanted && monotonic_ns() < give_up_ns) {
    const Departures part = sender.take_departures(gaps);
    total.left += part.left;
    total.refused += part.refused;
    if (total.first_ns == 0) total.first_ns = part.first_ns;
    if (part.left > 0) total.last_ns = part.last_ns;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  total.refused += sender.take_departures(gaps).refused;
  return total;
}

}  // namespace

TEST_SUITE("xdp sender") {
  TEST_CASE("P5 every frame handed over arrives exactly once and in order") {
    in_private_network([] {
      const Wire wire;
      constexpr std::uint64_t kFrames = 200'000;
      const XdpRecorder recorder(wire.far(), 1U << 18);
      auto sender = open_xdp_sender(wire.near());
      CHECK(std::string(sender->backend()) == "xdp");
      CHECK(sender->takes_ethernet());
      REQUIRE(sender->capacity() == 65536);
      LatencyHistogram gaps;
      std::uint64_t handed = 0;
      std::uint64_t left = 0;
      while (left < kFrames) {
        std::size_t batch = 0;
        for (const std::size_t room = sender->room(); batch < room && handed < kFrames; ++batch) {
          fill_numbered(*sender, batch, handed++, 58);
        }
        const SendReport report = sender->send(0, batch);
        REQUIRE(report.accepted == batch);
        REQUIRE(report.outcome == SendOutcome::ok);
        const Departures departures = sender->take_departures(gaps);
        left += departures.left;
        REQUIRE(departures.refused == 0);
      }
      CHECK(sender->held() == 0);
      CHECK(gaps.count() == kFrames - 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      REQUIRE(recorder.count() == kFrames);
      for (std::size_t i = 0; i < kFrames; ++i) {
        REQUIRE(recorder.at(i).number == i);
        REQUIRE(recorder.at(i).bytes == 58);
      }
    });
  }

  TEST_CASE("P5 frames of different lengths share the ring and arrive whole") {
    in_private_network([] {
      const Wire wire;
      const AttachedXdp pass(wire.far(), xdp_always(XDP_PASS));
      auto receiver = open_packet_receiver(wire.far(), {.everything = true});
      auto sender = open_xdp_sender(wire.near());
      std::vector<Packet> sent;
      for (std::uint32_t i = 0; i < 600; ++i) {
        Packet payload(i % 3 == 0 ? 28 : i % 3 == 1 ? 44 : 64);
        for (std::size_t at = 0; at < payload.size(); ++at) {
          payload[at] = static_cast<std::uint8_t>(i * 31 + at);
        }
        sent.push_back(ethernet(wire.far().mac, wire.near().mac, 0x88b5, payload));
        fill(*sender, i, sent.back());
      }
      REQUIRE(sender->send(0, 600).accepted == 600);
      CHECK(take_until(*sender, 600).left == 600);
      const auto seen = take(*receiver, 600);
      REQUIRE(seen.size() == 600);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        REQUIRE(seen[i].bytes == Packet(sent[i].begin() + 14, sent[i].end()));
      }
    });
  }

  TEST_CASE("P5 no frame leaves before its departure") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 1U << 12);
      auto sender = open_xdp_sender(wire.near());
      constexpr std::uint64_t kFrames = 2000;
      const std::uint64_t start_ns = monotonic_ns() + kNsPerMs;
      const auto departure_ns = [&](std::uint64_t i) { return start_ns + i * 10'000; };
      for (std::uint64_t i = 0; i < kFrames; ++i) {
        fill_numbered(*sender, i, i, 58);
        sender->set_departure(i, departure_ns(i));
      }
      REQUIRE(sender->send(0, kFrames).accepted == kFrames);
      const Departures left = take_until(*sender, kFrames);
      CHECK(left.left == kFrames);
      CHECK(left.refused == 0);
      CHECK(left.first_ns >= departure_ns(0));
      CHECK(left.last_ns >= departure_ns(kFrames - 1));
      REQUIRE(recorder.count() == kFrames);
      for (std::uint64_t i = 0; i < kFrames; ++i) {
        REQUIRE(recorder.at(i).number == i);
        REQUIRE(recorder.at(i).at_ns >= departure_ns(i));
      }
    });
  }
}

#endif
