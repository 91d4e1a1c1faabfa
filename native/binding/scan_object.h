/// \file
/// A scan as one environment owns it: the engine and the counters JavaScript reads.
#pragma once

#include <memory>
#include <new>

#include "binding/shared_doubles.h"
#include "engine/scan/network.h"
#include "engine/scan/scan_engine.h"
#include "engine/scan/scan_options.h"
#include "engine/scan/scan_slots.h"

namespace pacegate::binding {

class ScanObject {
 public:
  /// \throws platform::PlatformError when a device cannot be opened
  ScanObject(Napi::Env env, const ScanOptions& options)
      : counters_(env, kScanSlotCount),
        slots_(*new(counters_.values().data()) ScanSlots),
        engine_(options, open_network(options), slots_) {
    static_assert(sizeof(ScanSlots) == kScanSlotCount * sizeof(double));
  }

  [[nodiscard]] ScanEngine& engine() { return engine_; }
  [[nodiscard]] napi_value slots() const { return counters_.array(); }

 private:
  // Destroyed from the last to the first: the threads end before the memory they count in may go.
  SharedDoubles counters_;
  ScanSlots& slots_;
  ScanEngine engine_;
};

}  // namespace pacegate::binding
