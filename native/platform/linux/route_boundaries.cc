#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>

#include "platform/linux/ip_bytes.h"
#include "platform/linux/netlink.h"
#include "platform/linux/system_error.h"
#include "platform/route.h"

namespace pacegate::platform {
namespace {

/// The address with all bits behind the prefix set to `bit`.
IpAddress fill_host_bits(const IpAddress& address, unsigned prefix_bits, bool bit) {
  std::array<std::uint8_t, 16> bytes = address.key();
  for (unsigned i = 0; i < address.size(); ++i) {
    const unsigned kept = std::clamp(prefix_bits, 8 * i, 8 * i + 8) - 8 * i;
    const auto host_mask = static_cast<std::uint8_t>(0xff >> kept);
    bytes[i] = static_cast<std::uint8_t>(bit ? bytes[i] | host_mask : bytes[i] & ~host_mask);
  }
  return IpAddress::from_bytes({bytes.data(), address.size()});
}

class BoundaryCollector {
 public:
  BoundaryCollector(const IpAddress& first, const IpAddress& last) : first_(first), last_(last) {}

  void add_prefix(const IpAddress& address, unsigned prefix_bits) {
    const IpAddress after = fill_host_bits(address, prefix_bits, true).plus(1);
    add(fill_host_bits(address, prefix_bits, false));
    add(after);  // wraps to zero behind the last prefix, and zero is never a boundary
  }

  std::vector<IpAddress> finish() {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  void add(const IpAddress& boundary) {
    if (first_ < boundary && boundary <= last_) found_.push_back(boundary);
  }

  IpAddress first_;
  IpAddress last_;
  std::vector<IpAddress> found_;
};

template <class Body>
NetlinkReply dump(NetlinkSocket& socket, std::uint16_t type, const Body& body) {
  NetlinkReply reply = socket.ask({type, NLM_F_DUMP, body});
  if (reply.error() != 0) throw_system_error("cannot read the routing tables", reply.error());
  return reply;
}

/// All tables: which of them counts for an address is up to the rules. A default route has no
/// boundary.
void add_routes(NetlinkSocket& socket, unsigned char family, BoundaryCollector& collector) {
  rtmsg wanted{};
  wanted.rtm_family = family;
  const NetlinkReply reply = dump(socket, RTM_GETROUTE, wanted);
  for (const NetlinkMessage& message : reply.messages()) {
    const auto route = message.body<rtmsg>();
    const auto prefix = netlink_address(message.attribute(sizeof route, RTA_DST));
    if (message.type == RTM_NEWROUTE && prefix) collector.add_prefix(*prefix, route.rtm_dst_len);
  }
}

/// A rule "to 10.0.0.0/8 lookup 100" divides the addresses as a route does.
void add_rules(NetlinkSocket& socket, unsigned char family, BoundaryCollector& collector) {
  fib_rule_hdr wanted{};
  wanted.family = family;
  const NetlinkReply reply = dump(socket, RTM_GETRULE, wanted);
  for (const NetlinkMessage& message : reply.messages()) {
    const auto rule = message.body<fib_rule_hdr>();
    const auto prefix = netlink_address(message.attribute(sizeof rule, FRA_DST));
    if (message.type == RTM_NEWRULE && prefix) collector.add_prefix(*prefix, rule.dst_len);
  }
}

}  // namespace

std::vector<IpAddress> route_boundaries(const IpAddress& first, const IpAddress& last) {
  NetlinkSocket socket;
  BoundaryCollector collector(first, last);
  add_routes(socket, address_family(first), collector);
  add_rules(socket, address_family(first), collector);
  return collector.finish();
}

}  // namespace pacegate::platform
