#include "platform/linux/ip_bytes.h"

#include <arpa/inet.h>

#include <array>

namespace pacegate::platform {

std::string address_text(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address_family(address), address.bytes().data(), text.data(), text.size());
  return text.data();
}

}  // namespace pacegate::platform
