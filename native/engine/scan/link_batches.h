/// \file
/// The batches of all devices of a scan as one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/pacing/departure_meter.h"
#include "engine/scan/link_batch.h"
#include "engine/scan/network.h"

namespace pacegate {

/// The shortest lead of the devices: what a pacer may count on. 0 when one of them has none.
[[nodiscard]] inline std::uint64_t shortest_lead_ns(std::span<const Link> links) {
  std::uint64_t shortest = UINT64_MAX;
  for (const Link& link : links) shortest = std::min(shortest, link.sender->lead_ns());
  return links.empty() ? 0 : shortest;
}

/// The sending thread's.
class LinkBatches {
 public:
  explicit LinkBatches(std::span<const Link> links) {
    for (const Link& link : links) batches_.emplace_back(*link.sender);
  }

  [[nodiscard]] LinkBatch& operator[](std::size_t link) { return batches_[link]; }

  void open() {
    for (LinkBatch& batch : batches_) batch.open();
  }
  [[nodiscard]] bool empty() const {
    return !any([](const LinkBatch& batch) { return !batch.empty(); });
  }
  /// Which device the next position needs is not known before it is taken: one full batch is
  /// enough.
  [[nodiscard]] bool full() const {
    return any([](const LinkBatch& batch) { return batch.full(); });
  }
  [[nodiscard]] bool hold_frames() const {
    return any([](const LinkBatch& batch) { return batch.holds_frames(); });
  }

  [[nodiscard]] LinkBatch::Outcome flush(ProbeMarks& marks, std::uint64_t now_ns) {
    LinkBatch::Outcome total;
    for (LinkBatch& batch : batches_) total += batch.flush(marks, now_ns);
    return total;
  }

  /// Calls `take` with the Departures of each device that has any.
  template <typename Take>
  void take_departures(LatencyHistogram& gaps, ProbeMarks& marks, Take take) {
    for (LinkBatch& batch : batches_) {
      const platform::Departures departures = batch.take_departures(gaps, marks);
      if (departures.left > 0 || departures.refused > 0) take(departures);
    }
  }
  /// When the oldest probe that is still held was to leave; UINT64_MAX when none is.
  [[nodiscard]] std::uint64_t oldest_held_ns() const {
    std::uint64_t oldest = UINT64_MAX;
    for (const LinkBatch& batch : batches_) {
      oldest = std::min(oldest, batch.oldest_held_ns().value_or(UINT64_MAX));
    }
    return oldest;
  }

 private:
  template <typename Predicate>
  [[nodiscard]] bool any(Predicate predicate) const {
    return std::any_of(batches_.begin(), batches_.end(), predicate);
  }

  std::vector<LinkBatch> batches_;  // by link
};

}  // namespace pacegate
