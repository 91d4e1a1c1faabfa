/// \file
/// Hears every ICMP error that comes in, whoever it is for, and says whether it is about a probe of
/// this process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>

#include "core/spsc_ring.h"
#include "engine/monitor/icmp_event.h"
#include "engine/monitor/monitor_slots.h"
#include "platform/packet_receiver.h"

namespace pacegate {

/// The right to run the one monitor of this process; given back by the destructor. Thread-safe.
class MonitorClaim {
 public:
  MonitorClaim() noexcept;
  ~MonitorClaim();
  MonitorClaim(const MonitorClaim&) = delete;
  MonitorClaim& operator=(const MonitorClaim&) = delete;

  /// False when somebody else holds it.
  [[nodiscard]] bool is_held() const noexcept { return held_; }

 private:
  bool held_;
};

/// What a receiver must let through for an IcmpMonitor.
inline constexpr platform::ReceiveFilter kMonitorFilter{.icmp_errors = true};

/// One thread "pacegate-icmp", asleep while nothing comes. Methods are for one controlling thread
/// (JavaScript's) and do not wait.
class IcmpMonitor {
 public:
  /// Events that wait to be drained; further ones are dropped and counted.
  static constexpr std::size_t kQueueCapacity = 8192;

  /// Begins to listen.
  /// \param receiver opened with kMonitorFilter
  /// \param slots the live counters; must outlive the monitor
  /// \throws std::system_error when no thread can be had
  IcmpMonitor(std::unique_ptr<platform::PacketReceiver> receiver, MonitorSlots& slots);
  /// Ends the thread, within microseconds.
  ~IcmpMonitor();
  IcmpMonitor(const IcmpMonitor&) = delete;
  IcmpMonitor& operator=(const IcmpMonitor&) = delete;

  /// Moves events out, oldest first. \return how many
  std::size_t drain(std::span<IcmpEvent> out) noexcept { return queue_.pop(out); }

 private:
  void run();
  void handle(const platform::ReceivedPacket& received) noexcept;
  void publish_drops() noexcept;

  const std::unique_ptr<platform::PacketReceiver> receiver_;
  MonitorSlots& slots_;
  SpscRing<IcmpEvent> queue_{kQueueCapacity};
  std::atomic<bool> is_ending_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace pacegate
