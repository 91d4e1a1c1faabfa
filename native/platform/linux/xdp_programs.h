/// \file
/// The programs that send from an XdpRing: one that is run over live frames, and two that count what
/// became of them.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "platform/linux/xdp_ring.h"

namespace pacegate::platform {

/// Sends the oldest frame of the ring when its departure has come, else drops the run's frame, which
/// costs about 0.1 us: that is how it waits.
/// \param device index of the device to send on
/// \param template_bytes length of the frame that the runs begin with; frames of that length are sent
///   without having to be stretched or cut
[[nodiscard]] std::vector<bpf_insn> assemble_xdp_sender(const XdpRing& ring, std::uint32_t device,
                                                        std::size_t template_bytes);

/// For the tracepoint xdp_devmap_xmit: what the device took and what it had no room for.
/// For xdp_redirect_err: frames that did not even reach the device, as it is down or gone.
/// Counted is only what the call's own thread has sent off and not yet accounted for: with its
/// interrupts the kernel may do other devices' work on the same thread.
enum class XdpEvent : std::uint8_t { transmitted, redirect_failed };
[[nodiscard]] const char* tracepoint_of(XdpEvent event) noexcept;

/// A pid namespace, as stat("/proc/self/ns/pid") names it.
struct PidNamespace {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};
/// \param rest_signal sent to the thread when its call has had nothing to do for a second
[[nodiscard]] std::vector<bpf_insn> assemble_xdp_counter(const XdpRing& ring, XdpEvent event,
                                                         const PidNamespace& pids, int rest_signal);

}  // namespace pacegate::platform
