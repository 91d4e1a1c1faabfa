#include "engine/scan/scan_auto_rate.h"

#include <cmath>

namespace pacegate {
namespace {

// Without a hint from the user: slow for every network, and quick to double.
constexpr double kBlindRate = 10'000;

AutoRateOptions search_options(const ScanOptions& options, const Pacer& pacer) {
  return {.search = {.start = options.rate, .cap = options.auto_rate_cap, .blind = kBlindRate},
          .timeout_ns = options.timeout_ns,
          .lead_ns = pacer.lead_ns(),
          // As secret as the cookies, and of no use to forge them.
          .key = {siphash24(options.cookie_key, {{2}}), siphash24(options.cookie_key, {{3}})}};
}

}  // namespace

ScanAutoRate::ScanAutoRate(ScanContext& context, const std::vector<NeighbourTable>& neighbours,
                           Pacer& pacer)
    : context_(context),
      pacer_(pacer),
      renderer_(context, neighbours, context.options.canary_port()) {
  if (!context.options.auto_rate) return;
  publish(search_.emplace(search_options(context.options, pacer), context.lossy_times,
                          platform::monotonic_ns()));
}

void ScanAutoRate::step(std::uint64_t now_ns, std::uint64_t heard_ns) {
  if (!search_) return;
  for (const auto& feed : context_.feeds) {
    while (const std::size_t count = feed->canaries.pop(news_)) {
      for (std::size_t i = 0; i < count; ++i) search_->take(news_[i]);
    }
  }
  const double dropped = context_.slots.get(kSlotReceiveDropped);
  const bool is_news = search_->step({.now_ns = now_ns,
                                      .heard_ns = heard_ns,
                                      .receiver_dropped = static_cast<std::uint64_t>(dropped)});
  if (is_news) follow(*search_, now_ns);
}

void ScanAutoRate::follow_cap(double cap, std::uint64_t now_ns) {
  if (!search_ || cap == search_->cap()) return;
  search_->set_cap(cap, now_ns);
  follow(*search_, now_ns);
}

void ScanAutoRate::follow(const AutoRate& found, std::uint64_t now_ns) {
  if (found.rate() != pacer_.rate()) pacer_.set_rate(found.rate(), now_ns);
  publish(found);
}

void ScanAutoRate::publish(const AutoRate& found) {
  auto& slots = context_.slots;
  const RateSearch& search = found.search();
  slots.set(kSlotTargetRate, search.rate());
  slots.set(kSlotRateBound, static_cast<double>(search.bound()));
  slots.set(kSlotLosslessRate, search.lossless());
  slots.set(kSlotLossyRate, std::isinf(search.lossy()) ? 0 : search.lossy());
  slots.set(kSlotCanaries, static_cast<double>(found.canaries()));
  slots.set(kSlotCanariesLost, static_cast<double>(found.canaries_lost()));
  slots.set(kSlotRateChanges, static_cast<double>(found.rate_changes()));
}

bool ScanAutoRate::add_canary(LinkBatches& batches, ScanDeferral& deferral,
                              std::uint64_t departure_ns) {
  if (!search_) return false;
  const auto position = search_->next_canary(departure_ns);
  if (!position) return false;
  const ProbeRenderer::Aim aim = renderer_.aim(*position);
  if (!aim.reachable || !deferral.admits(aim.target.address, departure_ns)) {
    search_->take_back_canary();
    return false;
  }
  LinkBatch& batch = batches[context_.network.paths[aim.target.route].link];
  batch.add(ProbeId::canary(), renderer_.render(aim, batch.next_slot()), departure_ns);
  return true;
}

}  // namespace pacegate
