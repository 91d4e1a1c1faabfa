/// \file
/// Attached is who holds a lock by flock(): shared when there are several, exclusive for who is
/// alone. It belongs to the open file and not to the process, so environments of one process count
/// apart, and the kernel takes it from the dead.
#include "platform/shared_memory.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/linux/file_descriptor.h"
#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

/// Who is alone with the file works on it for microseconds, or for the time a disk needs.
constexpr std::uint64_t kPatienceNs = 5 * kNsPerSecond;

std::string quoted(const std::string& path) {
  return "the shared file \"" + path + "\"";
}

[[noreturn]] void throw_file_error(const std::string& verb, const std::string& path, int error) {
  const bool refused = error == EACCES || error == EPERM || error == EROFS;
  throw PlatformError(refused ? Fault::not_permitted : Fault::system,
                      "cannot " + verb + " " + quoted(path) + ": " + describe_errno(error), error);
}

[[noreturn]] void throw_unfit(const std::string& path, const std::string& problem) {
  throw PlatformError(Fault::shared_state, quoted(path) + " " + problem);
}

int open_file(const std::string& path) {
  // O_NONBLOCK: a pipe or a device of that name must not keep us waiting before it is refused.
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  const int file = open(path.c_str(), kFlags, 0600);
  if (file < 0 && errno == ELOOP) throw_unfit(path, "is a symbolic link");
  if (file < 0 && errno == EISDIR) throw_unfit(path, "is a directory");
  if (file < 0) throw_file_error("open", path, errno);
  return file;
}

/// By the system call: glibc's wrappers (fstat 2.33, statx 2.28) are too new for our floor.
struct statx status_of(int file, const std::string& path) {
  struct statx status{};
  constexpr unsigned kWanted = STATX_TYPE | STATX_UID | STATX_SIZE;
  if (syscall(SYS_statx, file, "", AT_EMPTY_PATH, kWanted, &status) != 0) {
    throw_file_error("look at", path, errno);
  }
  return status;
}

void check_kind(int file, const std::string& path) {
  const struct statx status = status_of(file, path);
  if ((status.stx_mode & 0170000U) != 0100000U) throw_unfit(path, "is no regular file");
  if (status.stx_uid != geteuid()) {
    throw_unfit(path, "belongs to user " + std::to_string(status.stx_uid) + ", and this is user " +
                          std::to_string(geteuid()));
  }
}

bool try_lock(int file, int kind, const std::string& path) {
  if (flock(file, kind | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK && errno != EINTR) throw_file_error("lock", path, errno);
  return false;
}

/// \param may_be_alone whether to try for the exclusive lock, always before the shared one
/// \return whether it is the exclusive one
bool lock_file(int file, bool may_be_alone, const std::string& path) {
  const std::uint64_t deadline_ns = monotonic_ns() + kPatienceNs;
  for (;;) {
    if (may_be_alone && try_lock(file, LOCK_EX, path)) return true;
    if (try_lock(file, LOCK_SH, path)) return false;
    if (monotonic_ns() >= deadline_ns) {
      throw_unfit(path, "is kept locked by another process that does not go on");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void allocate(int file, std::size_t bytes, const std::string& path) {
  // Not posix_fallocate: where the file system cannot, it writes to blocks that others may be using.
  while (fallocate(file, 0, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno == EINTR) continue;
    if (errno == EOPNOTSUPP || errno == ENOSYS) return;
    throw_file_error("make room for", path, errno);
  }
}

void write_at(int file, std::span<const std::byte> bytes, std::size_t at, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw_file_error("write", path, written == 0 ? ENOSPC : errno);
    at += static_cast<std::size_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

/// What a file of /proc or the target of a link there says; at most 255 characters.
std::string read_proc(const char* path, bool is_link) {
  std::array<char, 256> text{};
  ssize_t length = -1;
  if (is_link) {
    length = readlink(path, text.data(), text.size());
  } else {
    const FileDescriptor file(open(path, O_RDONLY | O_CLOEXEC));
    if (file.is_open()) length = ::read(file.get(), text.data(), text.size());
  }
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

/// The number in "pid:[4026531836]"; 0 where there are no such namespaces.
std::uint64_t namespace_number(const char* path) {
  const std::string text = read_proc(path, true);
  const std::size_t bracket = text.find('[');
  return bracket == std::string::npos ? 0 : std::strtoull(text.c_str() + bracket + 1, nullptr, 10);
}

}  // namespace

SharingDomain sharing_domain() {
  // As in 4b1bd35c-2a51-4bc5-91b5-6b3a5a6b6c6f.
  std::string boot = read_proc("/proc/sys/kernel/random/boot_id", false);
  std::erase(boot, '-');
  if (boot.size() < 32) {
    throw PlatformError(Fault::not_supported,
                        "sharing by a file needs /proc/sys/kernel/random/boot_id");
  }
  const auto half = [&boot](std::size_t at) {
    return std::strtoull(boot.substr(at, 16).c_str(), nullptr, 16);
  };
  return {{half(0), half(16) ^ namespace_number("/proc/self/ns/time")},
          namespace_number("/proc/self/ns/pid")};
}

SharedMemory::SharedMemory(const std::string& path) : path_(path) {
  FileDescriptor file(open_file(path));
  check_kind(file.get(), path);
  alone_ = lock_file(file.get(), true, path);
  file_ = file.release();
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      alone_(other.alone_),
      mapped_(std::exchange(other.mapped_, {})) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(alone_, other.alone_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

SharedMemory::~SharedMemory() {
  // Memory first: whoever finds the file unlocked must not meet our writes.
  if (!mapped_.empty()) munmap(mapped_.data(), mapped_.size());
  if (file_ >= 0) close(file_);
}

void SharedMemory::admit_others() {
  alone_ = false;
  lock_file(file_, false, path_);
}

std::uint64_t SharedMemory::file_bytes() const {
  return status_of(file_, path_).stx_size;
}

std::size_t SharedMemory::read(std::span<std::byte> start) const {
  const ssize_t length = pread(file_, start.data(), start.size(), 0);
  if (length < 0) throw_file_error("read", path_, errno);
  return static_cast<std::size_t>(length);
}

void SharedMemory::make_anew(std::span<const std::byte> start, std::size_t bytes) {
  if (ftruncate(file_, 0) != 0) throw_file_error("empty", path_, errno);
  // Whatever the umask left of it.
  if (syscall(SYS_fchmod, file_, 0600) != 0) throw_file_error("set the mode of", path_, errno);
  write_at(file_, start, 0, path_);
  allocate(file_, bytes, path_);
  if (file_bytes() < bytes) {
    // The file system cannot allocate: written blocks are there as well.
    const std::vector<std::byte> zeros(std::size_t{1} << 16);
    for (std::size_t at = start.size(); at < bytes; at += zeros.size()) {
      write_at(file_, std::span(zeros).first(std::min(zeros.size(), bytes - at)), at, path_);
    }
  }
  // So that a file found after a power failure can be told to be ours.
  if (fdatasync(file_) != 0) throw_file_error("write", path_, errno);
}

std::span<std::byte> SharedMemory::map(std::size_t bytes) {
  // Holes are filled, which others may have made: no write to the memory may need a full disk.
  allocate(file_, bytes, path_);
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (address == MAP_FAILED) throw_file_error("map", path_, errno);
  mapped_ = {static_cast<std::byte*>(address), bytes};
  return mapped_;
}

}  // namespace pacegate::platform
