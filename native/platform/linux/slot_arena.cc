#include "platform/linux/slot_arena.h"

#include <cerrno>
#include <cstring>
#include <new>

namespace pacegate::platform {
namespace {

constexpr std::size_t kPageBytes = 4096;

bool is_busy(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

}  // namespace

SlotArena::SlotArena() : vectors_(kSlots), messages_(kSlots) {
  constexpr std::size_t kBytes = kSlots * PacketSender::kSlotBytes;
  static_assert(kBytes % kPageBytes == 0);
  bytes_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(kPageBytes, kBytes)));
  if (!bytes_) throw std::bad_alloc();
  std::memset(bytes_.get(), 0, kBytes);
  for (std::size_t i = 0; i < kSlots; ++i) {
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
