#include "binding/address_text.h"

#include <array>
#include <cstdio>

namespace pacegate::binding {
namespace {

constexpr std::size_t kGroups = 8;

struct ZeroRun {
  std::size_t first = kGroups;
  std::size_t length = 1;  // a single zero group is not shortened
};

/// The longest run of zero groups, the first of equals.
ZeroRun longest_zero_run(const std::array<unsigned, kGroups>& groups) {
  ZeroRun best;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kGroups; ++i) {
    length = groups[i] == 0 ? length + 1 : 0;
    if (length > best.length) best = {.first = i + 1 - length, .length = length};
  }
  return best;
}

std::string ipv6_text(const IpAddress& address) {
  std::array<unsigned, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = (unsigned{address.key()[2 * i]} << 8) | address.key()[2 * i + 1];
  }
  const ZeroRun run = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == run.first) {
      text += "::";
      i += run.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 8> group{};
    std::snprintf(group.data(), group.size(), "%x", groups[i]);
    text += group.data();
  }
  return text;
}

}  // namespace

std::string address_text(const IpAddress& address) {
  if (address.is_v6()) return ipv6_text(address);
  const std::array<std::uint8_t, 16>& b = address.key();
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
  return text.data();
}

std::string mac_text(const packet::MacAddress& mac) {
  const std::array<std::uint8_t, 6>& b = mac.bytes;
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
                b[4], b[5]);
  return text.data();
}

}  // namespace pacegate::binding
