/// \file
/// Maps and programs of the kernel's BPF virtual machine, by bpf(2) itself. They live as long as
/// their descriptors, so a process that dies leaves none behind.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "platform/linux/file_descriptor.h"

namespace pacegate::platform {

/// What bpf(2) is asked with, every byte 0 as the kernel demands: `{}` promises that for the first member
/// of a union alone, and GCC 15 keeps to it.
[[nodiscard]] inline bpf_attr zeroed_bpf_attributes() noexcept {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  return attributes;
}

/// An array map that this process reads and writes as plain memory.
class MappedArray {
 public:
  /// \param value_bytes a multiple of 8; values lie next to each other
  /// \throws PlatformError
  MappedArray(const char* name, std::size_t value_bytes, std::size_t values);
  ~MappedArray();
  MappedArray(const MappedArray&) = delete;
  MappedArray& operator=(const MappedArray&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] std::uint8_t* data() const noexcept { return memory_; }

 private:
  FileDescriptor fd_;
  std::size_t bytes_;
  std::uint8_t* memory_ = nullptr;
};

/// Verified and translated by the kernel. \param name 15 characters at most
/// \return not open when the kernel refuses it: errno says why
[[nodiscard]] FileDescriptor load_program(bpf_prog_type type, const char* name,
                                          std::span<const bpf_insn> program) noexcept;

/// Runs `program` at each passage of a tracepoint, until the descriptor is closed.
/// \return not open when the kernel refuses: errno says why
[[nodiscard]] FileDescriptor attach_to_tracepoint(const char* tracepoint,
                                                  const FileDescriptor& program) noexcept;

/// "cannot ...: ...", where a missing privilege is CAP_BPF and not CAP_NET_RAW.
[[noreturn]] void throw_bpf_error(const std::string& what, int error);

/// What to do about EPERM of bpf(2).
inline constexpr const char* kBpfHint = "needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: run as root";

/// Live frames: runs an XDP program over copies of `frame` again and again, and does with each what
/// the program returns. Costs about 20 ms before the first run. Linux 5.18.
/// \param repeat how many runs, up to 2^31 - 1
/// \return 0 when all have been made, else an errno; EINTR when a signal came
[[nodiscard]] int run_live_frames(int program_fd, std::span<const std::uint8_t> frame,
                                  std::uint32_t repeat) noexcept;

}  // namespace pacegate::platform
