/// \file
/// Network devices by getifaddrs(), which macOS, the BSDs and Linux have.
#include "platform/interface.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "platform/error.h"
#include "platform/posix/link_address.h"

namespace pacegate::platform {
namespace {

struct FreeList {
  void operator()(ifaddrs* list) const noexcept { freeifaddrs(list); }
};

/// \return nothing for a family that is not IP
std::optional<IpAddress> ip_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4});
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  std::uint8_t* const bytes = v6.sin6_addr.s6_addr;
  // Systems of KAME's descent hide the device's number here.
  if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) bytes[2] = bytes[3] = 0;
  return IpAddress::from_bytes({bytes, 16});
}

std::uint32_t mtu_of(const std::string& name) {
  const int any = socket(AF_INET, SOCK_DGRAM, 0);
  if (any < 0) return 0;
  ifreq request{};
  std::copy_n(name.begin(), std::min(name.size(), sizeof request.ifr_name - 1), request.ifr_name);
  const bool known = ioctl(any, SIOCGIFMTU, &request) == 0;
  close(any);
  return known ? static_cast<std::uint32_t>(request.ifr_mtu) : 0;
}

LinkType link_type(unsigned flags, bool has_ethernet) noexcept {
  if ((flags & IFF_LOOPBACK) != 0) return LinkType::loopback;
  if (has_ethernet) return LinkType::ethernet;
  return (flags & IFF_POINTOPOINT) != 0 ? LinkType::ip : LinkType::other;
}

/// The list has an entry for each address, and mostly one for the device itself.
Interface& device_of(const ifaddrs& entry, std::vector<Interface>& interfaces) {
  const auto known = std::find_if(interfaces.begin(), interfaces.end(), [&](const Interface& each) {
    return each.name == entry.ifa_name;
  });
  if (known != interfaces.end()) return *known;
  Interface device;
  device.name = entry.ifa_name;
  device.index = if_nametoindex(entry.ifa_name);
  device.link = link_type(entry.ifa_flags, false);
  device.up = (entry.ifa_flags & IFF_UP) != 0 && (entry.ifa_flags & IFF_RUNNING) != 0;
  device.mtu = mtu_of(device.name);
  return interfaces.emplace_back(std::move(device));
}

void add_entry(const ifaddrs& entry, std::vector<Interface>& interfaces) {
  Interface& device = device_of(entry, interfaces);
  if (entry.ifa_addr == nullptr) return;
  if (const auto mac = ethernet_address_of(*entry.ifa_addr)) {
    device.link = link_type(entry.ifa_flags, true);
    if (device.link == LinkType::ethernet) device.mac = *mac;
  } else if (const auto ip = ip_of(*entry.ifa_addr)) {
    device.addresses.push_back(*ip);
  }
}

}  // namespace

std::vector<Interface> list_interfaces() {
  ifaddrs* entries = nullptr;
  if (getifaddrs(&entries) != 0) {
    throw PlatformError(Fault::system, "cannot list the network interfaces", errno);
  }
  const std::unique_ptr<ifaddrs, FreeList> list(entries);
  std::vector<Interface> interfaces;
  for (const ifaddrs* entry = entries; entry != nullptr; entry = entry->ifa_next) {
    add_entry(*entry, interfaces);
  }
  std::sort(interfaces.begin(), interfaces.end(),
            [](const Interface& a, const Interface& b) { return a.index < b.index; });
  return interfaces;
}

}  // namespace pacegate::platform
