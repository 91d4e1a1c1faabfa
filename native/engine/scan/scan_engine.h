/// \file
/// A whole scan: its threads, from start to the last result.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/hosts/host_options.h"
#include "engine/monitor/probe_registry.h"
#include "engine/scan/network.h"
#include "engine/scan/scan_control.h"
#include "engine/scan/scan_options.h"
#include "engine/scan/scan_record.h"
#include "engine/scan/scan_slots.h"

namespace pacegate {

class FrameRecorder;
struct ScanContext;

/// One thread sends and settles, one a link captures. All methods are for one controlling thread
/// (JavaScript's), return at once but for the destructor, and may be called in any order at any
/// time.
class ScanEngine {
 public:
  /// Sends nothing yet; a file to record to is opened.
  /// \param network as open_network() made it for these options
  /// \param slots the live counters; must outlive the engine
  /// \throws platform::PlatformError when that file cannot be written
  ScanEngine(ScanOptions options, Network network, ScanSlots& slots);
  /// Ends the threads where they are, within one wake-up, and joins them.
  ~ScanEngine();
  ScanEngine(const ScanEngine&) = delete;
  ScanEngine& operator=(const ScanEngine&) = delete;

  /// Begins to send; a second call does nothing.
  void start();
  /// Sends nothing until resume(); answers are still taken.
  void pause() noexcept;
  void resume() noexcept;
  /// Sends no more, waits one time-out for answers, then ends. What has not been settled by then
  /// yields no result.
  void stop() noexcept;
  /// \param rate packets per second, > 0 and finite
  void set_rate(double rate) noexcept;
  /// Holds to a part of the caps for targets and prefixes, above 0 and at most 1: other engines have the rest.
  void set_cap_part(double part) noexcept;

  /// Moves findings out, oldest first within a thread. \return how many
  std::size_t drain(std::span<ScanRecord> out) noexcept;

  /// Where a scan with a hostgroup stands; empty without one.
  [[nodiscard]] HostProgress host_progress() const;

  [[nodiscard]] const std::string& backend() const noexcept { return backend_; }
  /// What the user should know of the choice of backends: Network::notes.
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

 private:
  void run();

  std::string backend_;
  std::vector<std::string> notes_;
  std::unique_ptr<FrameRecorder>
      recorder_;  // before the context, whose senders and receivers it serves
  std::unique_ptr<ScanContext> context_;
  ProbeRegistration registration_;  ///< lets a monitor tell errors about this scan's probes
  ScanControl control_;
  std::thread thread_;
};

}  // namespace pacegate
