#include "engine/neighbour_resolver.h"

#include <algorithm>

#include "core/time.h"
#include "packet/build.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/route.h"

namespace pacegate {
namespace {

constexpr int kRounds = 3;
constexpr std::uint64_t kMaxAnswerNs = 1000 * kNsPerMs;  // RFC 4861: RETRANS_TIMER
constexpr std::uint64_t kPollNs = kNsPerMs / 2;

// An address of ours to ask from: the path's own, or, where the hop is of the other family (an IPv4
// route by way of an IPv6 gateway), one that the device has.
std::optional<IpAddress> question_source(const Link& link, const Path& path, IpFamily family) {
  if (path.source.family() == family) return path.source;
  for (const IpAddress& own : link.interface.addresses) {
    if (own.family() == family) return own;
  }
  return std::nullopt;
}

// Without the kernel's table a hop is simply unknown, which its targets will report.
std::optional<packet::MacAddress> kernel_neighbour(std::uint32_t interface_index,
                                                   const IpAddress& address) {
  try {
    return platform::cached_neighbour(interface_index, address);
  } catch (const platform::PlatformError&) {
    return std::nullopt;
  }
}

}  // namespace

NeighbourResolver::NeighbourResolver(ScanContext& context, ScanControl& control,
                                     PacingSchedule& schedule, NeighbourTable& table)
    : context_(context), control_(control), schedule_(schedule), table_(table) {
  collect_hops();
}

bool NeighbourResolver::covers(const Hops& hops, const IpAddress& address) {
  return address.family() == hops.first.family() && address >= hops.first &&
         address <= hops.first.plus(hops.count - 1);
}

void NeighbourResolver::collect_hops() {
  const Network& network = context_.network;
  for (const Path& path : network.paths) {
    if (!path.gateway || !network.links[path.link].sender->takes_ethernet()) continue;
    hops_.push_back({*path.gateway, 1, &path});
  }
  // Two paths may share a gateway; a hop counted twice would never be complete.
  std::sort(hops_.begin(), hops_.end(),
            [](const Hops& a, const Hops& b) { return a.first < b.first; });
  hops_.erase(std::unique(hops_.begin(), hops_.end(),
                          [](const Hops& a, const Hops& b) { return a.first == b.first; }),
              hops_.end());
  for (const TargetRange& range : network.ranges) {
    if (range.route == kNoRoute) continue;
    const Path& path = network.paths[range.route];
    if (path.gateway || !network.links[path.link].sender->takes_ethernet()) continue;
    const Hops targets{range.first, range.count, &path};
    std::erase_if(
        hops_, [&](const Hops& hops) { return hops.path->gateway && covers(targets, hops.first); });
    hops_.push_back(targets);
  }
  for (const Hops& hops : hops_) wanted_ += hops.count;
}

void NeighbourResolver::run(const std::function<bool()>& interrupted) {
  for (int round = 0; round < kRounds && !complete() && !interrupted(); ++round) {
    ask_round(interrupted);
    const std::uint64_t wait_ns = std::min(context_.options.timeout_ns, kMaxAnswerNs);
    listen_until(platform::monotonic_ns() + wait_ns, interrupted);
  }
  if (!complete()) use_kernel_cache_for_gateways();
  context_.slots.set(
      kSlotSilentNeighbours,
      static_cast<double>(wanted_ - std::min<std::uint64_t>(wanted_, table_.size())));
}

void NeighbourResolver::ask_round(const std::function<bool()>& interrupted) {
  for (const Hops& hops : hops_) {
    for (std::uint64_t i = 0; i < hops.count; ++i) {
      const IpAddress target = hops.first.plus(i);
      take_replies();
      if (table_.find(target) != nullptr) continue;
      while (schedule_.due(platform::monotonic_ns()) == 0) {
        if (interrupted()) return;
        control_.waiter.wait_until(schedule_.next_deadline_ns());
      }
      ask(hops, target);
    }
  }
}

void NeighbourResolver::ask(const Hops& hops, const IpAddress& target) {
  const Link& link = context_.network.links[hops.path->link];
  const auto source = question_source(link, *hops.path, target.family());
  if (!source) return;
  platform::PacketSender& sender = *link.sender;
  const std::size_t bytes =
      packet::build_neighbour_request({link.interface.mac, *source, target}, sender.slot(0));
  sender.set_length(0, bytes);
  const platform::SendReport report = sender.send(0, 1);
  // A refusal is charged like a packet, or a device that is down would make this spin.
  schedule_.commit(1);
  context_.slots.add(report.accepted == 1 ? kSlotSent : kSlotSendFailed, 1);
}

void NeighbourResolver::listen_until(std::uint64_t deadline_ns,
                                     const std::function<bool()>& interrupted) {
  while (!interrupted()) {
    take_replies();
    const std::uint64_t now = platform::monotonic_ns();
    if (complete() || now >= deadline_ns) return;
    control_.waiter.wait_until(std::min(deadline_ns, now + kPollNs));
  }
}

void NeighbourResolver::take_replies() {
  packet::NeighbourReply replies[64];
  for (const auto& feed : context_.feeds) {
    while (const std::size_t count = feed->neighbours.pop(replies)) {
      for (std::size_t i = 0; i < count; ++i) {
        const IpAddress& from = replies[i].address;
        const bool asked = std::any_of(hops_.begin(), hops_.end(),
                                       [&](const Hops& hops) { return covers(hops, from); });
        if (asked) table_.insert(from, replies[i].mac);
      }
    }
  }
}

// A gateway that routes but answers no ARP is rare, but the kernel may well have its address by
// other means.
void NeighbourResolver::use_kernel_cache_for_gateways() {
  for (const Hops& hops : hops_) {
    if (!hops.path->gateway || table_.find(hops.first) != nullptr) continue;
    const Link& link = context_.network.links[hops.path->link];
    const auto mac = kernel_neighbour(link.interface.index, hops.first);
    if (mac) table_.insert(hops.first, *mac);
  }
}

}  // namespace pacegate
