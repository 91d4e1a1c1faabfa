/// \file
/// Asking the links for the MAC addresses of next hops before a scan, at the scan's own pace.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/ip_address.h"
#include "engine/pacing/bucket_charge.h"
#include "engine/pacing/pacer.h"
#include "engine/scan/neighbour_table.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/scan_control.h"

namespace pacegate {

/// ARP (RFC 826) for IPv4, neighbour discovery (RFC 4861) for IPv6. Each hop that stays silent is asked three times,
/// as RFC 4861 section 10 and Linux do. Every request is charged to the pacer and the limiter: a limit on
/// packets is a limit on all packets. The sending thread's.
class NeighbourResolver {
 public:
  /// \param tables one a link, to be filled: two links may know different machines by one address
  NeighbourResolver(ScanContext& context, ScanControl& control, Pacer& pacer, BucketCharge& tokens,
                    std::vector<NeighbourTable>& tables);

  /// Returns when every hop has answered, or had its three chances, or the scan is stopped.
  /// \param interrupted polled between packets
  /// \return false when the devices refused every request
  [[nodiscard]] bool run(const std::function<bool()>& interrupted);

 private:
  /// Consecutive next hops on one link: the targets of a range, or a gateway.
  struct Hops {
    const Path* path = nullptr;
    IpAddress first;
    std::uint64_t count = 1;
  };

  [[nodiscard]] static bool before(const Hops& a, const Hops& b);
  void collect_hops();
  void add_gateways();
  /// The hops that an address on a link belongs to, or nullptr.
  [[nodiscard]] const Hops* hops_with(std::uint32_t link, const IpAddress& address) const;
  void ask_round(const std::function<bool()>& interrupted);
  [[nodiscard]] bool may_ask();
  [[nodiscard]] std::uint64_t next_wake_ns(std::uint64_t now_ns) const;
  void ask(const Hops& hops, const IpAddress& target);
  void listen_until(std::uint64_t deadline_ns, const std::function<bool()>& interrupted);
  void take_replies();
  void take_departures();
  void await_departures(const std::function<bool()>& interrupted);
  void learn(std::uint32_t link, const IpAddress& address, const packet::MacAddress& mac);
  void use_kernel_cache_for_gateways();
  [[nodiscard]] bool complete() const { return known_ >= wanted_; }

  ScanContext& context_;
  ScanControl& control_;
  Pacer& pacer_;
  BucketCharge& tokens_;
  std::vector<NeighbourTable>& tables_;
  std::vector<Hops> hops_;  // sorted by link and address, disjoint
  bool starved_ = false;    // the limiter had no token
  std::uint64_t wanted_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace pacegate
