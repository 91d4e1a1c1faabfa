#include "platform/interface.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <utility>

#include "platform/error.h"
#include "platform/linux/ip_bytes.h"
#include "platform/linux/link_state.h"
#include "platform/linux/netlink.h"
#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

LinkType link_type(unsigned short hardware) {
  switch (hardware) {
    case ARPHRD_ETHER:
      return LinkType::ethernet;
    case ARPHRD_LOOPBACK:
      return LinkType::loopback;
    case ARPHRD_NONE:  // tun, wireguard
    case ARPHRD_PPP:
    case ARPHRD_RAWIP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_IP6GRE:
      return LinkType::ip;
    default:
      return LinkType::other;
  }
}

/// Carrier counts as well as the switch: without it the kernel takes each packet and drops it.
bool is_up(unsigned flags) {
  return (flags & IFF_UP) != 0 && (flags & IFF_LOWER_UP) != 0;
}

Interface parse_link(const NetlinkMessage& message) {
  const auto link = message.body<ifinfomsg>();
  Interface result;
  result.index = static_cast<std::uint32_t>(link.ifi_index);
  result.link = link_type(link.ifi_type);
  result.up = is_up(link.ifi_flags);
  result.mtu = netlink_u32(message.attribute(sizeof link, IFLA_MTU)).value_or(0);
  if (const auto name = message.attribute(sizeof link, IFLA_IFNAME)) {
    result.name.assign(name->begin(), std::find(name->begin(), name->end(), 0));
  }
  const auto mac = message.attribute(sizeof link, IFLA_ADDRESS);
  if (result.link == LinkType::ethernet && mac && mac->size() == result.mac.bytes.size()) {
    std::copy(mac->begin(), mac->end(), result.mac.bytes.begin());
  }
  return result;
}

/// On a point-to-point device IFA_ADDRESS is the far end; IFA_LOCAL, when present, is always ours.
void add_address(const NetlinkMessage& message, std::vector<Interface>& interfaces) {
  const auto header = message.body<ifaddrmsg>();
  auto address = netlink_address(message.attribute(sizeof header, IFA_LOCAL));
  if (!address) address = netlink_address(message.attribute(sizeof header, IFA_ADDRESS));
  const auto owner = std::find_if(interfaces.begin(), interfaces.end(),
                                  [&](const Interface& i) { return i.index == header.ifa_index; });
  if (address && owner != interfaces.end()) owner->addresses.push_back(*address);
}

void require_answer(const NetlinkReply& reply) {
  if (reply.error() != 0) throw_system_error("cannot list the network interfaces", reply.error());
}

template <class Matches>
std::optional<Interface> find_if_any(const Matches& matches) {
  for (Interface& interface : list_interfaces()) {
    if (matches(interface)) return std::move(interface);
  }
  return std::nullopt;
}

std::string known_names() {
  std::string names;
  for (const Interface& interface : list_interfaces()) {
    names += (names.empty() ? "" : ", ") + interface.name;
  }
  return names;
}

}  // namespace

std::vector<Interface> list_interfaces() {
  NetlinkSocket socket;
  std::vector<Interface> interfaces;
  const NetlinkReply links = socket.ask({RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}});
  require_answer(links);
  for (const NetlinkMessage& message : links.messages()) {
    if (message.type == RTM_NEWLINK) interfaces.push_back(parse_link(message));
  }
  std::sort(interfaces.begin(), interfaces.end(),
            [](const Interface& a, const Interface& b) { return a.index < b.index; });
  const NetlinkReply addresses = socket.ask({RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}});
  require_answer(addresses);
  for (const NetlinkMessage& message : addresses.messages()) {
    if (message.type == RTM_NEWADDR) add_address(message, interfaces);
  }
  return interfaces;
}

Interface find_interface(const std::string& name) {
  auto found = find_if_any([&](const Interface& i) { return i.name == name; });
  if (found) return std::move(*found);
  throw PlatformError(Fault::no_such_interface, "no network interface named \"" + name +
                                                    "\"; this host has " + known_names());
}

Interface find_interface(std::uint32_t index) {
  auto found = find_if_any([&](const Interface& i) { return i.index == index; });
  if (found) return std::move(*found);
  throw PlatformError(Fault::no_such_interface,
                      "no network interface with index " + std::to_string(index));
}

void require_link_up(const Interface& interface) {
  ifinfomsg wanted{};
  wanted.ifi_index = static_cast<int>(interface.index);
  const NetlinkReply reply = NetlinkSocket().ask({RTM_GETLINK, 0, wanted});
  if (reply.error() != 0 || reply.messages().empty()) {
    throw PlatformError(Fault::no_such_interface, interface.name + " no longer exists",
                        reply.error());
  }
  const unsigned flags = reply.messages().front().body<ifinfomsg>().ifi_flags;
  if (is_up(flags)) return;
  const bool switched_on = (flags & IFF_UP) != 0;
  throw PlatformError(
      Fault::interface_down,
      interface.name + (switched_on
                            ? " has no carrier: its cable or its peer is down"
                            : " is down: `ip link set " + interface.name + " up` switches it on"));
}

}  // namespace pacegate::platform
