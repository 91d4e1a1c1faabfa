#include "platform/xdp_support.h"

#include <linux/bpf.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "platform/linux/bpf_objects.h"
#include "platform/linux/ebpf_assembler.h"
#include "platform/linux/system_error.h"
#include "platform/linux/xdp_features.h"

namespace pacegate::platform {
namespace {

constexpr std::array<long, 2> kOldestKernel{5, 18};  // live frames

/// Empty when this kernel and process can send live frames at all.
std::string why_not_here() {
  EbpfAssembler code;
  code.set(EbpfRegister::r0, XDP_PASS);
  code.exit();
  const FileDescriptor program = load_program(BPF_PROG_TYPE_XDP, "pacegate_probe", code.finish());
  if (!program.is_open()) {
    return errno == EPERM ? kBpfHint : "XDP programs are refused: " + describe_errno(errno);
  }
  utsname system{};
  uname(&system);
  char* rest = system.release;
  const long major = std::strtol(rest, &rest, 10);
  const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  if (std::array{major, minor} >= kOldestKernel) return "";
  return std::string("needs Linux 5.18 or later, and this is ") + system.release;
}

std::string why_not_on(const Interface& interface) {
  const std::string kind = device_kind(interface.index);
  const std::string& name = interface.name;
  if (kind == "veth") {
    return "the other end of " + name +
           " has no XDP program and GRO off: run `ethtool -K NAME gro on` for it, where it is";
  }
  if (!kind.empty()) {
    return name + " is a " + kind + " device, which takes no redirected frames: use backend packet";
  }
  return "the driver of " + name +
         " takes no redirected frames, or only while an XDP program is attached to the device";
}

}  // namespace

XdpSupport xdp_support(const Interface& interface) {
  if (interface.link != LinkType::ethernet) {
    return {false, interface.name + " carries no Ethernet frames"};
  }
  const std::string here = why_not_here();
  if (!here.empty()) return {false, here};
  const auto features = xdp_features(interface.index);
  if (features && (*features & kXdpTransmits) == 0) return {false, why_not_on(interface)};
  return {true, ""};
}

}  // namespace pacegate::platform
