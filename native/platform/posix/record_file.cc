#include "platform/record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "platform/error.h"

namespace pacegate::platform {
namespace {

constexpr mode_t kMode = 0644;

class PosixRecordFile final : public RecordFile {
 public:
  explicit PosixRecordFile(int fd) : fd_(fd) {}
  PosixRecordFile(const PosixRecordFile&) = delete;
  PosixRecordFile& operator=(const PosixRecordFile&) = delete;
  ~PosixRecordFile() override { close(fd_); }

  std::uint64_t size() noexcept override {
    const off_t end = lseek(fd_, 0, SEEK_END);
    return end < 0 ? 0 : static_cast<std::uint64_t>(end);
  }
  std::size_t read(std::uint64_t at, std::span<std::uint8_t> into) noexcept override;
  int write(std::uint64_t at, std::span<const std::uint8_t> bytes) noexcept override;
  int cut(std::uint64_t bytes) noexcept override {
    return ftruncate(fd_, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
  }

 private:
  int fd_;
};

std::size_t PosixRecordFile::read(std::uint64_t at, std::span<std::uint8_t> into) noexcept {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count =
        pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

int PosixRecordFile::write(std::uint64_t at, std::span<const std::uint8_t> bytes) noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return EIO;
    done += static_cast<std::size_t>(count);
  }
  return 0;
}

}  // namespace

std::unique_ptr<RecordFile> open_record_file(const std::string& path) {
  // Not blocking: opening a pipe would wait for its reader. It means nothing to a file on a disk.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, kMode);
  if (fd < 0) {
    const int error = errno;
    throw PlatformError(Fault::system,
                        "cannot write " + path + ": " + std::generic_category().message(error),
                        error);
  }
  auto file = std::make_unique<PosixRecordFile>(fd);
  if (lseek(fd, 0, SEEK_CUR) < 0) {
    throw PlatformError(Fault::not_supported, "cannot write " + path + ": it is no file on a disk");
  }
  return file;
}

}  // namespace pacegate::platform
