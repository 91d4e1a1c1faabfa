/// \file
/// A packet sender as one environment owns it: the device, the limiter it is charged to, and the
/// counters JavaScript reads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "binding/shared_doubles.h"
#include "binding/shared_place.h"
#include "core/limit/token_bucket.h"
#include "engine/transmit/open_backend.h"
#include "engine/transmit/transmit_slots.h"
#include "engine/transmit/transmitter.h"
#include "platform/interface.h"

namespace pacegate::binding {

struct SenderOptions {
  platform::Interface interface;
  Backend backend = Backend::automatic;
  double auto_rate = 0;  ///< for Backend::automatic: packets per second asked for, 0 for none
  PacingOptions pacing;
};

class SenderObject {
 public:
  /// \throws platform::PlatformError when the device cannot be opened
  SenderObject(Napi::Env env, const SenderOptions& options)
      : counters_(env, kTransmitSlotCount),
        slots_(*new(counters_.values().data()) TransmitSlots),
        mtu_(options.interface.mtu),
        transmitter_(opener(options), options.pacing, slots_) {
    static_assert(sizeof(TransmitSlots) == kTransmitSlotCount * sizeof(double));
  }

  /// \param limiter a bucket that was shared, held here by itself: whoever else has it may go
  void charge_to(SharedPlace limiter) {
    transmitter_.charge_to(limiter_.emplace(std::move(limiter)).state().as<TokenBucket>());
  }

  [[nodiscard]] Transmitter& transmitter() { return transmitter_; }
  [[nodiscard]] std::uint32_t mtu() const { return mtu_; }
  /// Bytes, an Ethernet header included where frames begin with one.
  [[nodiscard]] std::size_t largest_frame() const {
    constexpr std::size_t kEthernetHeader = 14;
    const std::size_t frame = mtu_ + (transmitter_.takes_ethernet() ? kEthernetHeader : 0);
    const bool is_xdp = std::string_view(transmitter_.backend()) == "xdp";
    return is_xdp ? std::min(frame, platform::kXdpLargestFrame) : frame;
  }
  [[nodiscard]] napi_value slots() const { return counters_.array(); }

 private:
  static OpenSender opener(const SenderOptions& options) {
    return [options = options](std::size_t slot_bytes) mutable {
      auto sender = open_backend(options.interface, options.backend, options.auto_rate, slot_bytes);
      options.backend = backend_of(*sender);  // once chosen, it stays
      return sender;
    };
  }

  // Destroyed from the last to the first: the thread ends before the memory it counts in may go.
  SharedDoubles counters_;
  TransmitSlots& slots_;
  std::optional<SharedPlace> limiter_;
  std::uint32_t mtu_;
  Transmitter transmitter_;
};

}  // namespace pacegate::binding
