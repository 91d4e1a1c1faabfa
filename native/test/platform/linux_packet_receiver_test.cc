// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "platform/error.h"
#include "platform/packet_receiver.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// The contract of packet_receiver.h, held by each of these.
struct Ring {
  static constexpr int kRounds = 300;
  static auto open(const Interface& interface, const ReceiveFilter& filter) {
    return open_packet_receiver(interface, filter);
  }
};
struct Pcap {
  static constexpr int kRounds = 30;  // what it says it has heard is 20 ms old
  static auto open(const Interface& interface, const ReceiveFilter& filter) {
    return open_pcap_receiver(interface, filter);
  }
};

const PacketReceiver::Handler kIgnore = [](const ReceivedPacket&) {};

Packet probe(std::uint32_t sequence) {
  return ethernet(Wire::far().mac, Wire::near().mac, packet::kEtherTypeIpv4,
                  tcp("10.7.0.1", "10.7.0.2", 80, sequence));
}

}  // namespace

TEST_SUITE("packet receiver") {
  TEST_CASE_TEMPLATE("a packet comes with its bytes and the time it was taken at", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = By::open(wire.far(), {.everything = true});
      auto sender = open_packet_sender(wire.near());
      const Packet frame = probe(7);
      for (int i = 0; i < 20; ++i) {
        fill(*sender, 0, frame);
        const std::uint64_t before = monotonic_ns();
        REQUIRE(sender->send(0, 1).accepted == 1);
        const auto seen = take(*receiver, 1);
        const std::uint64_t after = monotonic_ns();
        REQUIRE(seen.size() == 1);
        CHECK(seen[0].bytes == Packet(frame.begin() + 14, frame.end()));
        CHECK(seen[0].ether_type == packet::kEtherTypeIpv4);
        // The kernel stamps with the wall clock; converting errs by what a preempted reading takes.
        CHECK(seen[0].at_ns + kNsPerMs >= before);
        CHECK(seen[0].at_ns <= after);
      }
    });
  }

  TEST_CASE_TEMPLATE("the sending side does not see its own packets", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto near = By::open(wire.near(), {.everything = true});
      auto from_near = open_packet_sender(wire.near());
      auto from_far = open_packet_sender(wire.far());
      fill(*from_near, 0, probe(1));
      fill(*from_far, 0, probe(2));
      REQUIRE(from_near->send(0, 1).accepted == 1);
      REQUIRE(from_far->send(0, 1).accepted == 1);
      const auto seen = take(*near, 1);
      REQUIRE(seen.size() == 1);
      CHECK(packet::parse_tcp(packet::parse_ip(seen[0].bytes)->payload)->sequence == 2);
    });
  }

  TEST_CASE_TEMPLATE("without packets it waits for the deadline, and never returns before it", By,
                     Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = By::open(wire.far(), {.everything = true});
      for (std::uint64_t wait_us : {0U, 1U, 300U, 3'000U}) {
        const std::uint64_t deadline = monotonic_ns() + wait_us * 1'000;
        (void)receiver->receive(deadline, kIgnore);
        CHECK(monotonic_ns() >= deadline);
      }
      (void)receiver->receive(0, kIgnore);
    });
  }

  TEST_CASE_TEMPLATE("a wake ends the wait, whether it comes before or during it", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = By::open(wire.far(), {.everything = true});
      receiver->wake();
      receiver->wake();
      (void)receiver->receive(UINT64_MAX, kIgnore);
      std::thread waker([&] { receiver->wake(); });
      (void)receiver->receive(UINT64_MAX, kIgnore);
      waker.join();
      const std::uint64_t deadline = monotonic_ns() + kNsPerMs;
      (void)receiver->receive(deadline, kIgnore);
      CHECK(monotonic_ns() >= deadline);
    });
  }

  TEST_CASE_TEMPLATE("a wake is not lost while packets come", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = By::open(wire.far(), {.everything = true});
      auto sender = open_packet_sender(wire.near());
      fill(*sender, 0, probe(1));
      for (int i = 0; i < 20; ++i) {
        REQUIRE(sender->send(0, 1).accepted == 1);
        REQUIRE(take(*receiver, 1).size() == 1);
        receiver->wake();
        (void)receiver->receive(UINT64_MAX, kIgnore);
      }
    });
  }

  TEST_CASE_TEMPLATE("when it says it has heard everything before T, it has", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = By::open(wire.far(), {.everything = true});
      auto sender = open_packet_sender(wire.near());
      fill(*sender, 0, probe(1));
      std::atomic<std::uint64_t> sent_at{0};
      std::atomic<std::uint64_t> sent{0};
      std::atomic<bool> stop{false};
      std::thread sending([&] {
        while (!stop.load()) {
          if (sender->send(0, 1).accepted == 1) {
            sent_at.store(monotonic_ns());
            sent.fetch_add(1);
          }
          std::this_thread::yield();
        }
      });
      std::uint64_t handed_over = 0;
      std::uint64_t last_heard = 0;
      for (int i = 0; i < By::kRounds; ++i) {
        const std::uint64_t sent_before = sent.load();
        const std::uint64_t sent_before_ns = sent_at.load();
        std::uint64_t heard = 0;
        do {
          heard = receiver->receive(monotonic_ns() + kNsPerMs,
                                    [&](const ReceivedPacket&) { ++handed_over; });
          CHECK(heard >= last_heard);
          CHECK(heard <= monotonic_ns());
          last_heard = heard;
        } while (heard < sent_before_ns);
        CHECK(handed_over + receiver->counters().dropped >= sent_before);
      }
      stop.store(true);
      sending.join();
    });
  }

  TEST_CASE_TEMPLATE("what finds the ring full is counted, and the ring recovers", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = By::open(wire.far(), {.everything = true});
      auto sender = open_packet_sender(wire.near());
      for (std::size_t i = 0; i < 512; ++i) fill(*sender, i, probe(1));
      std::uint64_t sent = 0;
      while (receiver->counters().dropped < 1'000) sent += sender->send(0, 512).accepted;
      std::uint64_t handed_over = 0;
      for (std::uint64_t before = 1; before != handed_over;) {
        before = handed_over;
        (void)receiver->receive(0, [&](const ReceivedPacket&) { ++handed_over; });
      }
      const ReceiverCounters counters = receiver->counters();
      CHECK(counters.packets == handed_over + counters.dropped);
      CHECK(counters.packets <= sent);
      REQUIRE(sender->send(0, 10).accepted == 10);
      CHECK(take(*receiver, 10).size() == 10);
      CHECK(receiver->counters().packets == counters.packets + 10);
      CHECK(receiver->counters().dropped == counters.dropped);
    });
  }

  TEST_CASE_TEMPLATE("a device that goes down and comes back is heard again", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = By::open(wire.far(), {.everything = true});
      run("ip link set far down");
      const std::uint64_t deadline = monotonic_ns() + 5 * kNsPerMs;
      (void)receiver->receive(deadline, kIgnore);
      CHECK(monotonic_ns() >= deadline);
      run("ip link set far up");
      auto sender = open_packet_sender(wire.near());
      fill(*sender, 0, probe(3));
      REQUIRE(sender->send(0, 1).accepted == 1);
      CHECK(take(*receiver, 1).size() == 1);
    });
  }

  TEST_CASE("as many packets wait as there is room for, exactly") {
    in_private_network([] {
      const Wire wire;
      const auto dropped_of = [&](std::uint32_t room, std::size_t packets) {
        auto receiver = open_packet_receiver(wire.far(), {.everything = true, .room = room});
        auto sender = open_packet_sender(wire.near());
        for (std::size_t i = 0; i < 100; ++i) fill(*sender, i, probe(1));
        for (std::size_t sent = 0; sent < packets;) sent += sender->send(0, 100).accepted;
        CHECK(take(*receiver, std::min<std::size_t>(packets, room)).size() >= room);
        return receiver->counters().dropped;
      };
      CHECK(dropped_of(4'096, 5'000) == 904);
      CHECK(dropped_of(8'192, 9'000) == 808);
      CHECK(dropped_of(8'192, 8'200) == 8);
    });
  }

  TEST_CASE("P4 one receiver hears every device, those that come later too, and names each") {
    in_private_network([] {
      auto receiver = open_packet_receiver_on_all({.everything = true});
      const Wire wire;
      auto near = open_packet_sender(wire.near());
      auto far = open_packet_sender(wire.far());
      fill(*near, 0, probe(1));
      fill(*far, 0, probe(2));
      REQUIRE(near->send(0, 1).accepted == 1);
      REQUIRE(far->send(0, 1).accepted == 1);
      std::vector<std::uint32_t> came_in_by;
      const std::uint64_t give_up_ns = monotonic_ns() + 2 * kNsPerSecond;
      while (came_in_by.size() < 2 && monotonic_ns() < give_up_ns) {
        (void)receiver->receive(give_up_ns, [&](const ReceivedPacket& received) {
          came_in_by.push_back(received.interface_index);
        });
      }
      CHECK(came_in_by == std::vector{wire.far().index, wire.near().index});
    });
  }

  TEST_CASE_TEMPLATE("a device that is down is refused when it is opened", By, Ring, Pcap) {
    in_private_network([] {
      const Wire wire;
      const Interface far = wire.far();
      const auto fault = [&] {
        try {
          (void)By::open(far, {});
        } catch (const PlatformError& error) {
          return error.fault();
        }
        return Fault::system;
      };
      run("ip link set far down");
      CHECK(fault() == Fault::interface_down);
      run("ip link del far");
      CHECK(fault() == Fault::no_such_interface);
    });
  }
}

#endif
