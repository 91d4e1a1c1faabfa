#include "platform/linux/bpf_objects.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/error.h"
#include "platform/linux/system_error.h"

namespace pacegate::platform {
namespace {

// Frames the kernel prepares together. Measured: 8 is slower, 256 is no faster.
constexpr std::uint32_t kLiveBatch = 64;

int bpf(bpf_cmd command, bpf_attr& attributes) noexcept {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

std::uint64_t address_of(const void* memory) noexcept {
  return reinterpret_cast<std::uintptr_t>(memory);
}

template <std::size_t kSize>
void set_name(char (&field)[kSize], const char* name) noexcept {
  std::strncpy(field, name, kSize - 1);
}

FileDescriptor create_array(const char* name, std::size_t value_bytes, std::size_t values) {
  bpf_attr attributes = zeroed_bpf_attributes();
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = static_cast<std::uint32_t>(value_bytes);
  attributes.max_entries = static_cast<std::uint32_t>(values);
  attributes.map_flags = BPF_F_MMAPABLE;
  set_name(attributes.map_name, name);
  FileDescriptor fd(bpf(BPF_MAP_CREATE, attributes));
  if (!fd.is_open()) throw_bpf_error("cannot make a BPF map", errno);
  return fd;
}

}  // namespace

MappedArray::MappedArray(const char* name, std::size_t value_bytes, std::size_t values)
    : fd_(create_array(name, value_bytes, values)), bytes_(value_bytes * values) {
  // Touched in advance: a page fault in the middle of sending costs more than a frame.
  void* memory =
      mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_.get(), 0);
  if (memory == MAP_FAILED) throw_bpf_error("cannot map a BPF map", errno);
  memory_ = static_cast<std::uint8_t*>(memory);
}

MappedArray::~MappedArray() {
  munmap(memory_, bytes_);
}

FileDescriptor load_program(bpf_prog_type type, const char* name,
                            std::span<const bpf_insn> program) noexcept {
  bpf_attr attributes = zeroed_bpf_attributes();
  attributes.prog_type = type;
  attributes.insns = address_of(program.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
  attributes.license = address_of("MIT");
  set_name(attributes.prog_name, name);
  return FileDescriptor(bpf(BPF_PROG_LOAD, attributes));
}

FileDescriptor attach_to_tracepoint(const char* tracepoint,
                                    const FileDescriptor& program) noexcept {
  bpf_attr attributes = zeroed_bpf_attributes();
  attributes.raw_tracepoint.name = address_of(tracepoint);
  attributes.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(program.get());
  return FileDescriptor(bpf(BPF_RAW_TRACEPOINT_OPEN, attributes));
}

void throw_bpf_error(const std::string& what, int error) {
  if (error == EPERM) throw PlatformError(Fault::not_permitted, what + ": " + kBpfHint, error);
  // The verifier's word for a program that it cannot prove safe.
  if (error == EACCES) throw PlatformError(Fault::not_supported, what + " on this kernel", error);
  throw_system_error(what, error);
}

int run_live_frames(int program_fd, std::span<const std::uint8_t> frame,
                    std::uint32_t repeat) noexcept {
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(frame.size());
  bpf_attr attributes = zeroed_bpf_attributes();
  attributes.test.prog_fd = static_cast<std::uint32_t>(program_fd);
  attributes.test.data_in = address_of(frame.data());
  attributes.test.data_size_in = static_cast<std::uint32_t>(frame.size());
  attributes.test.ctx_in = address_of(&context);
  attributes.test.ctx_size_in = sizeof context;
  attributes.test.repeat = repeat;
  attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  attributes.test.batch_size = std::min(kLiveBatch, repeat);
  return bpf(BPF_PROG_TEST_RUN, attributes) == 0 ? 0 : errno;
}

}  // namespace pacegate::platform
