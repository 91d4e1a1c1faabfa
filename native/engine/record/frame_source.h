/// \file
/// Frames on their way from the thread that saw them to the one that writes them to a file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "core/byte_ring.h"

namespace pacegate {

/// A frame as it was seen.
struct SeenFrame {
  std::uint64_t at_ns = 0;       ///< monotonic
  std::uint32_t wire_bytes = 0;  ///< what it had before it was cut to `bytes`
  std::span<const std::uint8_t> bytes;
};

/// add() and publish() belong to the thread that sees frames, front() and pop() to the writing one. Who sees
/// never waits: a frame without room is dropped, and counted.
class FrameSource {
 public:
  /// \param room bytes of memory
  explicit FrameSource(std::size_t room) : ring_(room) {}

  /// \param wire_bytes of the whole frame, link header included
  /// \param link_header in front of `packet`; may be empty
  void add(std::uint64_t at_ns, std::uint32_t wire_bytes, std::span<const std::uint8_t> link_header,
           std::span<const std::uint8_t> packet) noexcept {
    const Stamp stamp{at_ns, wire_bytes};
    const auto room = ring_.reserve(sizeof stamp + link_header.size() + packet.size());
    if (room.empty()) {
      dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return;
    }
    std::uint8_t* const start = room.data();
    std::memcpy(start, &stamp, sizeof stamp);
    if (!link_header.empty()) {
      std::memcpy(start + sizeof stamp, link_header.data(), link_header.size());
    }
    if (!packet.empty()) {
      std::memcpy(start + sizeof stamp + link_header.size(), packet.data(), packet.size());
    }
  }
  /// Hands over what was added since the last time.
  void publish() noexcept { ring_.commit(); }

  /// The oldest frame; its bytes are valid until pop().
  [[nodiscard]] std::optional<SeenFrame> front() noexcept {
    const std::span<const std::uint8_t> message = ring_.front();
    if (message.empty()) return std::nullopt;
    Stamp stamp;
    std::memcpy(&stamp, message.data(), sizeof stamp);
    return SeenFrame{stamp.at_ns, stamp.wire_bytes, message.subspan(sizeof stamp)};
  }
  void pop() noexcept { ring_.pop(); }

  /// Little room is left. Any thread.
  [[nodiscard]] bool crowded() const noexcept { return ring_.crowded(); }
  /// Frames there was no room for. Any thread.
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  struct Stamp {
    std::uint64_t at_ns = 0;
    std::uint32_t wire_bytes = 0;
    std::uint32_t unused = 0;
  };

  ByteRing ring_;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace pacegate
