/// \file
/// The far end of a wire as an XDP program sees it: what makes a veth take redirected frames, and
/// the fastest receiver there is.
#pragma once

#include <doctest/doctest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "platform/interface.h"
#include "platform/linux/bpf_objects.h"
#include "platform/linux/ebpf_assembler.h"
#include "platform/linux/xdp_ring.h"

namespace pacegate::platform::test {

/// Runs an XDP program at a device as long as it lives.
class AttachedXdp {
 public:
  AttachedXdp(const Interface& device, const std::vector<bpf_insn>& program) {
    const FileDescriptor loaded = load_program(BPF_PROG_TYPE_XDP, "test_peer", program);
    INFO(std::strerror(errno));
    REQUIRE(loaded.is_open());
    bpf_attr attributes = zeroed_bpf_attributes();
    attributes.link_create.prog_fd = static_cast<std::uint32_t>(loaded.get());
    attributes.link_create.target_ifindex = device.index;
    attributes.link_create.attach_type = BPF_XDP;
    link_ = FileDescriptor(
        static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
    INFO(std::strerror(errno));
    REQUIRE(link_.is_open());
  }

 private:
  FileDescriptor link_;
};

/// Gives every frame the same fate. \param action XDP_DROP, XDP_PASS ...
inline std::vector<bpf_insn> xdp_always(xdp_action action) {
  EbpfAssembler code;
  code.set(EbpfRegister::r0, action);
  code.exit();
  return code.finish();
}

/// What XdpRecorder writes down about a frame.
struct Arrival {
  std::uint64_t number;  ///< the eight bytes after the Ethernet header, as this machine reads them
  std::uint64_t at_ns;   ///< monotonic
  std::uint64_t bytes;
  std::uint64_t unused;
};

/// Counts and drops all frames, and writes down the first of them in the order they come.
class XdpRecorder {
 public:
  /// \param most a power of two: records kept
  explicit XdpRecorder(const Interface& device, std::size_t most)
      : records_("test_records", sizeof(Arrival), most),
        count_("test_count", sizeof(std::uint64_t), 1),
        attached_(device, program(most)) {}

  [[nodiscard]] std::uint64_t count() const {
    return shared_word(*reinterpret_cast<std::uint64_t*>(count_.data())).load();
  }
  [[nodiscard]] Arrival at(std::size_t index) const {
    return reinterpret_cast<const Arrival*>(records_.data())[index];
  }

 private:
  [[nodiscard]] std::vector<bpf_insn> program(std::size_t most) const {
    using enum EbpfRegister;
    using Width = EbpfWidth;
    constexpr std::int32_t kNumberAt = 14;
    EbpfAssembler code;
    const auto drop = code.new_label();
    code.copy(r6, r1);
    code.set_map_value(r7, count_.fd());
    code.load(Width::whole, r8, r7, 0);
    code.copy(r1, r8);
    code.add(r1, 1);
    code.store(Width::whole, r7, 0, r1);
    code.jump_if_above(r8, static_cast<std::int32_t>(most - 1), drop);
    code.store_local(Width::word, -4, r8);
    code.copy(r2, frame);
    code.add(r2, -4);
    code.set_map(r1, records_.fd());
    code.call(BPF_FUNC_map_lookup_elem);
    code.jump_if_equal(r0, 0, drop);
    code.copy(r9, r0);
    code.call(BPF_FUNC_ktime_get_ns);
    code.store(Width::whole, r9, offsetof(Arrival, at_ns), r0);
    code.load(Width::word, r1, r6, offsetof(xdp_md, data));
    code.load(Width::word, r2, r6, offsetof(xdp_md, data_end));
    code.copy(r3, r2);
    code.subtract(r3, r1);
    code.store(Width::whole, r9, offsetof(Arrival, bytes), r3);
    code.copy(r3, r1);
    code.add(r3, kNumberAt + 8);
    code.jump_if_above(r3, r2, drop);
    code.load(Width::whole, r3, r1, kNumberAt);
    code.store(Width::whole, r9, offsetof(Arrival, number), r3);
    code.place(drop);
    code.set(r0, XDP_DROP);
    code.exit();
    return code.finish();
  }

  MappedArray records_;
  MappedArray count_;
  AttachedXdp attached_;
};

}  // namespace pacegate::platform::test
