/// \file
/// A scan as one environment owns it: the engine, the limiter it is charged to, and the counters
/// JavaScript reads.
#pragma once

#include <new>
#include <optional>
#include <utility>

#include "binding/shared_doubles.h"
#include "binding/shared_place.h"
#include "core/limit/token_bucket.h"
#include "engine/scan/network.h"
#include "engine/scan/scan_engine.h"
#include "engine/scan/scan_options.h"
#include "engine/scan/scan_slots.h"

namespace pacegate::binding {

class ScanObject {
 public:
  /// \param limiter a bucket that was shared, held here by itself: whoever else has it may go
  /// \throws platform::PlatformError when a device cannot be opened
  ScanObject(Napi::Env env, const ScanOptions& options, std::optional<SharedPlace> limiter)
      : counters_(env, kScanSlotCount),
        slots_(*new(counters_.values().data()) ScanSlots),
        limiter_(std::move(limiter)),
        engine_(charged(options), open_network(options), slots_) {
    static_assert(sizeof(ScanSlots) == kScanSlotCount * sizeof(double));
  }

  [[nodiscard]] ScanEngine& engine() { return engine_; }
  [[nodiscard]] napi_value slots() const { return counters_.array(); }

 private:
  [[nodiscard]] ScanOptions charged(ScanOptions options) {
    if (limiter_) options.limiter = &limiter_->state().as<TokenBucket>();
    return options;
  }

  // Destroyed from the last to the first: the threads end before the memory they count in may go.
  SharedDoubles counters_;
  ScanSlots& slots_;
  std::optional<SharedPlace> limiter_;
  ScanEngine engine_;
};

}  // namespace pacegate::binding
