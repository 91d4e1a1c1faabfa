// The parts of the pcap backend that need neither a library nor a device.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "packet/parse.h"
#include "platform/pcap/link_header.h"
#include "platform/pcap/pcap_filter.h"
#include "platform/pcap/pcap_host.h"
#include "platform/pcap/pcap_library.h"

using namespace pacegate;
using namespace pacegate::platform;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes joined(const Bytes& first, const Bytes& second) {
  Bytes all = first;
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

}  // namespace

TEST_SUITE("pcap") {
  TEST_CASE("P10 without the library there is a reason, which says how to get it") {
    const PcapLibrary none =
        load_pcap_library({"libpcap-of-nobody.so", "another-pcap-of-nobody.dll"});
    CHECK_FALSE(none.available);
    CHECK(none.why_not.find("pcap backend") != std::string::npos);
    CHECK(none.why_not.find(how_to_get_pcap()) != std::string::npos);
    CHECK(none.why_not.find("another-pcap-of-nobody.dll") != std::string::npos);
    CHECK_FALSE(load_pcap_library({}).available);
  }

  TEST_CASE("the system's own library is found or missed the same way every time") {
    const PcapLibrary& library = pcap_library();
    CHECK(&library == &pcap_library());
    CHECK(library.available == library.why_not.empty());
    if (library.available) CHECK(std::string(library.functions.lib_version()).size() > 3);
  }

  TEST_CASE("link headers are taken off") {
    const Bytes v4{0x45, 0, 0, 20};
    const Bytes v6{0x60, 0, 0, 0};
    const Bytes addresses(12, 0x02);
    const auto strip = [](int data_link, const Bytes& frame) {
      return strip_link_header(*link_header_of(data_link), frame);
    };
    const auto is = [](const auto& packet, std::uint16_t type, const Bytes& bytes) {
      return packet && packet->ether_type == type &&
             std::equal(packet->bytes.begin(), packet->bytes.end(), bytes.begin(), bytes.end());
    };
    CHECK(is(strip(1, joined(joined(addresses, {0x08, 0x00}), v4)), 0x0800, v4));
    CHECK(is(strip(1, joined(joined(addresses, {0x81, 0, 0, 7, 0x86, 0xdd}), v6)), 0x86dd, v6));
    const Bytes two_tags{0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 0x08, 0x06};
    CHECK(is(strip(1, joined(joined(addresses, two_tags), v4)), 0x0806, v4));
    CHECK(is(strip(1, joined(addresses, {0x08, 0x00})), 0x0800, {}));
    CHECK_FALSE(strip(1, addresses));
    CHECK_FALSE(strip(1, joined(addresses, {0x81, 0, 0, 7})));
    for (const int family_first : {0, 108}) {
      CHECK(is(strip(family_first, joined({2, 0, 0, 0}, v4)), packet::kEtherTypeIpv4, v4));
      CHECK(is(strip(family_first, joined({0, 0, 0, 30}, v6)), packet::kEtherTypeIpv6, v6));
      CHECK_FALSE(strip(family_first, {2, 0, 0}));
      CHECK_FALSE(strip(family_first, {2, 0, 0, 0}));
    }
    CHECK(is(strip(12, v4), packet::kEtherTypeIpv4, v4));
    CHECK_FALSE(strip(12, {0x10}));
    CHECK(is(strip(113, joined(joined(Bytes(14), {0x86, 0xdd}), v6)), 0x86dd, v6));
    CHECK_FALSE(link_header_of(127));  // radiotap
  }

  TEST_CASE("a filter is as long as its wishes") {
    CHECK(pcap_filter_text({}, true).empty());
    CHECK(pcap_filter_text({.neighbours = true}, false).empty());
    const std::string both = pcap_filter_text({.tcp_port = 40001, .neighbours = true}, true);
    CHECK(both.find("40001") != std::string::npos);
    CHECK(both.find("arp") != std::string::npos);
    CHECK(both.find("icmp and") == std::string::npos);
  }
}
