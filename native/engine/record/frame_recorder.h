/// \file
/// The thread that writes what a scan has sent and received to a capture file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "engine/record/frame_source.h"
#include "engine/record/pcap_file.h"
#include "engine/scan/scan_slots.h"
#include "platform/waiter.h"

namespace pacegate {

/// Takes frames from the sending thread and from each capturing one, and puts them in the order of their
/// times. A disk that is too slow, or full, costs records and nothing else: the slots say how many.
class FrameRecorder {
 public:
  struct Room {
    std::size_t sent = 0;  ///< bytes of memory, for a second or so
    std::size_t received = 0;
  };

  /// \param links capturing threads
  /// \param slots kSlotRecorded…; must outlive the recorder, which is the only one to write them
  FrameRecorder(PcapFile file, std::size_t links, Room room, ScanSlots& slots);
  /// finish()
  ~FrameRecorder();
  FrameRecorder(const FrameRecorder&) = delete;
  FrameRecorder& operator=(const FrameRecorder&) = delete;

  [[nodiscard]] PcapLink link() const noexcept { return file_.link(); }
  [[nodiscard]] FrameSource& sent() noexcept { return *sources_.front(); }
  [[nodiscard]] FrameSource& received(std::size_t link) noexcept { return *sources_[link + 1]; }

  /// Begins to write. \throws std::system_error when there is no further thread to be had
  void start();
  /// Writes all that is left, and ends the thread. Only when no frame is added any more.
  void finish();

 private:
  void run();
  /// Moves frames seen until `until_ns` into the file; later ones stay, for earlier ones may follow.
  void write_until(std::uint64_t until_ns);
  [[nodiscard]] bool crowded() const;
  void flush();
  void publish();

  PcapFile file_;
  std::uint64_t wall_offset_ns_;                       // of the wall clock from the monotonic one
  std::vector<std::unique_ptr<FrameSource>> sources_;  // what was sent, then a link each
  ScanSlots& slots_;
  // The writing thread's:
  std::uint64_t pending_sent_ = 0;  // in the file's buffer
  std::uint64_t pending_received_ = 0;
  std::uint64_t sent_ = 0;  // in the file
  std::uint64_t received_ = 0;
  std::uint64_t unwritten_ = 0;  // the file could not be written
  int error_ = 0;

  std::atomic<bool> finishing_{false};
  platform::Waiter waiter_;
  std::thread thread_;
};

}  // namespace pacegate
