/// \file
/// A file on a disk, written piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace pacegate::platform {

/// Not thread-safe. No call of it remembers a place in the file.
class RecordFile {
 public:
  virtual ~RecordFile() = default;

  [[nodiscard]] virtual std::uint64_t size() noexcept = 0;
  /// \return bytes read; fewer than asked for at the end, and where the disk fails
  [[nodiscard]] virtual std::size_t read(std::uint64_t at,
                                         std::span<std::uint8_t> into) noexcept = 0;
  /// Writes all of it, or some before it fails. It may take as long as the disk does.
  /// \return 0, or the errno
  [[nodiscard]] virtual int write(std::uint64_t at,
                                  std::span<const std::uint8_t> bytes) noexcept = 0;
  /// Takes away what is behind the first `bytes`. \return 0, or the errno
  virtual int cut(std::uint64_t bytes) noexcept = 0;
};

/// For reading and writing; makes the file where there is none, and changes nothing in one that is
/// there.
/// \param path UTF-8
/// \throws PlatformError system; not_supported for what has no end to write at: a pipe, a terminal
[[nodiscard]] std::unique_ptr<RecordFile> open_record_file(const std::string& path);

}  // namespace pacegate::platform
