#include "engine/record/frame_recorder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/packet_clock.h"
#include "platform/thread.h"

namespace pacegate {
namespace {

/// Between two looks at what has come in. At a million frames a second these are 2 MB.
constexpr std::uint64_t kRoundNs = 25 * kNsPerMs;
/// Frames wait so long for earlier ones that another thread has yet to tell of. A sending thread with a
/// lead learns of a departure at its next wake-up, which is 200 ms later at most.
constexpr std::uint64_t kOrderNs = 250 * kNsPerMs;

/// One reading for the whole scan: a wall clock that is stepped meanwhile must not disturb the order.
std::uint64_t measure_wall_offset() noexcept {
  platform::PacketClock clock;
  clock.synchronise();
  return clock.wall_offset_ns();
}

}  // namespace

FrameRecorder::FrameRecorder(PcapFile file, std::size_t links, Room room, ScanSlots& slots)
    : file_(std::move(file)), wall_offset_ns_(measure_wall_offset()), slots_(slots) {
  sources_.push_back(std::make_unique<FrameSource>(room.sent));
  for (std::size_t i = 0; i < links; ++i) {
    sources_.push_back(std::make_unique<FrameSource>(room.received));
  }
  publish();
}

FrameRecorder::~FrameRecorder() {
  finish();
}

void FrameRecorder::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void FrameRecorder::finish() {
  finishing_.store(true, std::memory_order_release);
  waiter_.wake();
  if (thread_.joinable()) thread_.join();
}

void FrameRecorder::run() {
  platform::name_this_thread("pacegate-pcap");
  for (;;) {
    // Asked first: what was added before finish() is seen below.
    const bool is_last = finishing_.load(std::memory_order_acquire);
    const std::uint64_t now = platform::monotonic_ns();
    write_until(is_last ? UINT64_MAX : now - std::min(now, kOrderNs));
    flush();
    publish();
    if (is_last) return;
    waiter_.wait_until(now + kRoundNs);
  }
}

void FrameRecorder::write_until(std::uint64_t until_ns) {
  for (;;) {
    FrameSource* earliest = nullptr;
    SeenFrame frame;
    for (const auto& source : sources_) {
      const std::optional<SeenFrame> oldest = source->front();
      if (!oldest || (earliest != nullptr && oldest->at_ns >= frame.at_ns)) continue;
      earliest = source.get();
      frame = *oldest;
    }
    // A record out of order is better than one that is lost.
    if (earliest == nullptr || (frame.at_ns > until_ns && !crowded())) return;
    file_.add(frame.at_ns + wall_offset_ns_, frame.wire_bytes, frame.bytes);
    ++(earliest == &sent() ? pending_sent_ : pending_received_);
    earliest->pop();
    if (file_.full()) flush();
  }
}

bool FrameRecorder::crowded() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source->crowded(); });
}

void FrameRecorder::flush() {
  error_ = file_.flush();
  if (error_ == 0) {
    sent_ += pending_sent_;
    received_ += pending_received_;
  } else {
    unwritten_ += pending_sent_ + pending_received_;
  }
  pending_sent_ = pending_received_ = 0;
}

void FrameRecorder::publish() {
  std::uint64_t dropped = unwritten_;
  for (const auto& source : sources_) dropped += source->dropped();
  slots_.set(kSlotRecordedSent, static_cast<double>(sent_));
  slots_.set(kSlotRecordedReceived, static_cast<double>(received_));
  slots_.set(kSlotRecordDropped, static_cast<double>(dropped));
  slots_.set(kSlotRecordBytes, static_cast<double>(file_.written()));
  slots_.set(kSlotRecordErrno, error_);
}

}  // namespace pacegate
