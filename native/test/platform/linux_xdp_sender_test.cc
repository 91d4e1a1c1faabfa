// Linux only: XDP is.
#ifdef __linux__

#include <doctest/doctest.h>

#include "platform/packet_sender.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"
#include "platform/xdp_frames.h"
#include "platform/xdp_peer.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

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
      rest_a_little();
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

  TEST_CASE("P5 a device that goes down refuses, each frame is accounted for, and it recovers") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 2);
      auto sender = open_xdp_sender(wire.near());
      std::uint64_t number = 0;
      const auto send_hundred = [&] {
        for (std::uint64_t i = 0; i < 100; ++i) fill_numbered(*sender, i, number++, 58);
        REQUIRE(sender->send(0, 100).accepted == 100);
        const Departures departures = take_until(*sender, 100);
        CHECK(departures.left == 100);
        return departures.refused;
      };
      CHECK(send_hundred() == 0);
      run("ip link set near down");
      CHECK(send_hundred() == 100);
      run("ip link set near up");
      CHECK(send_hundred() == 0);
      run("ip link set far down");
      CHECK(send_hundred() == 100);
      run("ip link set far up");
      CHECK(send_hundred() == 0);
      CHECK(recorder.count() == 300);
      run("ip link del near");
      CHECK(send_hundred() == 100);
    });
  }

  TEST_CASE("P5 a frame that is none is refused, and those around it are sent") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 8);
      auto sender = open_xdp_sender(wire.near());
      for (std::uint64_t i = 0; i < 5; ++i) fill_numbered(*sender, i, i, 58);
      sender->set_length(1, 13);
      sender->set_length(3, 0);
      REQUIRE(sender->send(0, 5).accepted == 5);
      const Departures departures = take_until(*sender, 5);
      CHECK(departures.left == 5);
      CHECK(departures.refused == 2);
      REQUIRE(recorder.count() == 3);
      for (std::uint64_t i = 0; i < 3; ++i) CHECK(recorder.at(i).number == 2 * i);
    });
  }

  TEST_CASE("P5 larger frames have larger slots, and fewer") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 1U << 10);
      auto sender = open_xdp_sender(wire.near(), {.largest_frame = 1514, .usual_frame = 1514});
      CHECK(sender->capacity() == 4096);
      CHECK(sender->slot(0).size() >= 1514);
      for (std::uint64_t i = 0; i < 300; ++i) fill_numbered(*sender, i, i, 14 + i * 5);
      for (std::uint64_t i = 0; i < 300; ++i)
        sender->set_length(i, std::max<std::size_t>(22, 14 + i * 5));
      REQUIRE(sender->send(0, 300).accepted == 300);
      CHECK(take_until(*sender, 300).refused == 0);
      REQUIRE(recorder.count() == 300);
      for (std::uint64_t i = 0; i < 300; ++i) {
        REQUIRE(recorder.at(i).bytes == std::max<std::size_t>(22, 14 + i * 5));
      }
    });
  }

  TEST_CASE("P5 a full ring takes what fits and says that it is busy") {
    in_private_network([] {
      const Wire wire;
      const XdpRecorder recorder(wire.far(), 2);
      auto sender = open_xdp_sender(wire.near());
      const std::size_t capacity = sender->capacity();
      const std::uint64_t in_an_hour_ns = monotonic_ns() + 3600 * kNsPerSecond;
      for (std::size_t i = 0; i < capacity; ++i) {
        sender->set_length(i, 58);
        sender->set_departure(i, in_an_hour_ns);
      }
      CHECK(sender->send(0, capacity - 1).accepted == capacity - 1);
      CHECK(sender->room() == 1);
      const SendReport report = sender->send(0, 2);
      CHECK(report.accepted == 1);
      CHECK(report.outcome == SendOutcome::busy);
      CHECK(sender->room() == 0);
      CHECK(sender->held() == capacity);
    });
  }
}

#endif
