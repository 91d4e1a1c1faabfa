/// \file
/// Network devices by the IP Helper API, which knows them whether Npcap is there or not.
#include "platform/interface.h"

#include <algorithm>
#include <cstring>

#include "platform/error.h"
#include "platform/windows/ip_helper.h"
#include "platform/windows/socket_address.h"
#include "platform/windows/wide_text.h"

namespace pacegate::platform {
namespace {

LinkType link_type(const IP_ADAPTER_ADDRESSES& adapter) noexcept {
  switch (adapter.IfType) {
    case IF_TYPE_ETHERNET_CSMACD:
    case IF_TYPE_IEEE80211:  // Windows shows wireless devices as Ethernet
      return LinkType::ethernet;
    case IF_TYPE_SOFTWARE_LOOPBACK:
      return LinkType::loopback;
    case IF_TYPE_PPP:
    case IF_TYPE_TUNNEL:
    case IF_TYPE_PROP_VIRTUAL:  // Wintun
      return LinkType::ip;
    default:
      return LinkType::other;
  }
}

Interface interface_of(const IP_ADAPTER_ADDRESSES& adapter) {
  Interface result;
  result.name = utf8_from_wide(adapter.FriendlyName);
  result.index = adapter.IfIndex != 0 ? adapter.IfIndex : adapter.Ipv6IfIndex;
  result.link = link_type(adapter);
  result.up = adapter.OperStatus == IfOperStatusUp;
  result.mtu = adapter.Mtu;
  if (result.link == LinkType::ethernet &&
      adapter.PhysicalAddressLength == result.mac.bytes.size()) {
    std::copy_n(adapter.PhysicalAddress, result.mac.bytes.size(), result.mac.bytes.begin());
  }
  for (const auto* own = adapter.FirstUnicastAddress; own != nullptr; own = own->Next) {
    SOCKADDR_INET address = zeroed_socket_address();
    const auto size = static_cast<std::size_t>(own->Address.iSockaddrLength);
    std::memcpy(&address, own->Address.lpSockaddr, std::min(size, sizeof address));
    if (const auto ip = ip_of(address)) result.addresses.push_back(*ip);
  }
  return result;
}

/// The list, as large as it may have become since it was asked for its size.
std::vector<IP_ADAPTER_ADDRESSES> read_adapters() {
  constexpr ULONG kFlags =
      GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
  ULONG bytes = 16 * 1024;
  for (int attempt = 0; attempt < 4; ++attempt) {
    std::vector<IP_ADAPTER_ADDRESSES> adapters(bytes / sizeof(IP_ADAPTER_ADDRESSES) + 1);
    const ULONG status = GetAdaptersAddresses(AF_UNSPEC, kFlags, nullptr, adapters.data(), &bytes);
    if (status == NO_ERROR) return adapters;
    if (status == ERROR_NO_DATA) return {};
    if (status != ERROR_BUFFER_OVERFLOW) {
      throw PlatformError(Fault::system, "cannot list the network interfaces: Windows error " +
                                             std::to_string(status));
    }
  }
  throw PlatformError(Fault::system, "cannot list the network interfaces: they keep changing");
}

}  // namespace

std::vector<Interface> list_interfaces() {
  const std::vector<IP_ADAPTER_ADDRESSES> adapters = read_adapters();
  std::vector<Interface> interfaces;
  const IP_ADAPTER_ADDRESSES* next = adapters.empty() ? nullptr : adapters.data();
  for (; next != nullptr; next = next->Next) interfaces.push_back(interface_of(*next));
  std::sort(interfaces.begin(), interfaces.end(),
            [](const Interface& a, const Interface& b) { return a.index < b.index; });
  return interfaces;
}

}  // namespace pacegate::platform
