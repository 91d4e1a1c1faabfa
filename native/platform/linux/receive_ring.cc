#include "platform/linux/receive_ring.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "core/time.h"
#include "platform/linux/receive_filter.h"
#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

constexpr std::size_t kRingBytes = ReceiveRing::kBlockBytes * ReceiveRing::kBlocks;
constexpr std::size_t kAddressOffset = TPACKET_ALIGN(sizeof(tpacket2_hdr));

static_assert(ReceiveRing::kFrameBytes % TPACKET_ALIGNMENT == 0);
static_assert(ReceiveRing::kFrameBytes >= TPACKET_ALIGN(TPACKET2_HDRLEN) + 16 + kKeptBytes);

/// The word by which a frame changes hands: acquire to take it, release to give it back.
std::atomic_ref<std::uint32_t> status(std::uint8_t* frame) noexcept {
  return std::atomic_ref<std::uint32_t>(reinterpret_cast<tpacket2_hdr*>(frame)->tp_status);
}

}  // namespace

ReceiveRing::ReceiveRing(int socket) {
  const int version = TPACKET_V2;
  tpacket_req request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = kBlocks;
  request.tp_frame_size = kFrameBytes;
  request.tp_frame_nr = kFrames;
  if (setsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) {
    throw_system_error("cannot set up a capture ring of 8 MiB", errno);
  }
  void* memory = mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  if (memory == MAP_FAILED) throw_system_error("cannot map the capture ring", errno);
  memory_ = static_cast<std::uint8_t*>(memory);
}

ReceiveRing::~ReceiveRing() {
  munmap(memory_, kRingBytes);
}

std::uint8_t* ReceiveRing::frame() const noexcept {
  // Blocks are contiguous; frames do not straddle them.
  return memory_ + next_ / kFramesPerBlock * kBlockBytes + next_ % kFramesPerBlock * kFrameBytes;
}

bool ReceiveRing::ready() const noexcept {
  return (status(frame()).load(std::memory_order_acquire) & TP_STATUS_USER) != 0;
}

RingFrame ReceiveRing::front() const noexcept {
  const std::uint8_t* base = frame();
  tpacket2_hdr header{};
  sockaddr_ll address{};
  std::memcpy(&header, base, sizeof header);
  std::memcpy(&address, base + kAddressOffset, sizeof address);
  RingFrame result;
  const std::size_t offset = std::min<std::size_t>(header.tp_net, kFrameBytes);
  result.bytes = {base + offset, std::min<std::size_t>(header.tp_snaplen, kFrameBytes - offset)};
  result.ether_type = ntohs(address.sll_protocol);
  result.wire_bytes = header.tp_len;
  result.interface_index = static_cast<std::uint32_t>(address.sll_ifindex);
  result.outgoing = address.sll_pkttype == PACKET_OUTGOING;
  result.realtime_ns = header.tp_sec * kNsPerSecond + header.tp_nsec;
  return result;
}

void ReceiveRing::release() noexcept {
  status(frame()).store(TP_STATUS_KERNEL, std::memory_order_release);
  next_ = next_ + 1 == kFrames ? 0 : next_ + 1;
}

}  // namespace pacegate::platform
