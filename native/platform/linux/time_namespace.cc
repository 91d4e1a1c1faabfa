#include "platform/linux/time_namespace.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "platform/linux/file_descriptor.h"

namespace pacegate::platform {

// Before Linux 5.6 there is neither the file nor what it tells of. Its first line: "monotonic SECONDS NANOSECONDS".
bool monotonic_clock_is_shifted() noexcept {
  const FileDescriptor file(open("/proc/self/timens_offsets", O_RDONLY | O_CLOEXEC));
  std::array<char, 256> text{};
  const ssize_t bytes = file.is_open() ? read(file.get(), text.data(), text.size()) : 0;
  if (bytes <= 0) return false;
  const std::string_view all(text.data(), static_cast<std::size_t>(bytes));
  const std::string_view line = all.substr(0, all.find('\n'));
  return std::any_of(line.begin(), line.end(), [](char c) { return c >= '1' && c <= '9'; });
}

}  // namespace pacegate::platform
