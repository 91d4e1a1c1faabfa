/// \file
/// May a probe go to this address now? The back-off of targets that answer "prohibited", the back-off
/// of networks in which several do, and the caps.
#pragma once

#include <cstdint>
#include <optional>

#include "core/ip_address.h"
#include "core/limit/backoff_table.h"
#include "core/scan/siphash.h"
#include "engine/deferral/block_key.h"
#include "engine/deferral/rate_caps.h"
#include "engine/deferral/silence_table.h"

namespace pacegate {

struct GateOptions {
  bool back_off = false;                               ///< whether complaints count
  std::uint64_t backoff_limit_ns = 60 * kNsPerSecond;  ///< BackoffOptions::kForever: never give up
  BackoffOptions levels{.max_level = 4, .prefixes = {}, .seed = {}};
  BackoffPrefixes networks{.v4 = 24, .v6 = 64};  ///< what backs off as a whole
  RateCapOptions caps{};
  SipKey seed{};                 ///< secret, random
  bool is_always_asked = false;  ///< never quiet: something beside the gate holds pairs back
};

/// One thread's: the sending one's. Time is an argument, and a probe asked for at a time counts as
/// leaving at that time. A target that complains is left alone for 2 s, then 4, 8 and 16; a network,
/// when three of its addresses do. Behind each silence one probe goes out, and nothing else until its
/// outcome is known: another complaint makes the next silence, anything else ends it.
class TargetGate {
 public:
  explicit TargetGate(const GateOptions& options);

  /// Nobody has complained and there are no caps: everything may go, nothing need be asked.
  [[nodiscard]] bool quiet() const noexcept { return quiet_; }

  /// `until_ns` while the one probe is out: the outcome decides, not the time.
  static constexpr std::uint64_t kHeld = UINT64_MAX;

  struct Verdict {
    enum class Outcome : std::uint8_t {
      go,
      probe,    ///< go, and tell probe_over() how it went
      wait,     ///< for `blocker`, until `until_ns`
      give_up,  ///< silent for longer than the limit
    };
    Outcome outcome = Outcome::go;
    BlockKey blocker{};
    std::uint64_t until_ns = 0;
    bool is_cap = false;  ///< it waits for a cap, not for the end of a silence
  };
  /// Decides on one packet and, when it may go, charges the caps.
  /// \param may_probe whether this could be the one probe; otherwise the answer is to wait until now
  [[nodiscard]] Verdict admit(const IpAddress& address, std::uint64_t now_ns, bool may_probe);

  /// What a complaint led to.
  struct Escalation {
    BlockScope scope = BlockScope::target;  ///< or network
    unsigned level = 0;
    std::uint64_t silence_ns = 0;
  };
  /// A verified error "prohibited" about a probe to `address`. \return nothing when it changed nothing
  std::optional<Escalation> complain(const IpAddress& address, std::uint64_t now_ns);

  enum class ProbeEnd : std::uint8_t {
    well,  ///< answered by something else, or by nothing within the time-out
    lost,  ///< never left: another one is needed
  };
  /// How the one probe to `address` ended, unless by a complaint.
  void probe_over(const IpAddress& address, ProbeEnd end) noexcept;

  /// To be called now and then, once a second or so: forgets what is over.
  void tidy(std::uint64_t now_ns);
  /// Nothing was sent for so long by the user's own wish: no limit comes nearer.
  void postpone_limits(std::uint64_t by_ns) noexcept;

  /// \see RateCaps::set_part
  void set_cap_part(double part, std::uint64_t now_ns) noexcept { caps_.set_part(part, now_ns); }

  /// Addresses and networks in whose silence we are.
  [[nodiscard]] std::size_t backed_off(std::uint64_t now_ns) noexcept;

  [[nodiscard]] const BackoffPrefixes& networks() const noexcept { return options_.networks; }
  [[nodiscard]] BlockKey key_of(BlockScope scope, const IpAddress& address) const noexcept;
  [[nodiscard]] std::uint32_t hash(const BlockKey& key) const noexcept {
    return hash_of(key.key, options_.seed, key.scope);
  }

 private:
  using Index = SilenceTable::Index;
  using State = SilenceTable::State;
  static constexpr Index kNone = SilenceTable::kNone;

  [[nodiscard]] std::optional<Verdict> ask(BlockScope scope, const IpAddress& address,
                                           std::uint64_t now_ns, bool may_probe,
                                           SilenceTable::Unit*& half_open);
  [[nodiscard]] std::optional<Escalation> complain_network(Index network, std::uint64_t now_ns);
  [[nodiscard]] Index network_for(const IpAddress& address, std::uint64_t now_ns);
  /// \return false when the network has enough complaining members without this one
  [[nodiscard]] bool join_network(Index target, Index network) noexcept;
  void leave_network(const SilenceTable::Unit& target, Index index) noexcept;
  void look_quiet() noexcept;

  GateOptions options_;
  SilenceTable targets_;
  SilenceTable networks_;
  RateCaps caps_;
  bool quiet_ = false;
};

}  // namespace pacegate
