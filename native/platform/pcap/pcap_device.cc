#include "platform/pcap/pcap_device.h"

#include <array>

#include "platform/error.h"
#include "platform/pcap/pcap_host.h"
#include "platform/pcap/pcap_library.h"

namespace pacegate::platform {
namespace {

Fault fault_of(int status) noexcept {
  switch (status) {
    case libpcap::kErrorNotPermitted:
    case libpcap::kErrorPromiscuousNotPermitted:
      return Fault::not_permitted;
    case libpcap::kErrorNoSuchDevice:
      return Fault::no_such_interface;
    case libpcap::kErrorDeviceDown:
      return Fault::interface_down;
    default:
      return Fault::system;
  }
}

constexpr const char* kPrivilegeHint =
    " (needs root; or on Linux CAP_NET_RAW, on macOS read and write access to /dev/bpf*, on "
    "Windows "
    "an administrator where Npcap is kept for these)";

}  // namespace

PcapDevice::PcapDevice(const Interface& interface, const PcapRoom& room)
    : functions_(require_pcap()), name_(interface.name), handle_(nullptr, Close{functions_.close}) {
  std::array<char, libpcap::kErrorBytes> complaint{};
  handle_.reset(functions_.create(pcap_device_name(interface).c_str(), complaint.data()));
  if (!handle_) {
    throw PlatformError(Fault::system, "cannot open " + name_ + " by libpcap: " + complaint.data());
  }
  activate(room);
}

void PcapDevice::activate(const PcapRoom& room) {
  libpcap::Handle* const handle = handle_.get();
  functions_.set_snaplen(handle, room.snapshot_bytes);
  functions_.set_buffer_size(handle, room.buffer_bytes);
  functions_.set_promisc(handle, 0);
  functions_.set_immediate_mode(handle, 1);
  const int status = functions_.activate(handle);
  if (status < 0) fail(status);  // above 0 are warnings
  std::array<char, libpcap::kErrorBytes> complaint{};
  if (functions_.setnonblock(handle, 1, complaint.data()) != 0) {
    throw PlatformError(Fault::system,
                        "libpcap cannot do without blocking on " + name_ + ": " + complaint.data());
  }
  const int data_link = functions_.datalink(handle);
  const auto header = link_header_of(data_link);
  if (!header) {
    throw PlatformError(Fault::not_supported, name_ + " has link type " +
                                                  std::to_string(data_link) +
                                                  " of libpcap, which the pcap backend cannot "
                                                  "read");
  }
  link_header_ = *header;
}

void PcapDevice::fail(int status) {
  const Fault fault = fault_of(status);
  std::string message = "cannot open " + name_ + " by libpcap: " + functions_.statustostr(status);
  const std::string detail = functions_.geterr(handle_.get());
  if (!detail.empty()) message += ": " + detail;
  if (fault == Fault::not_permitted) message += kPrivilegeHint;
  throw PlatformError(fault, message);
}

void PcapDevice::fail_to_filter() {
  throw PlatformError(Fault::system, "cannot attach the capture filter on " + name_ + ": " +
                                         functions_.geterr(handle_.get()));
}

void PcapDevice::filter(const std::string& text) {
  libpcap::Program program{};
  const int optimise = 1;
  if (functions_.compile(handle_.get(), &program, text.c_str(), optimise, libpcap::kAnyNetmask) !=
      0) {
    fail_to_filter();
  }
  const int status = functions_.setfilter(handle_.get(), &program);
  functions_.freecode(&program);
  if (status != 0) fail_to_filter();
}

void PcapDevice::filter_out_everything() {
  libpcap::Instruction keep_nothing{0x06, 0, 0, 0};  // BPF_RET | BPF_K
  libpcap::Program program{1, &keep_nothing};
  if (functions_.setfilter(handle_.get(), &program) != 0) fail_to_filter();
}

void PcapDevice::ignore_outgoing() noexcept {
  (void)functions_.setdirection(handle_.get(), libpcap::kDirectionIn);
}

}  // namespace pacegate::platform
