/// \file
/// Frames through libpcap: one system call each, where the system has nothing faster that we know.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "platform/error.h"
#include "platform/packet_sender.h"
#include "platform/pcap/pcap_device.h"
#include "platform/pcap/pcap_host.h"

#ifndef _WIN32
#include <sys/socket.h>
#endif

namespace pacegate::platform {
namespace {

/// Slots for small frames; large ones have fewer, so that the row does not outgrow the caches.
constexpr std::size_t kArenaBytes = std::size_t{64} << 10;
constexpr std::size_t kMinSlots = 64;
/// Before each frame: room for the address family that DLT_NULL wants there.
constexpr std::size_t kHeadroomBytes = 16;

/// A sender reads nothing: as little of it as libpcap accepts on every system.
constexpr PcapRoom kNoRoom{.snapshot_bytes = 64, .buffer_bytes = 64 * 1024};

#ifdef _WIN32
constexpr std::uint32_t kFamilyIpv4 = 2;
constexpr std::uint32_t kFamilyIpv6 = 24;  // Npcap's loopback follows 4.4BSD, not Winsock
#else
constexpr std::uint32_t kFamilyIpv4 = AF_INET;
constexpr std::uint32_t kFamilyIpv6 = AF_INET6;
#endif

bool is_busy(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

class PcapSender final : public PacketSender {
 public:
  PcapSender(const Interface& interface, std::size_t slot_bytes)
      : device_(interface, kNoRoom),
        slot_bytes_(slot_bytes),
        lengths_(std::max(kArenaBytes / slot_bytes, kMinSlots)),
        bytes_(lengths_.size() * (kHeadroomBytes + slot_bytes)) {
    device_.filter_out_everything();
  }

  [[nodiscard]] LinkHeader link_header() const noexcept { return device_.link_header(); }

  std::size_t capacity() const noexcept override { return lengths_.size(); }
  std::span<std::uint8_t> slot(std::size_t index) noexcept override {
    return {&bytes_[index * (kHeadroomBytes + slot_bytes_) + kHeadroomBytes], slot_bytes_};
  }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    lengths_[index] = std::min(bytes, slot_bytes_);
  }
  SendReport send(std::size_t first, std::size_t count) noexcept override;
  bool takes_ethernet() const noexcept override { return link_header() == LinkHeader::ethernet; }
  const char* backend() const noexcept override { return "pcap"; }

 private:
  [[nodiscard]] std::span<const std::uint8_t> frame(std::size_t index) noexcept;
  [[nodiscard]] int inject(std::span<const std::uint8_t> bytes) noexcept;

  PcapDevice device_;
  std::size_t slot_bytes_;
  std::vector<std::size_t> lengths_;
  std::vector<std::uint8_t> bytes_;
};

/// The frame in the slot, with the address family before it where the link type wants that.
std::span<const std::uint8_t> PcapSender::frame(std::size_t index) noexcept {
  std::uint8_t* const start = slot(index).data();
  if (link_header() != LinkHeader::family) return {start, lengths_[index]};
  const std::uint32_t family = start[0] >> 4 == 6 ? kFamilyIpv6 : kFamilyIpv4;
  std::memcpy(start - sizeof family, &family, sizeof family);
  return {start - sizeof family, lengths_[index] + sizeof family};
}

/// \return 0, or the errno
int PcapSender::inject(std::span<const std::uint8_t> bytes) noexcept {
  errno = 0;
  const int size = static_cast<int>(bytes.size());
  const int status = device_.functions().sendpacket(device_.handle(), bytes.data(), size);
  return status == 0 ? 0 : last_injection_error();
}

SendReport PcapSender::send(std::size_t first, std::size_t count) noexcept {
  SendReport report;
  for (; report.accepted < count; ++report.accepted) {
    const auto bytes = frame(first + report.accepted);
    report.system_error = inject(bytes);
    // Linux tells once more of a device that is up again: that is not this frame's fault.
    if (report.system_error == ENETDOWN) report.system_error = inject(bytes);
    if (report.system_error == 0) continue;
    report.outcome = is_busy(report.system_error) ? SendOutcome::busy : SendOutcome::failed;
    break;
  }
  return report;
}

}  // namespace

std::unique_ptr<PacketSender> open_pcap_sender(const Interface& interface, std::size_t slot_bytes) {
  if (interface.link == LinkType::loopback && !loopback_answers_pcap()) {
    throw PlatformError(Fault::not_supported,
                        "frames that the pcap backend sends on " + interface.name +
                            " are never answered: use rawip, or the connect technique");
  }
  auto sender = std::make_unique<PcapSender>(interface, slot_bytes);
  if (sender->link_header() == LinkHeader::cooked) {
    throw PlatformError(Fault::not_supported,
                        "libpcap can capture on " + interface.name + ", but not send there");
  }
  return sender;
}

}  // namespace pacegate::platform
