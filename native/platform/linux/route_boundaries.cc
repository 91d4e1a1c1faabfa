#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "platform/linux/ip_bytes.h"
#include "platform/linux/netlink.h"
#include "platform/linux/system_error.h"
#include "platform/prefix_boundaries.h"
#include "platform/route.h"

namespace pacegate::platform {
namespace {

template <class Body>
NetlinkReply dump(NetlinkSocket& socket, std::uint16_t type, const Body& body) {
  NetlinkReply reply = socket.ask({type, NLM_F_DUMP, body});
  if (reply.error() != 0) throw_system_error("cannot read the routing tables", reply.error());
  return reply;
}

/// All tables: which of them counts for an address is up to the rules. A default route has no
/// boundary.
void add_routes(NetlinkSocket& socket, unsigned char family, PrefixBoundaries& collector) {
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
void add_rules(NetlinkSocket& socket, unsigned char family, PrefixBoundaries& collector) {
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
  PrefixBoundaries collector(first, last);
  add_routes(socket, address_family(first), collector);
  add_rules(socket, address_family(first), collector);
  return collector.finish();
}

}  // namespace pacegate::platform
