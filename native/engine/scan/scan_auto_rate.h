/// \file
/// The automatic rate of one scan: news of canaries comes in, canaries and the rate go out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/auto_rate/auto_rate.h"
#include "engine/pacing/pacer.h"
#include "engine/scan/link_batches.h"
#include "engine/scan/neighbour_table.h"
#include "engine/scan/probe_renderer.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/scan_deferral.h"

namespace pacegate {

/// Does nothing where the scan has a fixed rate. The sending thread's.
class ScanAutoRate {
 public:
  /// \param neighbours as for the ProbeRenderer
  ScanAutoRate(ScanContext& context, const std::vector<NeighbourTable>& neighbours, Pacer& pacer);

  /// Takes the news and brings the pacer to the rate that follows from them. \param heard_ns as in
  /// ProbeCursors::next(), read before
  void step(std::uint64_t now_ns, std::uint64_t heard_ns);
  /// \param cap what the user allows now, packets per second
  void follow_cap(double cap, std::uint64_t now_ns);
  void sent(std::uint64_t packets) noexcept {
    if (search_) search_->sent(packets);
  }
  /// A step in which not all that was due could be sent, but not for the device's sake.
  void starved() noexcept {
    if (search_) search_->starved();
  }
  /// After a pause.
  void restart(std::uint64_t now_ns) {
    if (search_) search_->restart(now_ns);
  }

  /// See AutoRate::place_of_canary().
  [[nodiscard]] std::uint64_t place_of_canary(std::uint64_t packets,
                                              std::uint64_t now_ns) noexcept {
    return search_ ? search_->place_of_canary(packets, now_ns) : UINT64_MAX;
  }
  /// \return whether a canary was added to a batch
  [[nodiscard]] bool add_canary(LinkBatches& batches, ScanDeferral& deferral,
                                std::uint64_t departure_ns);

 private:
  void follow(const AutoRate& found, std::uint64_t now_ns);
  void publish(const AutoRate& found);

  ScanContext& context_;
  Pacer& pacer_;
  ProbeRenderer renderer_;
  std::optional<AutoRate> search_;
  std::array<CanaryNews, 64> news_;  // being taken
};

}  // namespace pacegate
