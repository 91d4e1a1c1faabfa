/// \file
/// The devices a scan uses and the paths its targets take through them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ip_address.h"
#include "engine/scan/scan_options.h"
#include "engine/scan/target_plan.h"
#include "packet/syn_template.h"
#include "platform/interface.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"

namespace pacegate {

/// One device, opened.
struct Link {
  platform::Interface interface;
  std::unique_ptr<platform::PacketSender> sender;
  std::unique_ptr<platform::PacketReceiver>
      receiver;  ///< goes first: it may use what the sender has
};

/// How packets reach a group of targets.
struct Path {
  std::uint32_t link = 0;  ///< index into Network::links
  IpAddress source;
  std::optional<IpAddress> gateway;  ///< absent: the targets are on the link itself
};

/// Where a path's frames go on an Ethernet; `target` itself when there is no gateway.
[[nodiscard]] inline IpAddress next_hop(const Path& path, const IpAddress& target) {
  return path.gateway.value_or(target);
}

struct Network {
  std::vector<Link> links;
  std::vector<Path> paths;
  std::vector<TargetRange> ranges;  ///< the options' ranges, cut where routes change
  std::vector<std::string> notes;   ///< for the user: SenderChoice::notes

  /// Names of the backends in use, e.g. "packet+rawip".
  [[nodiscard]] std::string backend() const;
};

/// Looks up a route for every target and opens each device once; sends nothing.
/// \throws platform::PlatformError; no_route only when no target at all can be reached
[[nodiscard]] Network open_network(const ScanOptions& options);

}  // namespace pacegate
