/// \file
/// The long call that sends: BPF_PROG_TEST_RUN with live frames, on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "platform/interface.h"
#include "platform/linux/bpf_objects.h"
#include "platform/linux/wake_signal.h"
#include "platform/linux/xdp_ring.h"
#include "platform/waiter.h"

namespace pacegate::platform {

/// The thread busy-polls the ring inside the kernel. It takes no signal but the one that ends it. After a
/// second without frames it rests, where the kernel grants tracepoints, and the frame that ends the rest
/// is some 25 ms late.
class XdpCall {
 public:
  /// Returns when the program runs, after about 25 ms.
  /// \param ring outlives this object
  /// \param template_bytes the most common frame length
  /// \throws PlatformError not_permitted, not_supported, system
  XdpCall(XdpRing& ring, const Interface& interface, std::size_t template_bytes);
  /// Ends the call between two frames; what the ring still holds stays there.
  ~XdpCall();
  XdpCall(const XdpCall&) = delete;
  XdpCall& operator=(const XdpCall&) = delete;

  /// To be called after frames were handed over: a call that rests is begun again.
  void notice() noexcept {
    if (resting_.load()) waiter_.wake();
  }
  /// 0, or the errno that ended the call for good.
  [[nodiscard]] int failure() const noexcept { return failure_.load(std::memory_order_acquire); }
  /// Whether XdpControl::refused is exact; not where the kernel grants no tracepoints.
  [[nodiscard]] bool counts_refused() const noexcept { return !counters_.empty(); }

 private:
  void load_sender(const Interface& interface);
  void attach_counters() noexcept;
  void run() noexcept;
  void rest() noexcept;
  void await_start(const Interface& interface);
  void stop() noexcept;

  XdpRing& ring_;
  WakeSignal signal_;
  std::vector<std::uint8_t> template_;
  FileDescriptor sender_;
  std::vector<FileDescriptor> counters_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> resting_{false};
  Waiter waiter_;                 // of the thread, while it rests
  std::atomic<bool> out_{false};  // the thread makes no further call
  std::atomic<int> failure_{0};
  std::thread thread_;
};

}  // namespace pacegate::platform
