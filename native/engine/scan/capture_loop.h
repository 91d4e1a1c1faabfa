/// \file
/// The capture thread of one link: takes packets, accepts answers, reports findings.
#pragma once

#include <cstdint>

#include "core/scan/rtt_estimator.h"
#include "engine/scan/scan_context.h"

namespace pacegate {

class CaptureLoop {
 public:
  /// \param link index into the context's network
  CaptureLoop(ScanContext& context, std::size_t link);

  /// Returns when the scan is finished or abandoned. Runs on a thread of its own.
  void run();

 private:
  void handle(const platform::ReceivedPacket& received);
  void handle_neighbour(const platform::ReceivedPacket& received);
  void accept(const Answer& answer, std::uint64_t at_ns);
  /// For what the scan's rate is judged by.
  void tell_of_responder(const Answer& answer, std::uint64_t position, std::uint64_t at_ns);
  void report(const Answer& answer, std::uint64_t position, std::int64_t rtt_ns);
  void publish();

  ScanContext& context_;
  platform::PacketReceiver& receiver_;
  CaptureFeed& feed_;
  RttEstimator rtt_;
  platform::ReceiverCounters published_;
  std::uint64_t published_cpu_ns_ = 0;
  std::uint64_t next_publish_ns_ = 0;
  std::uint64_t next_responder_ns_ = 0;
};

}  // namespace pacegate
