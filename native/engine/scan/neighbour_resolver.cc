#include "engine/scan/neighbour_resolver.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "core/time.h"
#include "engine/pacing/departure_count.h"
#include "packet/build.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/route.h"

namespace pacegate {
namespace {

constexpr int kRounds = 3;
constexpr std::uint64_t kMaxAnswerNs = 1000 * kNsPerMs;  // RFC 4861: RETRANS_TIMER
constexpr std::uint64_t kPollNs = kNsPerMs / 2;
constexpr std::uint64_t kPausedPollNs = 200 * kNsPerMs;

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

NeighbourResolver::NeighbourResolver(ScanContext& context, ScanControl& control, Pacer& pacer,
                                     BucketCharge& tokens, std::vector<NeighbourTable>& tables)
    : context_(context), control_(control), pacer_(pacer), tokens_(tokens), tables_(tables) {
  collect_hops();
  add_gateways();
  for (const Hops& hops : hops_) wanted_ += hops.count;
}

bool NeighbourResolver::before(const Hops& a, const Hops& b) {
  return std::tie(a.path->link, a.first) < std::tie(b.path->link, b.first);
}

void NeighbourResolver::collect_hops() {
  const Network& network = context_.network;
  for (const TargetRange& range : context_.plan.ranges()) {
    if (range.route == kNoRoute) continue;
    const Path& path = network.paths[range.route];
    if (path.gateway || !network.links[path.link].sender->takes_ethernet()) continue;
    hops_.push_back({&path, range.first, range.count});
  }
  std::sort(hops_.begin(), hops_.end(), before);
}

// A gateway that is itself a target, or that two paths share, is asked once.
void NeighbourResolver::add_gateways() {
  std::vector<Hops> gateways;
  for (const Path& path : context_.network.paths) {
    if (!path.gateway || !context_.network.links[path.link].sender->takes_ethernet()) continue;
    if (hops_with(path.link, *path.gateway) == nullptr) gateways.push_back({&path, *path.gateway});
  }
  std::sort(gateways.begin(), gateways.end(), before);
  const auto same = [](const Hops& a, const Hops& b) { return !before(a, b) && !before(b, a); };
  gateways.erase(std::unique(gateways.begin(), gateways.end(), same), gateways.end());
  hops_.insert(hops_.end(), gateways.begin(), gateways.end());
  std::sort(hops_.begin(), hops_.end(), before);
}

const NeighbourResolver::Hops* NeighbourResolver::hops_with(std::uint32_t link,
                                                            const IpAddress& address) const {
  const auto key = std::tie(link, address);
  const auto after =
      std::upper_bound(hops_.begin(), hops_.end(), key, [](const auto& wanted, const Hops& hops) {
        return wanted < std::tie(hops.path->link, hops.first);
      });
  if (after == hops_.begin()) return nullptr;
  const Hops& hops = *(after - 1);
  const bool inside = hops.path->link == link && hops.first.family() == address.family() &&
                      address <= hops.first.plus(hops.count - 1);
  return inside ? &hops : nullptr;
}

bool NeighbourResolver::run(const std::function<bool()>& interrupted) {
  for (int round = 0; round < kRounds && !complete() && !interrupted(); ++round) {
    ask_round(interrupted);
    const std::uint64_t wait_ns = std::min(context_.options.timeout_ns, kMaxAnswerNs);
    listen_until(platform::monotonic_ns() + pacer_.lead_ns() + wait_ns, interrupted);
  }
  await_departures(interrupted);
  if (!complete()) use_kernel_cache_for_gateways();
  context_.slots.set(kSlotSilentNeighbours, static_cast<double>(wanted_ - known_));
  return known_ > 0 || accepted_ > 0 || refused_ == 0;
}

void NeighbourResolver::ask_round(const std::function<bool()>& interrupted) {
  for (const Hops& hops : hops_) {
    for (std::uint64_t i = 0; i < hops.count; ++i) {
      if (interrupted()) return;
      const IpAddress target = hops.first.plus(i);
      take_replies();
      if (tables_[hops.path->link].find(target) != nullptr) continue;
      const Link& link = context_.network.links[hops.path->link];
      while (!may_ask() || link.sender->room() == 0) {
        if (interrupted()) return;
        take_departures();  // that makes room
        control_.waiter.wait_until(next_wake_ns(platform::monotonic_ns()));
      }
      ask(hops, target);
    }
  }
}

// Obeys pause() and set_rate() as the send loop does.
bool NeighbourResolver::may_ask() {
  const std::uint64_t now = platform::monotonic_ns();
  control_.follow_rate(pacer_, context_.slots, now);
  if (control_.paused.load(std::memory_order_acquire)) {
    pacer_.restart(now);
    return false;
  }
  if (starved_) pacer_.restart(now - context_.options.catch_up_ns);
  if (pacer_.due(now) == 0) return false;
  starved_ = tokens_.take(1, now) == 0;
  return !starved_;
}

std::uint64_t NeighbourResolver::next_wake_ns(std::uint64_t now_ns) const {
  if (control_.paused.load(std::memory_order_acquire)) return now_ns + kPausedPollNs;
  // Others may put tokens into the limiter without waking this thread.
  if (starved_) return std::min(tokens_.ready_ns(now_ns), now_ns + kPausedPollNs);
  return pacer_.next_wake_ns(now_ns);
}

void NeighbourResolver::ask(const Hops& hops, const IpAddress& target) {
  const Link& link = context_.network.links[hops.path->link];
  const auto source = question_source(link, *hops.path, target.family());
  if (!source) return;
  platform::PacketSender& sender = *link.sender;
  const std::size_t bytes =
      packet::build_neighbour_request({link.interface.mac, *source, target}, sender.slot(0));
  sender.set_length(0, bytes);
  sender.set_departure(0, pacer_.departure_ns(0));
  const platform::SendReport report = sender.send(0, 1);
  // A refusal is charged like a packet, or a device that is down would make this spin.
  pacer_.commit(1);
  if (report.accepted == 1) {
    tokens_.spend(1);
    ++accepted_;
    if (sender.lead_ns() == 0) context_.slots.add(kSlotSent, 1);
    return;
  }
  ++refused_;
  const bool busy = report.outcome == platform::SendOutcome::busy;
  context_.slots.add(busy ? kSlotSendBusy : kSlotSendFailed, 1);
  context_.slots.set(kSlotFaultErrno, report.system_error);
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

// What a sender with a lead holds is counted when it has left.
void NeighbourResolver::take_departures() {
  LatencyHistogram gaps;
  for (const Link& link : context_.network.links) {
    const platform::Departures departures = link.sender->take_departures(gaps);
    count_departures(context_.slots, kSlotSent, kSlotSendFailed, departures);
  }
}

// So that the send loop finds nothing held that is not its own.
void NeighbourResolver::await_departures(const std::function<bool()>& interrupted) {
  const auto holds = [](const Link& link) { return link.sender->held() > 0; };
  const auto& links = context_.network.links;
  const std::uint64_t deadline_ns = platform::monotonic_ns() + pacer_.lead_ns() + kMaxAnswerNs;
  for (;;) {
    const std::uint64_t now = platform::monotonic_ns();
    const bool holding = std::any_of(links.begin(), links.end(), holds);
    take_departures();
    if (!holding || now >= deadline_ns || interrupted()) return;
    control_.waiter.wait_until(now + kPollNs);
  }
}

void NeighbourResolver::take_replies() {
  packet::NeighbourReply replies[64];
  for (std::uint32_t link = 0; link < context_.feeds.size(); ++link) {
    while (const std::size_t count = context_.feeds[link]->neighbours.pop(replies)) {
      for (std::size_t i = 0; i < count; ++i) learn(link, replies[i].address, replies[i].mac);
    }
  }
}

void NeighbourResolver::learn(std::uint32_t link, const IpAddress& address,
                              const packet::MacAddress& mac) {
  if (hops_with(link, address) != nullptr && tables_[link].insert(address, mac)) ++known_;
}

// A gateway that routes but answers no ARP is rare, but the kernel may well have its address by other means.
void NeighbourResolver::use_kernel_cache_for_gateways() {
  for (const Hops& hops : hops_) {
    const std::uint32_t link = hops.path->link;
    if (!hops.path->gateway || tables_[link].find(hops.first) != nullptr) continue;
    const auto mac = kernel_neighbour(context_.network.links[link].interface.index, hops.first);
    if (mac) learn(link, hops.first, *mac);
  }
}

}  // namespace pacegate
