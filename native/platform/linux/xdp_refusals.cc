#include "platform/linux/xdp_refusals.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/linux/netlink.h"

namespace pacegate::platform {
namespace {

constexpr std::uint64_t kReadEveryNs = 100 * kNsPerMs;

/// \return absent when the device is gone
std::optional<std::uint64_t> transmit_drops(std::uint32_t interface_index) noexcept {
  try {
    ifinfomsg wanted{};
    wanted.ifi_index = static_cast<int>(interface_index);
    const NetlinkReply reply = NetlinkSocket().ask({RTM_GETLINK, 0, wanted});
    if (reply.error() != 0 || reply.messages().empty()) return std::nullopt;
    const auto bytes = reply.messages().front().attribute(sizeof wanted, IFLA_STATS64);
    if (!bytes) return std::nullopt;
    rtnl_link_stats64 statistics{};
    std::memcpy(&statistics, bytes->data(), std::min(sizeof statistics, bytes->size()));
    return statistics.tx_dropped;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

XdpRefusals::XdpRefusals(const XdpRing& ring, bool programs_count, std::uint32_t interface_index)
    : ring_(ring), programs_count_(programs_count), interface_index_(interface_index) {
  if (!programs_count_) drops_before_ = transmit_drops(interface_index_).value_or(0);
}

std::uint64_t XdpRefusals::total() noexcept {
  const std::uint64_t counted =
      shared_word(ring_.control().refused).load(std::memory_order_acquire);
  if (programs_count_) return counted;
  const std::uint64_t now_ns = monotonic_ns();
  if (now_ns >= next_read_ns_) {
    next_read_ns_ = now_ns + kReadEveryNs;
    const std::uint64_t drops = transmit_drops(interface_index_).value_or(0);
    if (drops > drops_before_) drops_ = std::max(drops_, drops - drops_before_);
  }
  return counted + drops_;
}

}  // namespace pacegate::platform
