#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "platform/linux/ip_bytes.h"
#include "platform/linux/netlink.h"
#include "platform/linux/system_error.h"
#include "platform/route.h"

namespace pacegate::platform {
namespace {

/// States in which the kernel itself would send to the address. STALE and DELAY merely mean that it
/// would ask again soon.
constexpr unsigned kUsable =
    NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;

std::optional<packet::MacAddress> mac_of(const NetlinkMessage& message) {
  const auto value = message.attribute(sizeof(ndmsg), NDA_LLADDR);
  packet::MacAddress mac;
  if (!value || value->size() != mac.bytes.size()) return std::nullopt;
  std::copy(value->begin(), value->end(), mac.bytes.begin());
  return mac;
}

}  // namespace

std::optional<packet::MacAddress> cached_neighbour(std::uint32_t interface_index,
                                                   const IpAddress& address) {
  ndmsg wanted{};
  wanted.ndm_family = address_family(address);
  NetlinkRequest request(RTM_GETNEIGH, NLM_F_DUMP, wanted);
  request.add(NDA_IFINDEX, interface_index);
  const NetlinkReply reply = NetlinkSocket().ask(request);
  if (reply.error() != 0) throw_system_error("cannot read the neighbour table", reply.error());
  for (const NetlinkMessage& message : reply.messages()) {
    const auto entry = message.body<ndmsg>();
    // Old kernels ignore the filter on the device.
    if (message.type == RTM_NEWNEIGH && (entry.ndm_state & kUsable) != 0 &&
        entry.ndm_ifindex == static_cast<int>(interface_index) &&
        netlink_address(message.attribute(sizeof entry, NDA_DST)) == address) {
      return mac_of(message);
    }
  }
  return std::nullopt;
}

}  // namespace pacegate::platform
