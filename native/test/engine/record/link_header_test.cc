// What frames begin with, in files of either link type.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/fake_network.h"
#include "engine/record/recording_receiver.h"
#include "engine/record/recording_sender.h"
#include "packet/build.h"
#include "packet/layout.h"

namespace pacegate {
namespace {

using test::FakeReceiver;
using test::FakeSender;
using test::FakeWire;
using test::Frame;

constexpr packet::MacAddress kOwn{{2, 0, 0, 0, 0, 1}};
constexpr packet::MacAddress kPeer{{2, 0, 0, 0, 0, 2}};

class EthernetSender final : public FakeSender {
 public:
  using FakeSender::FakeSender;
  [[nodiscard]] bool takes_ethernet() const noexcept override { return true; }
};

std::shared_ptr<FakeWire> silent_wire() {
  auto wire = std::make_shared<FakeWire>();
  wire->respond = [](const auto&, const auto&) { return std::optional<Frame>(); };
  return wire;
}

Frame ethernet_frame(std::uint16_t ether_type) {
  Frame frame(60, 0x45);
  frame[packet::ethernet::kEtherType] = static_cast<std::uint8_t>(ether_type >> 8);
  frame[packet::ethernet::kEtherType + 1] = static_cast<std::uint8_t>(ether_type);
  return frame;
}

/// What is recorded of an ARP and an IP frame.
std::vector<Frame> recorded_by(PcapLink link) {
  FrameSource source(4096);
  RecordingSender sender(std::make_unique<EthernetSender>(silent_wire()), link, source);
  std::size_t slot = 0;
  for (const std::uint16_t type : {packet::kEtherTypeArp, packet::kEtherTypeIpv4}) {
    const Frame frame = ethernet_frame(type);
    std::copy(frame.begin(), frame.end(), sender.slot(slot).begin());
    sender.set_length(slot++, frame.size());
  }
  CHECK(sender.send(0, 2).accepted == 2);
  std::vector<Frame> frames;
  while (const auto frame = source.front()) {
    CHECK(frame->wire_bytes == frame->bytes.size());
    frames.emplace_back(frame->bytes.begin(), frame->bytes.end());
    source.pop();
  }
  return frames;
}

/// Hands one packet over.
class OnePacket final : public platform::PacketReceiver {
 public:
  OnePacket(Frame packet, std::uint16_t type) : packet_(std::move(packet)), type_(type) {}
  std::uint64_t receive(std::uint64_t /*deadline_ns*/, const Handler& handler) override {
    handler({.bytes = packet_, .ether_type = type_, .at_ns = 5, .wire_bytes = 300});
    return 6;
  }
  [[nodiscard]] packet::MacAddress sender_mac() const noexcept override { return kPeer; }
  void wake() noexcept override {}
  [[nodiscard]] platform::ReceiverCounters counters() noexcept override { return {}; }

 private:
  Frame packet_;
  std::uint16_t type_;
};

Frame arp_reply() {
  Frame reply(packet::arp::kBytes);
  Frame question(60);
  const auto asked = IpAddress::v4(0x0a000002);
  (void)packet::build_neighbour_request({kOwn, IpAddress::v4(0x0a000001), asked}, question);
  std::copy_n(question.begin() + packet::ethernet::kHeaderBytes, reply.size(), reply.begin());
  reply[packet::arp::kOperation + 1] = packet::arp::kReply;
  return reply;
}

std::vector<Frame> recorded_in(ScanPhase phase, std::optional<packet::MacAddress> own) {
  FrameSource source(4096);
  ScanSlots slots;
  slots.set(kSlotPhase, static_cast<double>(phase));
  RecordingReceiver receiver(std::make_unique<OnePacket>(arp_reply(), packet::kEtherTypeArp), own,
                             AnswerMatcher({1, 2}, 61000), source, slots);
  int handed_over = 0;
  CHECK(receiver.receive(0, [&](const auto&) { ++handed_over; }) == 6);
  CHECK(handed_over == 1);
  std::vector<Frame> frames;
  while (const auto frame = source.front()) {
    CHECK(frame->wire_bytes == 300 + packet::ethernet::kHeaderBytes);
    frames.emplace_back(frame->bytes.begin(), frame->bytes.end());
    source.pop();
  }
  return frames;
}

}  // namespace

TEST_SUITE("record") {
  TEST_CASE("sent frames keep their Ethernet header, or lose it, and ARP with it") {
    const std::vector<Frame> whole = recorded_by(PcapLink::ethernet);
    REQUIRE(whole.size() == 2);
    CHECK(whole[0] == ethernet_frame(packet::kEtherTypeArp));
    CHECK(whole[1] == ethernet_frame(packet::kEtherTypeIpv4));
    const std::vector<Frame> bare = recorded_by(PcapLink::raw_ip);
    REQUIRE(bare.size() == 1);
    CHECK(bare[0] == Frame(60 - packet::ethernet::kHeaderBytes, 0x45));
  }

  TEST_CASE(
      "an answer about a neighbour is recorded while the scan asks, with an Ethernet header") {
    const std::vector<Frame> frames = recorded_in(ScanPhase::resolving, kOwn);
    REQUIRE(frames.size() == 1);
    const Frame header{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6};
    CHECK(std::equal(header.begin(), header.end(), frames[0].begin()));
    const Frame reply = arp_reply();
    CHECK(Frame(frames[0].begin() + packet::ethernet::kHeaderBytes, frames[0].end()) == reply);
    CHECK(recorded_in(ScanPhase::sending, kOwn).empty());
    CHECK(recorded_in(ScanPhase::resolving, std::nullopt).empty());
  }
}

}  // namespace pacegate
