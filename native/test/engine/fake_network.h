/// \file
/// A network in memory: what a fake sender takes, a responder answers, and a fake receiver hands
/// back.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/scan/network.h"
#include "packet/build.h"
#include "packet/parse.h"
#include "platform/clock.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"
#include "platform/waiter.h"

namespace pacegate::test {

using Frame = std::vector<std::uint8_t>;

/// The wire between the two: thread-safe.
class FakeWire {
 public:
  /// Called with each probe; what it returns arrives at the receiver.
  std::function<std::optional<Frame>(const packet::IpPacket&, const packet::TcpSegment&)> respond;

  void deliver(Frame frame) {
    {
      const std::scoped_lock lock(mutex_);
      arrived_.push_back(std::move(frame));
    }
    waiter_.wake();
  }
  std::vector<Frame> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(arrived_, {});
  }
  platform::Waiter& waiter() { return waiter_; }

  void probe(std::span<const std::uint8_t> bytes) {
    const auto ip = packet::parse_ip(bytes);
    const auto tcp = ip ? packet::parse_tcp(ip->payload) : std::nullopt;
    if (!tcp) return;
    {
      const std::scoped_lock lock(mutex_);
      ++probes_[{ip->destination, tcp->destination_port}];
    }
    if (auto reply = respond(*ip, *tcp)) deliver(std::move(*reply));
  }
  /// How often each (address, port) was probed.
  std::map<std::pair<IpAddress, std::uint16_t>, int> probes() {
    const std::scoped_lock lock(mutex_);
    return probes_;
  }

 private:
  std::mutex mutex_;
  std::vector<Frame> arrived_;
  std::map<std::pair<IpAddress, std::uint16_t>, int> probes_;
  platform::Waiter waiter_;
};

/// Takes bare IP packets, like the raw IP sender.
class FakeSender : public platform::PacketSender {
 public:
  /// Decides about the frames of one send() call: how many are taken and how it ends.
  using Policy = std::function<platform::SendReport(std::size_t count)>;

  explicit FakeSender(std::shared_ptr<FakeWire> wire, Policy policy = {})
      : wire_(std::move(wire)), policy_(std::move(policy)) {}

  [[nodiscard]] std::size_t capacity() const noexcept override { return slots_.size(); }
  [[nodiscard]] std::span<std::uint8_t> slot(std::size_t index) noexcept override {
    return slots_[index];
  }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    lengths_[index] = bytes;
  }
  [[nodiscard]] platform::SendReport send(std::size_t first, std::size_t count) noexcept override {
    platform::SendReport report{.accepted = count};
    if (policy_) report = policy_(count);
    for (std::size_t i = first; i < first + report.accepted; ++i) {
      wire_->probe(std::span(slots_[i]).first(lengths_[i]));
    }
    return report;
  }
  [[nodiscard]] bool takes_ethernet() const noexcept override { return false; }
  [[nodiscard]] const char* backend() const noexcept override { return "fake"; }

 private:
  std::shared_ptr<FakeWire> wire_;
  Policy policy_;
  std::array<std::array<std::uint8_t, kSlotBytes>, 64> slots_{};
  std::array<std::size_t, 64> lengths_{};
};

class FakeReceiver : public platform::PacketReceiver {
 public:
  explicit FakeReceiver(std::shared_ptr<FakeWire> wire) : wire_(std::move(wire)) {}

  std::uint64_t receive(std::uint64_t deadline_ns, const Handler& handler) override {
    std::uint64_t heard = platform::monotonic_ns();
    std::vector<Frame> frames = wire_->take();
    if (frames.empty()) {
      wire_->waiter().wait_until(deadline_ns);
      heard = platform::monotonic_ns();
      frames = wire_->take();
    }
    for (const Frame& frame : frames) {
      ++counters_.packets;
      const std::uint16_t type =
          (frame[0] >> 4) == 6 ? packet::kEtherTypeIpv6 : packet::kEtherTypeIpv4;
      handler({frame, type, platform::monotonic_ns()});
    }
    return heard;
  }
  void wake() noexcept override { wire_->waiter().wake(); }
  [[nodiscard]] platform::ReceiverCounters counters() noexcept override { return counters_; }

 private:
  std::shared_ptr<FakeWire> wire_;
  platform::ReceiverCounters counters_;
};

inline Frame tcp_reply(const packet::IpPacket& ip, const packet::TcpSegment& tcp,
                       std::uint8_t flags, std::uint32_t acknowledgment) {
  Frame frame(128);
  const packet::TcpFields fields{.source = ip.destination,
                                 .destination = ip.source,
                                 .source_port = tcp.destination_port,
                                 .destination_port = tcp.source_port,
                                 .sequence = 1,
                                 .acknowledgment = acknowledgment,
                                 .flags = flags};
  frame.resize(packet::build_tcp(fields, frame));
  return frame;
}

inline Frame syn_ack(const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
  return tcp_reply(ip, tcp, packet::kTcpSyn | packet::kTcpAck, tcp.sequence + 1);
}

inline Frame reset(const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
  return tcp_reply(ip, tcp, packet::kTcpRst | packet::kTcpAck, tcp.sequence + 1);
}

/// One link, one path, all ranges over it.
inline Network fake_network(const std::shared_ptr<FakeWire>& wire,
                            const std::vector<AddressRange>& ranges,
                            FakeSender::Policy policy = {}) {
  Network network;
  Link link;
  link.sender = std::make_unique<FakeSender>(wire, std::move(policy));
  link.receiver = std::make_unique<FakeReceiver>(wire);
  network.links.push_back(std::move(link));
  network.paths.push_back({0, IpAddress::v4(0x0a000001), std::nullopt});
  for (const AddressRange& range : ranges) {
    network.ranges.push_back({range.first, range.last.distance_from(range.first) + 1, 0});
  }
  return network;
}

}  // namespace pacegate::test
