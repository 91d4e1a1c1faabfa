/// \file
/// Everything a scan is told, already validated by the layer above.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ip_address.h"
#include "core/limit/token_bucket.h"
#include "core/scan/siphash.h"
#include "core/time.h"
#include "engine/deferral/rate_caps.h"
#include "engine/hosts/host_options.h"
#include "engine/pacing/pacing_options.h"
#include "engine/scan/scan_record.h"

namespace pacegate {

/// Inclusive, both of one family.
struct AddressRange {
  IpAddress first;
  IpAddress last;
};

/// `connect` opens connections instead of sending packets.
enum class Backend : std::uint8_t { automatic, packet, raw_ip, xdp, pcap, connect };

/// Where every packet of the scan is recorded.
struct RecordOptions {
  std::string file;      ///< UTF-8; empty: nowhere
  bool goes_on = false;  ///< adds to what an earlier scan has recorded there
};

struct ScanOptions {
  std::vector<AddressRange> ranges;  ///< sorted, disjoint
  std::vector<std::uint16_t> ports;  ///< sorted, without duplicates
  double rate = 100;                 ///< packets per second, all packets counted
  Precision precision = Precision::balanced;
  std::uint64_t catch_up_ns = PacingSchedule::kDefaultCatchUpNs;
  std::uint32_t retries = 1;      ///< further probes to a silent target, exactly
  std::uint64_t timeout_ns = 0;   ///< wait after each probe
  bool adaptive_timeout = false;  ///< but for the last: retry_timeout_ns()
  std::uint64_t seed = 0;         ///< order of the probes
  SipKey cookie_key{};            ///< secret; must not follow from the seed
  std::uint16_t source_port = 0;  ///< with auto_rate, the next one is used too
  std::string interface_name;     ///< empty: by route
  Backend backend = Backend::automatic;
  std::uint32_t max_sockets = 1;    ///< Backend::connect: connections under way at once
  std::uint8_t report_mask = 0xff;  ///< bit per PortState
  std::uint64_t start_position = 0;
  /// One past the last position: a shard ends before the plan does. Beyond the plan: its end.
  std::uint64_t end_position = UINT64_MAX;

  bool auto_rate = false;  ///< `rate` is where the search begins
  double auto_rate_cap = PacingSchedule::kMaxRate;

  bool adaptive_rate = false;  ///< targets that answer "prohibited" are backed off
  std::uint64_t backoff_base_ns = 2 * kNsPerSecond;    ///< first silence; tests have a shorter one
  std::uint64_t backoff_limit_ns = 60 * kNsPerSecond;  ///< see GateOptions
  RateCapOptions caps;
  /// With a hostgroup positions count the pairs of the HostOrder; otherwise those of the Permutation.
  HostgroupOptions hostgroup;
  RecordOptions record;

  /// Each packet takes a token, at whatever rate; nullptr: none does. Must outlive the scan; others may use it too.
  TokenBucket* limiter = nullptr;

  [[nodiscard]] bool has_hostgroup() const { return hostgroup.max > 0; }
  /// The most that may be sent in a second.
  [[nodiscard]] double top_rate() const { return auto_rate ? auto_rate_cap : rate; }
  /// Of canaries, by which their answers are told from others; 0 for none.
  [[nodiscard]] std::uint16_t canary_port() const {
    return auto_rate ? static_cast<std::uint16_t>(source_port + 1) : std::uint16_t{0};
  }
  /// Whether some pairs may have to wait.
  [[nodiscard]] bool defers() const {
    return adaptive_rate || caps.target_rate > 0 || caps.prefix_rate > 0 || has_hostgroup();
  }
  [[nodiscard]] PacingOptions pacing() const { return {rate, precision, catch_up_ns}; }
  [[nodiscard]] bool reports(PortState state) const {
    return (report_mask >> static_cast<unsigned>(state)) & 1U;
  }
};

}  // namespace pacegate
