#include "platform/linux/slot_arena.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace pacegate::platform {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kArenaBytes = std::size_t{64} << 10;
constexpr std::size_t kMinSlots = 64;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) noexcept {
  return (bytes + unit - 1) / unit * unit;
}

constexpr std::size_t slots_of(std::size_t slot_bytes) noexcept {
  return std::max(kArenaBytes / slot_bytes, kMinSlots);
}

bool is_busy(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

}  // namespace

SlotArena::SlotArena(std::size_t slot_bytes)
    : slot_bytes_(round_up(slot_bytes, PacketSender::kSlotBytes)),
      vectors_(slots_of(slot_bytes_)),
      messages_(vectors_.size()) {
  const std::size_t bytes = round_up(slots() * slot_bytes_, kPageBytes);
  bytes_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(kPageBytes, bytes)));
  if (!bytes_) throw std::bad_alloc();
  std::memset(bytes_.get(), 0, bytes);
  for (std::size_t i = 0; i < slots(); ++i) {
    vectors_[i] = {slot(i).data(), 0};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

SendReport SlotArena::send(int socket, std::size_t first, std::size_t count) noexcept {
  SendReport report;
  while (report.accepted < count) {
    const int taken = sendmmsg(socket, &messages_[first + report.accepted],
                               static_cast<unsigned>(count - report.accepted), MSG_DONTWAIT);
    if (taken > 0) {
      // An error after the first frame is not reported with the count: the next round meets it
      // again.
      report.accepted += static_cast<std::size_t>(taken);
    } else if (errno != EINTR) {
      report.system_error = errno;
      report.outcome = is_busy(errno) ? SendOutcome::busy : SendOutcome::failed;
      break;
    }
  }
  return report;
}

}  // namespace pacegate::platform
