/// \file
/// The frame slots of a sender with the sendmmsg() structures that point at them, laid out once:
/// sending a batch then touches nothing but the frames.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "platform/packet_sender.h"

namespace pacegate::platform {

class SlotArena {
 public:
  /// \param slot_bytes the largest frame. There are so many slots that the cost of a system call is
  /// lost in the batch, and so few that small ones stay in the L2 cache (64 KiB).
  explicit SlotArena(std::size_t slot_bytes = PacketSender::kSlotBytes);
  SlotArena(const SlotArena&) = delete;
  SlotArena& operator=(const SlotArena&) = delete;

  [[nodiscard]] std::size_t slots() const noexcept { return vectors_.size(); }
  [[nodiscard]] std::span<std::uint8_t> slot(std::size_t index) noexcept {
    return {bytes_.get() + index * slot_bytes_, slot_bytes_};
  }
  /// The frame now in the slot.
  [[nodiscard]] std::span<const std::uint8_t> frame(std::size_t index) const noexcept {
    return {bytes_.get() + index * slot_bytes_, vectors_[index].iov_len};
  }
  void set_length(std::size_t index, std::size_t bytes) noexcept {
    vectors_[index].iov_len = std::min(bytes, slot_bytes_);
  }
  [[nodiscard]] msghdr& message(std::size_t index) noexcept { return messages_[index].msg_hdr; }

  /// Hands slots [first, first + count) to the socket until all are taken or one is not. Never
  /// blocks.
  [[nodiscard]] SendReport send(int socket, std::size_t first, std::size_t count) noexcept;

 private:
  struct Free {
    void operator()(std::uint8_t* bytes) const noexcept { std::free(bytes); }
  };

  std::size_t slot_bytes_;
  std::unique_ptr<std::uint8_t, Free> bytes_;
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> messages_;
};

}  // namespace pacegate::platform
