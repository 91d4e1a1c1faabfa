#include "platform/route.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <string>

#include "platform/error.h"
#include "platform/linux/ip_bytes.h"
#include "platform/linux/netlink.h"
#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

/// The kernel gives loopback this index in every network namespace.
constexpr std::uint32_t kLoopbackIndex = 1;

NetlinkReply ask_route(NetlinkSocket& socket, const IpAddress& destination,
                       std::uint32_t interface_index) {
  rtmsg route{};
  route.rtm_family = address_family(destination);
  route.rtm_dst_len = static_cast<unsigned char>(destination.size() * 8);
  route.rtm_flags = RTM_F_LOOKUP_TABLE;
  NetlinkRequest request(RTM_GETROUTE, 0, route);
  request.add(RTA_DST, destination.bytes());
  if (interface_index != 0) request.add(RTA_OIF, interface_index);
  return socket.ask(request);
}

/// The route's type: RTN_UNICAST, RTN_LOCAL, ...; RTN_UNSPEC when the kernel refused to answer.
unsigned char type_of(const NetlinkReply& reply) {
  if (reply.messages().empty()) return RTN_UNSPEC;
  return reply.messages().front().body<rtmsg>().rtm_type;
}

/// IPv4 reports such routes as an error, IPv6 as a route of a special type.
int refusal_of(const NetlinkReply& reply) {
  if (reply.error() != 0) return reply.error();
  switch (type_of(reply)) {
    case RTN_UNSPEC:
      return ENETUNREACH;
    case RTN_UNREACHABLE:
      return EHOSTUNREACH;
    case RTN_PROHIBIT:
      return EACCES;
    case RTN_BLACKHOLE:
      return EINVAL;
    default:
      return 0;
  }
}

std::string target_text(const IpAddress& destination, std::uint32_t interface_index) {
  std::array<char, IF_NAMESIZE> name{};
  std::string text = address_text(destination);
  if (interface_index != 0 && if_indextoname(interface_index, name.data()) != nullptr) {
    text += std::string(" through ") + name.data();
  }
  return text;
}

/// What a refusal says about the route; null for errors that say nothing about it.
const char* why_refused(int error) {
  switch (error) {
    case ENETUNREACH:
      return "no route of this host covers it";
    case EHOSTUNREACH:
      return "a route of this host declares it unreachable";
    case EACCES:
      return "a route of this host prohibits it";
    case EINVAL:
      return "a blackhole route of this host discards it";
    default:
      return nullptr;
  }
}

[[noreturn]] void refuse(const std::string& target, int error) {
  const char* why = why_refused(error);
  if (why == nullptr) throw_system_error("cannot find the route to " + target, error);
  throw PlatformError(Fault::no_route, "no route to " + target + ": " + why, error);
}

/// Asked for a device that has no route, IPv4 assumes the destination to be on its link and says so
/// by naming no table.
bool is_assumed(const IpAddress& destination, const rtmsg& route) {
  return !destination.is_v6() && route.rtm_table == RT_TABLE_UNSPEC;
}

std::optional<IpAddress> gateway_of(const NetlinkMessage& message) {
  if (const auto via = message.attribute(sizeof(rtmsg), RTA_VIA)) {
    // struct rtvia: a family, then the address (an IPv6 gateway of an IPv4 route).
    if (via->size() > sizeof(rtvia)) return netlink_address(via->subspan(sizeof(rtvia)));
  }
  return netlink_address(message.attribute(sizeof(rtmsg), RTA_GATEWAY));
}

Route parse_route(const NetlinkMessage& message, const std::string& target) {
  const auto source = netlink_address(message.attribute(sizeof(rtmsg), RTA_PREFSRC));
  const auto device = netlink_u32(message.attribute(sizeof(rtmsg), RTA_OIF));
  if (!device) refuse(target, ENETUNREACH);
  if (!source) {
    throw PlatformError(Fault::no_route,
                        "no route to " + target + ": this host has no address to send from");
  }
  return {*device, *source, gateway_of(message)};
}

}  // namespace

Route lookup_route(const IpAddress& destination, std::uint32_t interface_index) {
  NetlinkSocket socket;
  NetlinkReply reply = ask_route(socket, destination, 0);
  // Whatever device is asked for, the host's own addresses are reached through loopback.
  if (type_of(reply) == RTN_LOCAL) return {kLoopbackIndex, destination, std::nullopt};
  if (interface_index != 0) reply = ask_route(socket, destination, interface_index);
  const std::string target = target_text(destination, interface_index);
  if (const int refusal = refusal_of(reply)) refuse(target, refusal);
  const NetlinkMessage& answer = reply.messages().front();
  if (is_assumed(destination, answer.body<rtmsg>())) refuse(target, ENETUNREACH);
  return parse_route(answer, target);
}

}  // namespace pacegate::platform
