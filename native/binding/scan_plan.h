/// \file
/// Reading a NativeScanPlan (lib/internal/binding.ts) into ScanOptions. lib/ has validated the
/// values; what is guarded here is what could corrupt memory: types and lengths.
#pragma once

#include "binding/napi_setup.h"
#include "engine/scan/scan_options.h"

namespace pacegate::binding {

/// \throws CallError
[[nodiscard]] ScanOptions read_scan_plan(const Napi::Value& plan);

}  // namespace pacegate::binding
