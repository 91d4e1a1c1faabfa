#include "engine/scan/sender_choice.h"

#include "platform/error.h"
#include "platform/xdp_support.h"

namespace pacegate {
namespace {

using platform::Interface;
using platform::LinkType;
using platform::PacketSender;
using platform::PlatformError;
using Devices = std::span<const Interface* const>;

std::unique_ptr<PacketSender> open_without_xdp(const Interface& device, Backend backend) {
  switch (backend) {
    case Backend::packet:
      // The host's own addresses are reached by loopback only, whatever the backend for the others.
      if (device.link == LinkType::loopback) break;
      return platform::open_packet_sender(device);
    case Backend::raw_ip:
      return platform::open_raw_ip_sender(device);
    case Backend::pcap:
      return platform::open_pcap_sender(device);
    case Backend::xdp:
    case Backend::connect:  // has no packets to send
    case Backend::automatic:
      break;
  }
  return platform::open_sender(device);
}

/// \param reason set when the device or this process cannot use XDP
std::unique_ptr<PacketSender> try_xdp(const Interface& device, std::string& reason) {
  try {
    return platform::open_xdp_sender(device);
  } catch (const PlatformError& error) {
    reason = error.what();
    return nullptr;
  }
}

/// \return empty when all of them can
std::string why_not_xdp(Devices devices) {
  for (const Interface* device : devices) {
    const platform::XdpSupport support = platform::xdp_support(*device);
    if (!support.available) return support.reason;
  }
  return "";
}

/// Device by device: xdp where it is possible.
SenderChoice open_wanted_xdp(Devices devices) {
  SenderChoice choice;
  for (const Interface* device : devices) {
    std::string reason;
    auto sender = try_xdp(*device, reason);
    if (!sender) {
      sender = open_without_xdp(*device, Backend::automatic);
      choice.notes.push_back(reason + "; sending with " + sender->backend());
    }
    choice.senders.push_back(std::move(sender));
  }
  return choice;
}

/// All or nothing: one device that cannot keep up holds the others back anyway.
SenderChoice open_fast(Devices devices) {
  SenderChoice choice;
  std::string reason = why_not_xdp(devices);
  for (std::size_t i = 0; reason.empty() && i < devices.size(); ++i) {
    choice.senders.push_back(try_xdp(*devices[i], reason));
  }
  if (reason.empty()) return choice;
  choice.senders.clear();
  for (const Interface* device : devices) {
    choice.senders.push_back(open_without_xdp(*device, Backend::automatic));
  }
  choice.notes.push_back("the rate asked is more than " +
                         std::string(choice.senders.front()->backend()) +
                         " may reach, and xdp cannot be used: " + reason);
  return choice;
}

}  // namespace

SenderChoice open_senders(Devices devices, Backend backend, double rate) {
  if (backend == Backend::xdp) return open_wanted_xdp(devices);
  if (backend == Backend::automatic && rate > kXdpRate && !devices.empty()) {
    return open_fast(devices);
  }
  SenderChoice choice;
  for (const Interface* device : devices) {
    choice.senders.push_back(open_without_xdp(*device, backend));
  }
  return choice;
}

}  // namespace pacegate
