/// \file
/// Recording a scan.
#pragma once

#include <memory>

#include "engine/record/frame_recorder.h"
#include "engine/scan/network.h"
#include "engine/scan/scan_options.h"
#include "engine/scan/scan_slots.h"

namespace pacegate {

/// Opens the file and puts a recorder around the senders and receivers of all links.
/// \param slots must outlive the network and the recorder
/// \return what must outlive the network; nothing where nothing is to be recorded
/// \throws platform::PlatformError when the file cannot be written, or gone on with
[[nodiscard]] std::unique_ptr<FrameRecorder> record(Network& network, const ScanOptions& options,
                                                    ScanSlots& slots);

}  // namespace pacegate
