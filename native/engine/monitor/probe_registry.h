/// \file
/// Whose probe an ICMP error quotes: what runs in this process and sends probes registers how they
/// are recognised, and whoever reads errors asks.
#pragma once

#include <cstdint>

#include "core/scan/siphash.h"
#include "packet/parse.h"

namespace pacegate {

/// TCP probes from one source port whose sequence number is their probe_cookie().
struct ProbeMark {
  std::uint16_t source_port = 0;
  SipKey cookie_key;
};

enum class QuoteOrigin : std::uint8_t {
  foreign,  ///< not from a source port of ours
  genuine,  ///< a probe that this process has sent
  forged,   ///< from our source port, and the cookie is wrong
};

/// Makes the probes of one sender known to the whole process, as long as it lives. Thread-safe
/// against everything here.
class ProbeRegistration {
 public:
  /// How many there may be at once; the probes of any further sender count as foreign.
  static constexpr unsigned kMax = 64;

  explicit ProbeRegistration(const ProbeMark& mark) noexcept;
  ~ProbeRegistration();
  ProbeRegistration(const ProbeRegistration&) = delete;
  ProbeRegistration& operator=(const ProbeRegistration&) = delete;

 private:
  unsigned place_ = 0;
};

/// Thread-safe, and never waits for anybody.
[[nodiscard]] QuoteOrigin origin_of_quote(const packet::IcmpError& error) noexcept;

}  // namespace pacegate
