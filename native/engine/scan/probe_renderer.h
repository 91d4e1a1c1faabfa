/// \file
/// From a position to a finished frame, or to the reason why none can be sent.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/scan/neighbour_table.h"
#include "engine/scan/scan_context.h"
#include "packet/syn_template.h"

namespace pacegate {

/// The sending thread's.
class ProbeRenderer {
 public:
  /// \param neighbours MAC addresses of next hops by link, filled before probes are rendered
  /// \param source_port of what is rendered
  ProbeRenderer(const ScanContext& context, const std::vector<NeighbourTable>& neighbours,
                std::uint16_t source_port);

  /// Where a position leads.
  struct Aim {
    Target target;
    const packet::MacAddress* next_hop = nullptr;  ///< nullptr where frames carry no MAC addresses
    bool reachable = false;
    Reason why_not = Reason::no_route;
  };
  [[nodiscard]] Aim aim(std::uint64_t position) const;

  /// \param aim reachable
  /// \return bytes of the frame
  std::size_t render(const Aim& aim, std::span<std::uint8_t> frame) const;

 private:
  const ScanContext& context_;
  const std::vector<NeighbourTable>& neighbours_;
  std::uint16_t source_port_;
  std::vector<packet::SynTemplate> templates_;  // by path
};

}  // namespace pacegate
