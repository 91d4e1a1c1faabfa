#include "platform/pcap/pcap_filter.h"

namespace pacegate::platform {

std::string pcap_filter_text(const ReceiveFilter& filter, bool has_neighbours) {
  constexpr const char* kWholeIpv4 = "ip and ip[6:2] & 0x3fff = 0 and ";
  std::string text;
  const auto add = [&text](const std::string& wish) {
    text += (text.empty() ? "(" : " or (") + wish + ")";
  };
  for (const std::uint16_t wanted : {filter.tcp_port, filter.other_tcp_port}) {
    if (wanted == 0) continue;
    const std::string port = std::to_string(wanted);
    add(kWholeIpv4 + ("tcp and tcp[2:2] = " + port));
    add("ip6 and ip6[6] = 6 and ip6[42:2] = " + port);
  }
  if (filter.icmp_errors) {
    add(kWholeIpv4 + std::string("icmp and (icmp[0] = 3 or icmp[0] = 11)"));
    add("ip6 and ip6[6] = 58 and (ip6[40] = 1 or ip6[40] = 3)");
  }
  if (filter.neighbours && has_neighbours) {
    add("arp and arp[6:2] = 2");
    add("ip6 and ip6[6] = 58 and ip6[40] = 136");
  }
  return text;
}

}  // namespace pacegate::platform
