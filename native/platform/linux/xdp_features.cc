#include "platform/linux/xdp_features.h"

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "platform/linux/netlink.h"

namespace pacegate::platform {
namespace {

// linux/netdev.h, which older kernel headers lack.
constexpr std::uint8_t kNetdevDevGet = 1;
constexpr std::uint16_t kNetdevIfindex = 1;
constexpr std::uint16_t kNetdevXdpFeatures = 3;

template <class Number>
std::optional<Number> number(std::optional<NetlinkBytes> value) {
  Number result{};
  if (!value || value->size() < sizeof result) return std::nullopt;
  std::memcpy(&result, value->data(), sizeof result);
  return result;
}

std::optional<std::uint16_t> netdev_family(NetlinkSocket& socket) {
  constexpr std::array<std::uint8_t, 7> kName{'n', 'e', 't', 'd', 'e', 'v', 0};
  NetlinkRequest request(GENL_ID_CTRL, 0, genlmsghdr{CTRL_CMD_GETFAMILY, 1, 0});
  request.add(CTRL_ATTR_FAMILY_NAME, kName);
  const NetlinkReply reply = socket.ask(request);
  if (reply.error() != 0 || reply.messages().empty()) return std::nullopt;
  return number<std::uint16_t>(
      reply.messages().front().attribute(sizeof(genlmsghdr), CTRL_ATTR_FAMILY_ID));
}

}  // namespace

std::optional<std::uint64_t> xdp_features(std::uint32_t interface_index) {
  NetlinkSocket socket(NETLINK_GENERIC);
  const auto family = netdev_family(socket);
  if (!family) return std::nullopt;
  NetlinkRequest request(*family, 0, genlmsghdr{kNetdevDevGet, 1, 0});
  request.add(kNetdevIfindex, interface_index);
  const NetlinkReply reply = socket.ask(request);
  if (reply.error() != 0 || reply.messages().empty()) return std::nullopt;
  return number<std::uint64_t>(
      reply.messages().front().attribute(sizeof(genlmsghdr), kNetdevXdpFeatures));
}

std::string device_kind(std::uint32_t interface_index) {
  ifinfomsg wanted{};
  wanted.ifi_index = static_cast<int>(interface_index);
  const NetlinkReply reply = NetlinkSocket().ask({RTM_GETLINK, 0, wanted});
  if (reply.error() != 0 || reply.messages().empty()) return "";
  const auto info = reply.messages().front().attribute(sizeof wanted, IFLA_LINKINFO);
  if (!info) return "";
  const auto kind = NetlinkMessage{0, *info}.attribute(0, IFLA_INFO_KIND);
  return kind ? std::string(kind->begin(), std::find(kind->begin(), kind->end(), 0)) : "";
}

}  // namespace pacegate::platform
