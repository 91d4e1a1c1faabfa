#include "platform/linux/receive_ring.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "core/prefetch.h"
#include "core/time.h"
#include "platform/linux/receive_filter.h"
#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

/// What the kernel finds in one piece; a power of two, so frames of all blocks are contiguous.
constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;
constexpr std::size_t kAddressOffset = TPACKET_ALIGN(sizeof(tpacket2_hdr));
constexpr std::size_t kDataOffset = 80;  // where an IP header begins; only to ask for its memory

static_assert(ReceiveRing::kFrameBytes % TPACKET_ALIGNMENT == 0);
static_assert(kBlockBytes % ReceiveRing::kFrameBytes == 0);
static_assert(ReceiveRing::kFrameBytes >= TPACKET_ALIGN(TPACKET2_HDRLEN) + 16 + kKeptBytes);

/// The word by which a frame changes hands: acquire to take it, release to give it back.
std::atomic_ref<std::uint32_t> status(std::uint8_t* frame) noexcept {
  return std::atomic_ref<std::uint32_t>(reinterpret_cast<tpacket2_hdr*>(frame)->tp_status);
}

/// \return false with errno set
bool set_ring_size(int socket, std::size_t frames) noexcept {
  tpacket_req request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = static_cast<unsigned>(frames * ReceiveRing::kFrameBytes / kBlockBytes);
  request.tp_frame_size = ReceiveRing::kFrameBytes;
  request.tp_frame_nr = static_cast<unsigned>(frames);
  return setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0;
}

}  // namespace

ReceiveRing::ReceiveRing(int socket, std::size_t wanted_frames) {
  const int version = TPACKET_V2;
  if (setsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) {
    throw_system_error("cannot set up a capture ring", errno);
  }
  std::size_t frames = std::bit_ceil(std::clamp(wanted_frames, kMinFrames, kMaxFrames));
  while (!set_ring_size(socket, frames)) {
    if (errno != ENOMEM || frames == kMinFrames) {
      throw_system_error("cannot set up a capture ring", errno);
    }
    frames /= 2;
  }
  mask_ = frames - 1;
  void* memory = mmap(nullptr, frames * kFrameBytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  if (memory == MAP_FAILED) throw_system_error("cannot map the capture ring", errno);
  memory_ = static_cast<std::uint8_t*>(memory);
}

ReceiveRing::~ReceiveRing() {
  munmap(memory_, frames() * kFrameBytes);
}

bool ReceiveRing::ready() const noexcept {
  return (status(frame(next_)).load(std::memory_order_acquire) & TP_STATUS_USER) != 0;
}

RingFrame ReceiveRing::front() const noexcept {
  const std::uint8_t* base = frame(next_);
  // Written by another core most of the time: half of what reading a packet costs is the wait.
  prefetch_for_write(frame(next_ + 1));
  prefetch_for_write(frame(next_ + 1) + kDataOffset);
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

packet::MacAddress ReceiveRing::sender_mac() const noexcept {
  sockaddr_ll address{};
  std::memcpy(&address, frame(next_) + kAddressOffset, sizeof address);
  packet::MacAddress mac;
  if (address.sll_halen == mac.bytes.size()) {
    std::copy_n(address.sll_addr, mac.bytes.size(), mac.bytes.begin());
  }
  return mac;
}

void ReceiveRing::release() noexcept {
  status(frame(next_)).store(TP_STATUS_KERNEL, std::memory_order_release);
  ++next_;
}

}  // namespace pacegate::platform
