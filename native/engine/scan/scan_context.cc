#include "engine/scan/scan_context.h"

#include <algorithm>
#include <utility>

#include "core/time.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kMinWindow = std::uint64_t{1} << 20;  // 8 MiB; the rate may be raised later
constexpr std::uint64_t kMaxWindow = std::uint64_t{1} << 22;  // 32 MiB

// The network has them, cut where routes change; a million of them are 34 MB.
ScanOptions without_ranges(ScanOptions options) {
  options.ranges = {};
  return options;
}

// A hostgroup keeps its probes in flight itself.
ProbeCursors::Span cursor_span(const ScanOptions& options, std::uint64_t end) {
  return {options.has_hostgroup() ? end : std::min(options.start_position, end), end};
}
// A search overshoots a few times in a row at most.
constexpr std::uint32_t kRepairs = 3;

// Twice what is in flight at the asked rate, so that a burst of settling never stops the sending.
std::uint64_t window_capacity(const ScanOptions& options, ProbeCursors::Span span) {
  const std::uint64_t positions = span.end - span.start;
  const double flight_seconds = static_cast<double>(options.timeout_ns) /
                                static_cast<double>(kNsPerSecond) * (options.retries + 1.0);
  const double in_flight = 2 * options.top_rate() * flight_seconds;
  const std::uint64_t wanted = in_flight >= static_cast<double>(kMaxWindow)
                                   ? kMaxWindow
                                   : static_cast<std::uint64_t>(in_flight);
  return std::min(std::clamp(wanted, kMinWindow, kMaxWindow),
                  std::max<std::uint64_t>(positions, 2));
}

}  // namespace

ScanContext::ScanContext(ScanOptions scan_options, Network scan_network, ScanSlots& scan_slots)
    : options(without_ranges(std::move(scan_options))),
      plan(std::move(scan_network.ranges), options.ports),
      network(std::move(scan_network)),
      order(plan.size(), options.seed),
      end_position(std::min(options.end_position, plan.size())),
      matcher(options.cookie_key, options.source_port, options.canary_port()),
      window(window_capacity(options, cursor_span(options, end_position))),
      cursors(window, cursor_span(options, end_position), options.retries, options.timeout_ns,
              {.tries = options.auto_rate ? kRepairs : 0, .lossy = &lossy_times}),
      slots(scan_slots) {
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    feeds.push_back(std::make_unique<CaptureFeed>(options));
  }
  journal.write(options.hostgroup.resumed);
  slots.set(kSlotPositions, static_cast<double>(plan.size()));
  slots.set(kSlotTargetRate, options.rate);
}

void ScanContext::count(PortState state) {
  static constexpr ScanSlot kSlotOf[] = {kSlotOpen, kSlotClosed, kSlotFiltered, kSlotUnknown};
  slots.add_shared(kSlotOf[static_cast<std::size_t>(state)], 1);
}

void ScanContext::report(const ScanRecord& record, RecordQueue& queue) {
  count(record.state);
  if (options.reports(record.state)) queue.push(record);
}

void ScanContext::count_settled() {
  slots.set(kSlotSettled, slots.get(kSlotOpen) + slots.get(kSlotClosed) + slots.get(kSlotFiltered) +
                              slots.get(kSlotUnknown));
}

std::uint64_t ScanContext::heard_ns() const noexcept {
  std::uint64_t heard = UINT64_MAX;
  for (const auto& feed : feeds) {
    heard = std::min(heard, feed->heard_ns.load(std::memory_order_acquire));
  }
  return heard;
}

void ScanContext::publish_end() {
  count_settled();
  slots.set(kSlotResumePosition, static_cast<double>(resume.seen()));
}

}  // namespace pacegate
