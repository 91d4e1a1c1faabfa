/// \file
/// How many frames a device did not take.
#pragma once

#include <cstdint>

#include "platform/linux/xdp_ring.h"

namespace pacegate::platform {

/// From the programs' count where the kernel grants tracepoints; else from the device's own counter
/// of drops, in which those of other programs show as well, and which is read ten times a second.
/// One thread.
class XdpRefusals {
 public:
  XdpRefusals(const XdpRing& ring, bool programs_count, std::uint32_t interface_index);

  /// Since this object was made; never decreases.
  [[nodiscard]] std::uint64_t total() noexcept;

 private:
  const XdpRing& ring_;
  bool programs_count_;
  std::uint32_t interface_index_;
  std::uint64_t drops_before_ = 0;
  std::uint64_t drops_ = 0;
  std::uint64_t next_read_ns_ = 0;
};

}  // namespace pacegate::platform
