#include "platform/record_file.h"

#include <windows.h>

#include <algorithm>
#include <cerrno>

#include "platform/error.h"
#include "platform/windows/wide_text.h"

namespace pacegate::platform {
namespace {

int errno_of(DWORD error) noexcept {
  return error == ERROR_DISK_FULL || error == ERROR_HANDLE_DISK_FULL ? ENOSPC : EIO;
}

/// Where a call reads or writes.
OVERLAPPED place_of(std::uint64_t at) noexcept {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(at);
  place.OffsetHigh = static_cast<DWORD>(at >> 32);
  return place;
}

DWORD piece_of(std::size_t bytes) noexcept {
  constexpr std::size_t kMost = std::size_t{1} << 20;
  return static_cast<DWORD>(std::min(bytes, kMost));
}

class WindowsRecordFile final : public RecordFile {
 public:
  explicit WindowsRecordFile(HANDLE file) : file_(file) {}
  WindowsRecordFile(const WindowsRecordFile&) = delete;
  WindowsRecordFile& operator=(const WindowsRecordFile&) = delete;
  ~WindowsRecordFile() override { CloseHandle(file_); }

  std::uint64_t size() noexcept override {
    LARGE_INTEGER size{};
    return GetFileSizeEx(file_, &size) != 0 ? static_cast<std::uint64_t>(size.QuadPart) : 0;
  }
  std::size_t read(std::uint64_t at, std::span<std::uint8_t> into) noexcept override;
  int write(std::uint64_t at, std::span<const std::uint8_t> bytes) noexcept override;
  int cut(std::uint64_t bytes) noexcept override {
    LARGE_INTEGER end{};
    end.QuadPart = static_cast<LONGLONG>(bytes);
    const bool done =
        SetFilePointerEx(file_, end, nullptr, FILE_BEGIN) != 0 && SetEndOfFile(file_) != 0;
    return done ? 0 : errno_of(GetLastError());
  }

 private:
  HANDLE file_;
};

std::size_t WindowsRecordFile::read(std::uint64_t at, std::span<std::uint8_t> into) noexcept {
  std::size_t done = 0;
  while (done < into.size()) {
    OVERLAPPED place = place_of(at + done);
    DWORD count = 0;
    const BOOL read =
        ReadFile(file_, into.data() + done, piece_of(into.size() - done), &count, &place);
    if (read == 0 || count == 0) break;
    done += count;
  }
  return done;
}

int WindowsRecordFile::write(std::uint64_t at, std::span<const std::uint8_t> bytes) noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    OVERLAPPED place = place_of(at + done);
    DWORD count = 0;
    const BOOL written =
        WriteFile(file_, bytes.data() + done, piece_of(bytes.size() - done), &count, &place);
    if (written == 0) return errno_of(GetLastError());
    if (count == 0) return EIO;
    done += count;
  }
  return 0;
}

}  // namespace

std::unique_ptr<RecordFile> open_record_file(const std::string& path) {
  const HANDLE file =
      CreateFileW(wide_from_utf8(path).c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ,
                  nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    throw PlatformError(Fault::system, "cannot write " + path + ": Windows error " +
                                           std::to_string(GetLastError()));
  }
  auto opened = std::make_unique<WindowsRecordFile>(file);
  if (GetFileType(file) != FILE_TYPE_DISK) {
    throw PlatformError(Fault::not_supported, "cannot write " + path + ": it is no file on a disk");
  }
  return opened;
}

}  // namespace pacegate::platform
