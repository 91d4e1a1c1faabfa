/// \file
/// Asking the links for the MAC addresses of next hops before a scan, at the scan's own pace.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/ip_address.h"
#include "core/pacing_schedule.h"
#include "engine/neighbour_table.h"
#include "engine/scan_context.h"
#include "engine/scan_control.h"

namespace pacegate {

/// ARP (RFC 826) for IPv4, neighbour discovery (RFC 4861) for IPv6. Each hop that stays silent is
/// asked three times, as RFC 4861 section 10 and Linux do. Every request is charged to the
/// schedule: a limit on packets is a limit on all packets. The sending thread's.
class NeighbourResolver {
 public:
  NeighbourResolver(ScanContext& context, ScanControl& control, PacingSchedule& schedule,
                    NeighbourTable& table);

  /// Returns when every hop has answered, or had its three chances, or the scan is stopped.
  /// \param interrupted polled between packets
  void run(const std::function<bool()>& interrupted);

 private:
  /// Consecutive next hops on one link: the targets of a range, or a gateway.
  struct Hops {
    IpAddress first;
    std::uint64_t count = 1;
    const Path* path = nullptr;
  };

  [[nodiscard]] static bool covers(const Hops& hops, const IpAddress& address);
  void collect_hops();
  void ask_round(const std::function<bool()>& interrupted);
  void ask(const Hops& hops, const IpAddress& target);
  void listen_until(std::uint64_t deadline_ns, const std::function<bool()>& interrupted);
  void take_replies();
  void use_kernel_cache_for_gateways();
  [[nodiscard]] bool complete() const { return table_.size() >= wanted_; }

  ScanContext& context_;
  ScanControl& control_;
  PacingSchedule& schedule_;
  NeighbourTable& table_;
  std::vector<Hops> hops_;
  std::uint64_t wanted_ = 0;
};

}  // namespace pacegate
