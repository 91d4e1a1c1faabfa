#include "platform/xdp_support.h"

#include <linux/bpf.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "platform/linux/bpf_objects.h"
#include "platform/linux/ebpf_assembler.h"
#include "platform/linux/system_error.h"
#include "platform/linux/time_namespace.h"
#include "platform/linux/xdp_features.h"

namespace pacegate::platform {
namespace {

constexpr std::array<long, 2> kOldestKernel{5, 18};  // live frames

/// Empty when this process may load programs of this type.
std::string why_not_loaded(bpf_prog_type type, const char* kind, int result) {
  EbpfAssembler code;
  code.set(EbpfRegister::r0, result);
  code.exit();
  if (load_program(type, "pacegate_probe", code.finish()).is_open()) return "";
  return errno == EPERM ? kBpfHint
                        : std::string(kind) + " programs are refused: " + describe_errno(errno);
}

/// Empty when this kernel and process can send live frames at all.
std::string why_not_here() {
  std::string refusal = why_not_loaded(BPF_PROG_TYPE_XDP, "XDP", XDP_PASS);
  // What the device refuses is counted at a tracepoint; and the privilege for that (CAP_PERFMON) is also
  // the one to compute addresses in a frame, as the sending program does.
  if (refusal.empty()) refusal = why_not_loaded(BPF_PROG_TYPE_RAW_TRACEPOINT, "tracepoint", 0);
  if (!refusal.empty()) return refusal;
  if (monotonic_clock_is_shifted()) {
    return "this process is in a time namespace, whose clock XDP programs do not have: use backend "
           "packet";
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
