/// \file
/// An ICMP monitor as one environment owns it: the thread and the counters JavaScript reads.
#pragma once

#include <memory>
#include <new>
#include <utility>

#include "binding/shared_doubles.h"
#include "engine/monitor/icmp_monitor.h"
#include "engine/monitor/monitor_slots.h"
#include "platform/packet_receiver.h"

namespace pacegate::binding {

class MonitorObject {
 public:
  MonitorObject(Napi::Env env, std::unique_ptr<MonitorClaim> claim,
                std::unique_ptr<platform::PacketReceiver> receiver)
      : claim_(std::move(claim)),
        counters_(env, kMonitorSlotCount),
        monitor_(std::move(receiver), *new(counters_.values().data()) MonitorSlots) {
    static_assert(sizeof(MonitorSlots) == kMonitorSlotCount * sizeof(double));
  }

  [[nodiscard]] IcmpMonitor& monitor() { return monitor_; }
  [[nodiscard]] napi_value slots() const { return counters_.array(); }

 private:
  // Destroyed from the last to the first: the thread ends before the memory it counts in may go,
  // and before another monitor may start.
  std::unique_ptr<MonitorClaim> claim_;
  SharedDoubles counters_;
  IcmpMonitor monitor_;
};

}  // namespace pacegate::binding
