/// \file
/// One device opened through libpcap.
#pragma once

#include <memory>
#include <string>

#include "platform/interface.h"
#include "platform/pcap/libpcap_abi.h"
#include "platform/pcap/link_header.h"

namespace pacegate::platform {

/// What is read of each packet, and the room for those that wait.
struct PcapRoom {
  int snapshot_bytes;
  int buffer_bytes;
};

/// Not thread-safe. Neither promiscuous nor blocking, and packets are there as soon as they come.
class PcapDevice {
 public:
  /// \throws PlatformError not_supported (no libpcap, or a link type nobody reads), not_permitted,
  /// no_such_interface, interface_down, system
  PcapDevice(const Interface& interface, const PcapRoom& room);

  [[nodiscard]] const libpcap::Functions& functions() const noexcept { return functions_; }
  [[nodiscard]] libpcap::Handle* handle() const noexcept { return handle_.get(); }
  [[nodiscard]] LinkHeader link_header() const noexcept { return link_header_; }

  /// Takes only what `text` (pcap-filter(7)) describes; what came before is gone.
  /// \throws PlatformError system
  void filter(const std::string& text);
  /// Takes nothing. \throws PlatformError system
  void filter_out_everything();
  /// Does without packets that this host sends, where the system can tell.
  void ignore_outgoing() noexcept;

 private:
  struct Close {
    void (*close)(libpcap::Handle*);
    void operator()(libpcap::Handle* handle) const noexcept { close(handle); }
  };

  void activate(const PcapRoom& room);
  [[noreturn]] void fail(int status);
  [[noreturn]] void fail_to_filter();

  const libpcap::Functions& functions_;
  std::string name_;
  std::unique_ptr<libpcap::Handle, Close> handle_;
  LinkHeader link_header_ = LinkHeader::none;
};

}  // namespace pacegate::platform
