/// \file
/// A device that connects instead of sending SYNs: the sockets of the operating system behind the
/// interfaces of a packet sender and a packet receiver. Everything that a scan knows (its rate, its
/// order, retries, time-outs, hostgroups) then holds for connections as for packets.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/scan/network.h"
#include "platform/connect_sockets.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// Takes each SYN for the wish to connect to its target.
class ConnectSender final : public platform::PacketSender {
 public:
  /// \throws platform::PlatformError as open_connect_sockets()
  explicit ConnectSender(const platform::ConnectOptions& options);

  std::size_t capacity() const noexcept override { return frames_.size(); }
  std::span<std::uint8_t> slot(std::size_t index) noexcept override { return frames_[index].bytes; }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    frames_[index].length = bytes;
  }
  platform::SendReport send(std::size_t first, std::size_t count) noexcept override;
  bool takes_ethernet() const noexcept override { return false; }
  const char* backend() const noexcept override { return "connect"; }

  [[nodiscard]] platform::ConnectSockets& sockets() noexcept { return *sockets_; }

 private:
  struct Frame {
    std::array<std::uint8_t, kSlotBytes> bytes{};
    std::size_t length = 0;
  };

  platform::SendReport start(const Frame& frame) noexcept;

  std::unique_ptr<platform::ConnectSockets> sockets_;
  std::vector<Frame> frames_;
};

/// Tells of each outcome by the packet that would have told of it. That has no hop limit: nobody saw
/// the real one.
class ConnectReceiver final : public platform::PacketReceiver {
 public:
  /// \param sockets outlive the receiver
  /// \param source_port of the SYNs, which the answers go to
  ConnectReceiver(platform::ConnectSockets& sockets, std::uint16_t source_port)
      : sockets_(sockets), source_port_(source_port) {}

  std::uint64_t receive(std::uint64_t deadline_ns, const Handler& handler) override;
  void wake() noexcept override { sockets_.wake(); }
  platform::ReceiverCounters counters() noexcept override { return counters_; }

 private:
  platform::ConnectSockets& sockets_;
  std::uint16_t source_port_;
  platform::ReceiverCounters counters_;
};

/// Sender and receiver for `link`. \throws platform::PlatformError as open_connect_sockets()
void open_connect_link(Link& link, const ScanOptions& options);

}  // namespace pacegate
