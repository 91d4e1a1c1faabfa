/// \file
/// Memory that processes of one host share by mapping one file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace pacegate::platform {

/// Among whom times and thread ids mean the same.
struct SharingDomain {
  std::array<std::uint64_t, 2> clock;  ///< this boot, and the time namespace
  std::uint64_t processes;             ///< the PID namespace
  bool operator==(const SharingDomain&) const = default;
};

/// \throws PlatformError (not_supported) where the system does not say
[[nodiscard]] SharingDomain sharing_domain();

/// A file held open and, after map(), mapped as long as this object lives. Every object counts as
/// attached on its own, also several in one process; a process that is killed is detached at once.
/// One thread at a time.
class SharedMemory {
 public:
  /// Opens `path`, or creates it empty with mode 0600. Changes nothing in a file that is there.
  /// \throws PlatformError: not_permitted; shared_state for what is no regular file, a symbolic
  /// link, another user's, or kept busy by somebody who is alone() for more than 5 s; system
  explicit SharedMemory(const std::string& path);
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  /// Nobody else is attached, and whoever opens the file now waits for admit_others().
  [[nodiscard]] bool alone() const noexcept { return alone_; }
  /// Ends alone(). Others may have come and gone as the only ones before it returns.
  /// \throws PlatformError (shared_state) as the constructor
  void admit_others();

  [[nodiscard]] std::uint64_t file_bytes() const;
  /// The file's beginning. \return how much of `start` there was
  [[nodiscard]] std::size_t read(std::span<std::byte> start) const;

  /// For who is alone(): empties the file and makes it `bytes` long, zero behind `start`, all on
  /// disk. Killed at any point, it leaves a file that is empty or begins with all of `start`.
  /// \throws PlatformError (system): disk full
  void make_anew(std::span<const std::byte> start, std::size_t bytes);
  /// \param bytes at most file_bytes(): memory behind a file's end is not there
  /// \throws PlatformError (system): disk full (the file has holes), no memory
  std::span<std::byte> map(std::size_t bytes);
  /// What map() has returned.
  [[nodiscard]] std::span<std::byte> mapped() const noexcept { return mapped_; }

 private:
  std::string path_;
  int file_ = -1;
  bool alone_ = false;
  std::span<std::byte> mapped_;
};

}  // namespace pacegate::platform
