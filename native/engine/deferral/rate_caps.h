/// \file
/// Upper bounds for the packets to one address and to one prefix, beside the rate of the whole scan.
#pragma once

#include <cstdint>
#include <optional>

#include "core/ip_address.h"
#include "core/limit/backoff_key.h"
#include "core/limit/key_id.h"
#include "core/limit/keyed_table.h"
#include "core/scan/siphash.h"
#include "engine/deferral/block_key.h"

namespace pacegate {

/// Packets per second; 0: no cap.
struct RateCapOptions {
  double target_rate = 0;
  double prefix_rate = 0;
  BackoffPrefixes prefixes{.v4 = 24, .v6 = 64};  ///< what shares `prefix_rate`
};

/// One bucket (GCRA) a key, so in every window of t seconds at most burst + rate x t packets are
/// taken. The burst is 10 ms of the rate and at least one packet: the wake-up of the sending thread
/// must not be what limits. One thread's.
class RateCaps {
 public:
  RateCaps(const RateCapOptions& options, const SipKey& seed);

  [[nodiscard]] bool any() const noexcept { return target_ || zone_; }

  struct Verdict {
    bool allowed = true;
    BlockScope blocker = BlockScope::target;
    std::uint64_t until_ns = 0;  ///< refused: when to ask again; after now
  };
  /// Takes one packet from both buckets, or from none.
  Verdict take(const IpAddress& address, std::uint64_t now_ns) noexcept;

  /// Lowers the caps to a part of what the options say, for one of several that share them: the parts of all together
  /// must not exceed 1. What is owed stays. Looks at every key when the part is another one.
  /// \param part above 0, at most 1
  void set_part(double part, std::uint64_t now_ns) noexcept;

  /// Tokens of a full bucket of that rate.
  [[nodiscard]] static double burst_of(double rate) noexcept;

 private:
  /// \return 0 when taken, else when to ask again
  static std::uint64_t take_from(KeyedTable& table, KeyId id, std::uint64_t now_ns) noexcept;
  [[nodiscard]] KeyId zone_id(const IpAddress& address) const noexcept;

  RateCapOptions options_;
  double part_ = 1;
  KeyHasher target_hasher_;
  KeyHasher zone_hasher_;
  std::optional<KeyedTable> target_;
  std::optional<KeyedTable> zone_;
};

}  // namespace pacegate
