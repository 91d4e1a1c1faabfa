/// \file
/// The answer of systems where files are not shared yet.
#include "platform/shared_memory.h"

#include "platform/error.h"

namespace pacegate::platform {
namespace {

[[noreturn]] void throw_no_files() {
  throw PlatformError(Fault::not_supported,
                      "sharing by a file is available on Linux only; threads of one process share "
                      "by a SharedArrayBuffer");
}

}  // namespace

SharingDomain sharing_domain() {
  throw_no_files();
}

SharedMemory::SharedMemory(const std::string&) {
  throw_no_files();
}

SharedMemory::SharedMemory(SharedMemory&&) noexcept = default;
SharedMemory& SharedMemory::operator=(SharedMemory&&) noexcept = default;
SharedMemory::~SharedMemory() = default;

// Never called: there is no object of this class.
void SharedMemory::admit_others() {}
std::uint64_t SharedMemory::file_bytes() const {
  return 0;
}
std::size_t SharedMemory::read(std::span<std::byte>) const {
  return 0;
}
void SharedMemory::make_anew(std::span<const std::byte>, std::size_t) {}
std::span<std::byte> SharedMemory::map(std::size_t) {
  return {};
}

}  // namespace pacegate::platform
