#include "engine/scan/network.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "engine/connect/connect_link.h"
#include "engine/scan/sender_choice.h"
#include "platform/error.h"
#include "platform/route.h"

namespace pacegate {
namespace {

using platform::Fault;
using platform::PlatformError;

bool same_path(const Path& a, const Path& b) {
  return a.link == b.link && a.source == b.source && a.gateway == b.gateway;
}

/// Answers of 100 ms, should every probe be answered: for that long the capture thread may have to
/// do without a core.
std::uint32_t capture_room(double rate) {
  constexpr double kLeast = 8'192;
  constexpr double kMost = 262'144;
  return static_cast<std::uint32_t>(std::clamp(rate / 10, kLeast, kMost));
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

  /// \param ranges of one family, sorted. The routing tables are read once for all of them, and a route is
  /// looked up only where it may differ from the one before: 100 000 single addresses cost two questions.
  void add(std::span<const AddressRange> ranges) {
    boundaries_ = platform::route_boundaries(ranges.front().first, ranges.back().last);
    known_cell_.reset();
    network_.ranges.reserve(network_.ranges.size() + ranges.size());
    for (const AddressRange& range : ranges) add(range);
  }

  Network finish() {
    if (network_.paths.empty() && no_route_) throw PlatformError(*no_route_);
    open_links();
    const auto& links = network_.links;
    if (options_.backend == Backend::packet &&
        std::none_of(links.begin(), links.end(),
                     [](const Link& link) { return link.sender->takes_ethernet(); })) {
      throw PlatformError(Fault::not_supported, "backend packet needs an Ethernet device, and " +
                                                    links.front().interface.name +
                                                    " is none: use rawip");
    }
    return std::move(network_);
  }

 private:
  void add(const AddressRange& range) {
    IpAddress first = range.first;
    auto boundary = std::upper_bound(boundaries_.begin(), boundaries_.end(), first);
    for (; boundary != boundaries_.end() && *boundary <= range.last; ++boundary) {
      add_piece(first, boundary->distance_from(first), boundary - boundaries_.begin());
      first = *boundary;
    }
    add_piece(first, range.last.distance_from(first) + 1, boundary - boundaries_.begin());
  }

  /// \param cell which of the spaces between boundaries the piece lies in
  void add_piece(const IpAddress& first, std::uint64_t count, std::ptrdiff_t cell) {
    if (known_cell_ != cell) {
      route_of_cell_ = path_to(first);
      known_cell_ = cell;
    }
    const std::uint32_t route = route_of_cell_;
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
    // Sockets find their devices themselves: one link stands for all of them.
    if (options_.backend == Backend::connect && !network_.links.empty()) return 0;
    for (std::uint32_t i = 0; i < network_.links.size(); ++i) {
      if (network_.links[i].interface.index == interface_index) return i;
    }
    Link link;
    link.interface = platform::find_interface(interface_index);
    network_.links.push_back(std::move(link));
    return static_cast<std::uint32_t>(network_.links.size() - 1);
  }

  /// All of them at once: the choice of a backend depends on every device.
  void open_links() {
    if (options_.backend == Backend::connect) {
      for (Link& link : network_.links) open_connect_link(link, options_);
      return;
    }
    std::vector<const platform::Interface*> devices;
    devices.reserve(network_.links.size());
    for (const Link& link : network_.links) devices.push_back(&link.interface);
    SenderChoice choice = open_senders(devices, options_.backend, options_.rate);
    network_.notes = std::move(choice.notes);
    for (std::size_t i = 0; i < network_.links.size(); ++i) {
      Link& link = network_.links[i];
      link.sender = std::move(choice.senders[i]);
      const platform::ReceiveFilter filter{.tcp_port = options_.source_port,
                                           .other_tcp_port = options_.canary_port(),
                                           .icmp_errors = true,
                                           .neighbours = link.sender->takes_ethernet(),
                                           .room = capture_room(options_.top_rate())};
      link.receiver = options_.backend == Backend::pcap
                          ? platform::open_pcap_receiver(link.interface, filter)
                          : platform::open_packet_receiver(link.interface, filter);
    }
  }

  const ScanOptions& options_;
  std::uint32_t only_interface_ = 0;
  Network network_;
  std::optional<PlatformError> no_route_;
  std::vector<IpAddress> boundaries_;
  std::optional<std::ptrdiff_t> known_cell_;
  std::uint32_t route_of_cell_ = kNoRoute;
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
  const std::span<const AddressRange> ranges(options.ranges);
  const auto first_v6 = std::find_if(ranges.begin(), ranges.end(),
                                     [](const AddressRange& range) { return range.first.is_v6(); });
  const auto v4_count = static_cast<std::size_t>(first_v6 - ranges.begin());
  if (v4_count > 0) builder.add(ranges.first(v4_count));
  if (v4_count < ranges.size()) builder.add(ranges.subspan(v4_count));
  return builder.finish();
}

}  // namespace pacegate
