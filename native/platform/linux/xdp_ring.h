/// \file
/// The memory in which a sending thread and the XDP program hand frames over: a ring of slots and
/// the counters of both sides. The kernel half of this is assembled in xdp_programs.cc.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/cache_line.h"
#include "platform/linux/bpf_objects.h"

namespace pacegate::platform {

/// In front of each frame.
struct XdpSlotHeader {
  std::uint64_t at_ns;  ///< when the frame shall leave; when it has left: when it did
  std::uint16_t length;
  std::uint16_t unused[3];
};
static_assert(sizeof(XdpSlotHeader) == 16);

/// Counts never wrap: 64 bits of packets last for 10 000 years.
struct XdpControl {
  // Written by the sending thread.
  alignas(kCacheLine) std::uint64_t head;  ///< frames handed over
  std::uint64_t thread_id;  ///< of the call's thread, in the pid namespace of this process

  // Written by the programs, which all run on the call's thread.
  alignas(kCacheLine) std::uint64_t tail;  ///< frames done with; never above head
  std::uint64_t sent;                      ///< frames the device took
  std::uint64_t refused;                   ///< frames it did not take

  // Of the sending program alone, and of who waits for its first run.
  alignas(kCacheLine) std::uint64_t running;  ///< 1 once the program has run
  std::uint64_t clock_ns;                     ///< its last reading; 0: none worth keeping
  std::uint64_t idle_since_ns;                ///< 0: something has been sent since
  std::uint64_t rest;                         ///< an XdpRest
};

/// How a call without work ends. The sending program asks for it by a redirection that cannot succeed,
/// and the program that counts those sends the signal.
enum XdpRest : std::uint8_t { kXdpBusy, kXdpRestAsked, kXdpRestSignalled };

/// One word that two sides share.
[[nodiscard]] inline std::atomic_ref<std::uint64_t> shared_word(std::uint64_t& word) noexcept {
  return std::atomic_ref<std::uint64_t>(word);
}

/// Both maps, and how slots are found.
class XdpRing {
 public:
  static constexpr std::size_t kBytes = std::size_t{8} << 20;
  static constexpr std::size_t kSmallestSlot = 128;  ///< two cache lines: any probe fits

  /// \param frame_bytes the largest frame to be sent \throws PlatformError
  explicit XdpRing(std::size_t frame_bytes)
      : slot_bytes_(std::bit_ceil(std::max(frame_bytes + sizeof(XdpSlotHeader), kSmallestSlot))),
        slots_("pacegate_frames", slot_bytes_, count()),
        control_("pacegate_control", sizeof(XdpControl), 1) {}

  [[nodiscard]] std::size_t slot_bytes() const noexcept { return slot_bytes_; }
  [[nodiscard]] std::size_t frame_bytes() const noexcept {
    return slot_bytes_ - sizeof(XdpSlotHeader);
  }
  /// A power of two: 65536 where frames are small.
  [[nodiscard]] std::size_t count() const noexcept { return kBytes / slot_bytes_; }

  /// \param place counts on without end; its slot is the one it comes to modulo count()
  [[nodiscard]] XdpSlotHeader& header(std::uint64_t place) const noexcept {
    return *reinterpret_cast<XdpSlotHeader*>(at(place));
  }
  [[nodiscard]] std::span<std::uint8_t> frame(std::uint64_t place) const noexcept {
    return {at(place) + sizeof(XdpSlotHeader), frame_bytes()};
  }
  [[nodiscard]] XdpControl& control() const noexcept {
    return *reinterpret_cast<XdpControl*>(control_.data());
  }

  [[nodiscard]] int slots_fd() const noexcept { return slots_.fd(); }
  [[nodiscard]] int control_fd() const noexcept { return control_.fd(); }

 private:
  [[nodiscard]] std::uint8_t* at(std::uint64_t place) const noexcept {
    return slots_.data() + (place & (count() - 1)) * slot_bytes_;
  }

  std::size_t slot_bytes_;
  MappedArray slots_;
  MappedArray control_;
};

}  // namespace pacegate::platform
