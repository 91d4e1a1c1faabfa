/// \file
/// The progress of a hostgroup as another thread may read it.
#pragma once

#include <mutex>
#include <utility>

#include "engine/hosts/host_options.h"

namespace pacegate {

/// Written by the sending thread a few times a second, read by JavaScript's. Any thread.
class HostJournal {
 public:
  void write(HostProgress progress) {
    const std::scoped_lock lock(mutex_);
    std::swap(progress_, progress);
  }
  [[nodiscard]] HostProgress read() const {
    const std::scoped_lock lock(mutex_);
    return progress_;
  }

 private:
  mutable std::mutex mutex_;
  HostProgress progress_;
};

}  // namespace pacegate
