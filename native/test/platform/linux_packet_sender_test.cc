// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <cerrno>

#include "platform/error.h"
#include "platform/packet_sender.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// What every sender of Ethernet frames keeps to.
struct PacketSocket {
  static constexpr const char* kName = "packet";
  static auto open(const Interface& interface, std::size_t slot_bytes = 128) {
    return open_packet_sender(interface, slot_bytes);
  }
};
struct Pcap {
  static constexpr const char* kName = "pcap";
  static auto open(const Interface& interface, std::size_t slot_bytes = 128) {
    return open_pcap_sender(interface, slot_bytes);
  }
};

Packet numbered_frame(const Wire& wire, std::uint32_t number) {
  return ethernet(wire.far().mac, wire.near().mac, packet::kEtherTypeIpv4,
                  tcp("10.7.0.1", "10.7.0.2", 80, number));
}

Fault fault_of_opening(std::unique_ptr<PacketSender> (*open)(const Interface&, std::size_t),
                       const Interface& interface) {
  try {
    (void)open(interface, PacketSender::kSlotBytes);
  } catch (const PlatformError& error) {
    CHECK(std::string(error.what()).find(interface.name) != std::string::npos);
    return error.fault();
  }
  FAIL("was opened");
  return Fault::system;
}

}  // namespace

TEST_SUITE("packet sender") {
  TEST_CASE_TEMPLATE("a full batch arrives once, whole and in order", By, PacketSocket, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = open_packet_receiver(wire.far(), {.everything = true});
      auto sender = By::open(wire.near());
      CHECK(std::string(sender->backend()) == By::kName);
      CHECK(sender->takes_ethernet());
      REQUIRE(sender->capacity() == 512);
      const Packet first = numbered_frame(wire, 0);
      for (std::uint32_t i = 0; i < 512; ++i) {
        Packet frame = first;
        frame[14 + 20 + 6] = static_cast<std::uint8_t>(i >> 8);  // in the sequence number
        frame[14 + 20 + 7] = static_cast<std::uint8_t>(i);
        fill(*sender, i, frame);
      }
      const SendReport report = sender->send(0, 512);
      CHECK(report.accepted == 512);
      CHECK(report.outcome == SendOutcome::ok);
      const auto seen = take(*receiver, 512);
      REQUIRE(seen.size() == 512);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        REQUIRE(seen[i].bytes.size() == first.size() - 14);
        CHECK(seen[i].bytes[26] * 256U + seen[i].bytes[27] == i);
      }
    });
  }

  TEST_CASE_TEMPLATE("only the slots asked for are sent", By, PacketSocket, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = open_packet_receiver(wire.far(), {.everything = true});
      auto sender = By::open(wire.near());
      std::vector<Packet> frames;
      for (std::uint32_t i = 0; i < 5; ++i) {
        frames.push_back(numbered_frame(wire, i));
        fill(*sender, i, frames.back());
      }
      CHECK(sender->send(0, 0).accepted == 0);
      CHECK(sender->send(0, 0).outcome == SendOutcome::ok);
      CHECK(sender->send(1, 2).accepted == 2);
      CHECK(sender->send(4, 1).accepted == 1);
      const auto seen = take(*receiver, 3);
      REQUIRE(seen.size() == 3);
      for (std::size_t i : {0U, 1U, 2U}) {
        const std::size_t slot = i == 2 ? 4 : i + 1;
        CHECK(seen[i].bytes == Packet(frames[slot].begin() + 14, frames[slot].end()));
      }
    });
  }

  TEST_CASE_TEMPLATE("slots as large as the device's largest frame", By, PacketSocket, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto receiver = open_packet_receiver(wire.far(), {.everything = true});
      const std::size_t largest = 14 + wire.near().mtu;
      auto sender = By::open(wire.near(), largest + 1);
      CHECK(sender->capacity() == 64);
      Packet frame = numbered_frame(wire, 1);
      frame.resize(largest);
      for (std::size_t i : {0U, 63U}) {
        frame[100] = static_cast<std::uint8_t>(i);
        fill(*sender, i, frame);
      }
      CHECK(sender->send(0, 1).accepted == 1);
      CHECK(sender->send(63, 1).accepted == 1);
      frame.push_back(0);
      REQUIRE(frame.size() <= sender->slot(1).size());
      fill(*sender, 1, frame);
      const SendReport report = sender->send(1, 1);
      CHECK(report.outcome == SendOutcome::failed);
      CHECK(report.system_error == EMSGSIZE);
      const auto seen = take(*receiver, 2);
      REQUIRE(seen.size() == 2);
      CHECK(seen[0].bytes.at(86) == 0);
      CHECK(seen[1].bytes.at(86) == 63);
    });
  }

  TEST_CASE_TEMPLATE(
      "a frame that can never be sent stops the batch and is told from those before it", By,
      PacketSocket, Pcap) {
    in_private_network([] {
      const Wire wire;
      auto sender = By::open(wire.near());
      for (std::uint32_t i = 0; i < 4; ++i) fill(*sender, i, numbered_frame(wire, i));
      sender->set_length(2, 5);  // shorter than an Ethernet header
      const SendReport report = sender->send(0, 4);
      CHECK(report.accepted == 2);
      CHECK(report.outcome == SendOutcome::failed);
      CHECK(report.system_error == EINVAL);
      CHECK(sender->send(3, 1).accepted == 1);
    });
  }

  TEST_CASE("a device that goes down fails, one that loses its carrier is busy") {
    in_private_network([] {
      const Wire wire;
      auto sender = open_packet_sender(wire.near());
      fill(*sender, 0, numbered_frame(wire, 0));
      run("ip link set far down");
      SendReport report = sender->send(0, 1);
      CHECK(report.accepted == 0);
      CHECK(report.outcome == SendOutcome::busy);
      CHECK(report.system_error == ENOBUFS);
      run("ip link set near down");
      report = sender->send(0, 1);
      CHECK(report.accepted == 0);
      CHECK(report.outcome == SendOutcome::failed);
      CHECK(report.system_error == ENETDOWN);
      run("ip link del near");
      CHECK(sender->send(0, 1).outcome == SendOutcome::failed);
    });
  }

  TEST_CASE("pcap: a device that goes down fails, and sends again when it is back") {
    in_private_network([] {
      const Wire wire;
      auto sender = open_pcap_sender(wire.near());
      fill(*sender, 0, numbered_frame(wire, 0));
      run("ip link set near down");
      const SendReport report = sender->send(0, 1);
      CHECK(report.accepted == 0);
      CHECK(report.outcome == SendOutcome::failed);
      CHECK(report.system_error == ENETDOWN);
      run("ip link set near up");
      auto receiver = open_packet_receiver(wire.far(), {.everything = true});
      CHECK(sender->send(0, 1).accepted == 1);
      CHECK(take(*receiver, 1).size() == 1);
    });
  }

  TEST_CASE("a device that cannot send is refused when it is opened") {
    in_private_network([] {
      const Wire wire;
      const Interface near = wire.near();
      CHECK(fault_of_opening(open_packet_sender, find_interface("lo")) == Fault::not_supported);
      CHECK(fault_of_opening(open_pcap_sender, find_interface("lo")) == Fault::not_supported);
      run("ip link set far down");
      CHECK(fault_of_opening(open_packet_sender, near) == Fault::interface_down);
      run("ip link set near down");
      CHECK(fault_of_opening(open_packet_sender, near) == Fault::interface_down);
      CHECK(fault_of_opening(open_raw_ip_sender, near) == Fault::interface_down);
      CHECK(fault_of_opening(open_pcap_sender, near) == Fault::interface_down);
      run("ip link del near");
      CHECK(fault_of_opening(open_packet_sender, near) == Fault::no_such_interface);
      CHECK(fault_of_opening(open_raw_ip_sender, near) == Fault::no_such_interface);
      CHECK(fault_of_opening(open_pcap_sender, near) == Fault::no_such_interface);
      Interface odd = find_interface("lo");
      odd.link = LinkType::other;
      CHECK(fault_of_opening(open_sender, odd) == Fault::not_supported);
    });
  }
}

#endif
