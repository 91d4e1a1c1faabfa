/// \file
/// Findings on their way to JavaScript: a ring a producing thread, emptied by the JavaScript
/// thread.
#pragma once

#include <cstddef>

#include "engine/scan/scan_record.h"
#include "engine/scan/waiting_queue.h"

namespace pacegate {

/// When the consumer lags, push() waits: a finding is never dropped.
class RecordQueue : public WaitingQueue<ScanRecord> {
 public:
  RecordQueue() : WaitingQueue(kCapacity) {}

 private:
  static constexpr std::size_t kCapacity = 65536;
};

}  // namespace pacegate
