#include "engine/network.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "platform/error.h"
#include "platform/route.h"

namespace pacegate {
namespace {

using platform::Fault;
using platform::PlatformError;

std::unique_ptr<platform::PacketSender> open_sender(const platform::Interface& interface,
                                                    Backend backend) {
  switch (backend) {
    case Backend::packet:
      return platform::open_packet_sender(interface);
    case Backend::raw_ip:
      return platform::open_raw_ip_sender(interface);
    case Backend::automatic:
      break;
  }
  return platform::open_sender(interface);
}

bool same_path(const Path& a, const Path& b) {
  return a.link == b.link && a.source == b.source && a.gateway == b.gateway;
}

/// Builds the Network step by step.
class NetworkBuilder {
 public:
  explicit NetworkBuilder(const ScanOptions& options) : options_(options) {
    if (options.interface_name.empty()) return;
    const platform::Interface chosen = platform::find_interface(options.interface_name);
    // Before any route is looked up: a device that is down has none, which would name the wrong fault.
    if (!chosen.up) {
      throw PlatformError(Fault::interface_down, "the interface " + chosen.name + " is down");
    }
    only_interface_ = chosen.index;
  }

  void add(const AddressRange& range) {
    IpAddress first = range.first;
    for (const IpAddress& boundary : platform::route_boundaries(range.first, range.last)) {
      add_piece(first, boundary.distance_from(first));
      first = boundary;
    }
    add_piece(first, range.last.distance_from(first) + 1);
  }

  Network finish() {
    if (network_.paths.empty() && no_route_) throw PlatformError(*no_route_);
    return std::move(network_);
  }

 private:
  void add_piece(const IpAddress& first, std::uint64_t count) {
    const std::uint32_t route = path_to(first);
    if (!network_.ranges.empty()) {
      TargetRange& previous = network_.ranges.back();
      if (previous.route == route && previous.first.plus(previous.count) == first) {
        previous.count += count;
        return;
      }
    }
    network_.ranges.push_back({first, count, route});
  }

  std::uint32_t path_to(const IpAddress& destination) {
    try {
      return path_over(platform::lookup_route(destination, only_interface_));
    } catch (const PlatformError& error) {
      if (error.fault() != Fault::no_route) throw;
      if (!no_route_) no_route_ = error;
      return kNoRoute;
    }
  }

  std::uint32_t path_over(const platform::Route& route) {
    const Path path{link_on(route.interface_index), route.source, route.gateway};
    auto& paths = network_.paths;
    const auto known = std::find_if(paths.begin(), paths.end(),
                                    [&](const Path& other) { return same_path(path, other); });
    const auto index = static_cast<std::uint32_t>(known - paths.begin());
    if (known == paths.end()) paths.push_back(path);
    return index;
  }

  std::uint32_t link_on(std::uint32_t interface_index) {
    for (std::uint32_t i = 0; i < network_.links.size(); ++i) {
      if (network_.links[i].interface.index == interface_index) return i;
    }
    Link link;
    link.interface = platform::find_interface(interface_index);
    link.sender = open_sender(link.interface, options_.backend);
    const platform::ReceiveFilter filter{.tcp_port = options_.source_port,
                                         .icmp_errors = true,
                                         .neighbours = link.sender->takes_ethernet()};
    link.receiver = platform::open_packet_receiver(link.interface, filter);
    network_.links.push_back(std::move(link));
    return static_cast<std::uint32_t>(network_.links.size() - 1);
  }

  const ScanOptions& options_;
  std::uint32_t only_interface_ = 0;
  Network network_;
  std::optional<PlatformError> no_route_;
};

}  // namespace

std::string Network::backend() const {
  std::string names;
  for (const Link& link : links) {
    const std::string name = link.sender->backend();
    if (names.find(name) != std::string::npos) continue;
    names += (names.empty() ? "" : "+") + name;
  }
  return names;
}

Network open_network(const ScanOptions& options) {
  NetworkBuilder builder(options);
  for (const AddressRange& range : options.ranges) builder.add(range);
  return builder.finish();
}

}  // namespace pacegate
