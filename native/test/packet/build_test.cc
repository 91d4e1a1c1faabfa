#include "packet/build.h"

#include <doctest/doctest.h>

#include "packet/parse.h"
#include "packet/test_frames.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

namespace {

/// The bytes `build` writes; and that it refuses each smaller buffer without touching it.
template <typename Fields, typename Build>
Frame built(const Fields& fields, const Build& build) {
  Frame out(2048, 0xa5);
  const std::size_t bytes = build(fields, MutableBytes{out});
  CHECK(Frame(out.begin() + static_cast<std::ptrdiff_t>(bytes), out.end()) ==
        Frame(out.size() - bytes, 0xa5));
  out.resize(bytes);
  for (std::size_t size = 0; size < bytes; ++size) {
    const Frame untouched(size, 0xa5);
    Frame small = untouched;
    CHECK(build(fields, MutableBytes{small}) == 0);
    CHECK(small == untouched);
  }
  Frame exact(bytes);
  CHECK(build(fields, MutableBytes{exact}) == bytes);
  CHECK(exact == out);
  return out;
}

}  // namespace

TEST_SUITE("packet/build") {
  TEST_CASE("an ARP request that a kernel answered") {
    CHECK(built(NeighbourQuestion{kProberMac, v4_host(1), v4_host(2)}, build_neighbour_request) ==
          from_hex("ffffffffffff0200000000010806"
                   "00010800060400010200000000010a6300010000000000000a630002"));
  }

  TEST_CASE("a neighbour solicitation that a kernel answered") {
    const Frame frame =
        built(NeighbourQuestion{kProberMac, v6_host(1), v6_host(2)}, build_neighbour_request);
    CHECK(frame == from_hex("3333ff00000202000000000186dd6000000000203aff"
                            "fd000db8000000000000000000000001ff0200000000000000000001ff000002"
                            "8700622700000000fd000db80000000000000000000000020101020000000001"));
    CHECK(frame.size() == kMaxNeighbourRequest);
  }

  TEST_CASE("the solicited-node group takes the target's last three bytes") {
    const Frame target = from_hex("20010db8000000000000000012ab34cd");
    const Frame frame =
        built(NeighbourQuestion{kProberMac, v6_host(1), IpAddress::from_bytes(target)},
              build_neighbour_request);
    CHECK(Frame(frame.begin(), frame.begin() + 6) == from_hex("3333ffab34cd"));
    CHECK(Frame(frame.begin() + 38, frame.begin() + 54) ==
          from_hex("ff0200000000000000000001ffab34cd"));
  }

  TEST_CASE("a solicitation from the unspecified address names no MAC address") {
    const Frame unspecified(16, 0);
    const Frame frame =
        built(NeighbourQuestion{kProberMac, IpAddress::from_bytes(unspecified), v6_host(2)},
              build_neighbour_request);
    CHECK(frame == from_hex("3333ff00000202000000000186dd6000000000183aff"
                            "00000000000000000000000000000000ff0200000000000000000001ff000002"
                            "87006feb00000000fd000db8000000000000000000000002"));
  }

  TEST_CASE("no question of two families, none for an IPv6 multicast group") {
    Frame out(256, 0xa5);
    const Frame group = from_hex("ff020000000000000000000000000001");
    CHECK(build_neighbour_request({kProberMac, v4_host(1), v6_host(2)}, out) == 0);
    CHECK(build_neighbour_request({kProberMac, v6_host(1), v4_host(2)}, out) == 0);
    CHECK(build_neighbour_request({kProberMac, v6_host(1), IpAddress::from_bytes(group)}, out) ==
          0);
    CHECK(out == Frame(256, 0xa5));
  }

  TEST_CASE("known TCP segments") {
    const std::uint8_t flags = kTcpSyn | kTcpAck;
    CHECK(built(TcpFields{v4_host(1), v4_host(2), 1, 2, 3, 4, flags, 61}, build_tcp) ==
          from_hex("45000028000040003d0629080a6300010a630002"
                   "0001000200000003000000045012040097000000"));
    CHECK(built(TcpFields{v6_host(1), v6_host(2), 1, 2, 3, 4, flags, 61}, build_tcp) ==
          from_hex("600000000014063dfd000db8000000000000000000000001"
                   "fd000db8000000000000000000000002"
                   "0001000200000003000000045012040096540000"));
  }

  TEST_CASE("TCP comes back as it was built, checksums right") {
    Random random(8);
    for (int i = 0; i < 400; ++i) {
      const IpFamily family = i % 2 == 0 ? IpFamily::v4 : IpFamily::v6;
      const TcpFields fields{random.address(family), random.address(family), random.u16(),
                             random.u16(),           random.u32(),           random.u32(),
                             random.byte(),          random.byte()};
      Frame out(60);
      out.resize(build_tcp(fields, out));
      const ExactCopy copy(out);
      const auto packet = parse_ip(copy.bytes());
      REQUIRE(packet);
      CHECK(packet->source == fields.source);
      CHECK(packet->destination == fields.destination);
      CHECK(packet->hop_limit == fields.hop_limit);
      CHECK(transport_checksum_holds(packet->source, packet->destination, packet->protocol,
                                     packet->payload));
      if (family == IpFamily::v4) CHECK(ip_checksum_holds(copy.bytes().first(20)));
      const auto segment = parse_tcp(packet->payload);
      REQUIRE(segment);
      CHECK(segment->source_port == fields.source_port);
      CHECK(segment->destination_port == fields.destination_port);
      CHECK(segment->sequence == fields.sequence);
      CHECK(segment->acknowledgment == fields.acknowledgment);
      CHECK(segment->flags == fields.flags);
    }
  }

  TEST_CASE("the kernel's own ICMP error, built again") {
    // Its identification and type of service are its own: only the message must agree.
    const Frame v4 = from_hex(kProhibitedV4);
    const Frame ours_v4 =
        built(IcmpErrorFields{v4_host(2), v4_host(1), 3, 13, std::span(v4).subspan(28)},
              build_icmp_error);
    CHECK(Frame(ours_v4.begin() + 20, ours_v4.end()) == Frame(v4.begin() + 20, v4.end()));
    const Frame v6 = from_hex(kProhibitedV6);
    const Frame ours_v6 = built(
        IcmpErrorFields{v6_host(2), v6_host(1), 1, 1, std::span(v6).subspan(48)}, build_icmp_error);
    CHECK(Frame(ours_v6.begin() + 40, ours_v6.end()) == Frame(v6.begin() + 40, v6.end()));
  }

  TEST_CASE("an ICMP error with an odd quote, and with none") {
    const Frame quote = from_hex("abcdef");
    for (const std::span<const std::uint8_t> quoted :
         {std::span(quote), std::span(quote).first(0)}) {
      const Frame v4 =
          built(IcmpErrorFields{v4_host(2), v4_host(1), 3, 1, quoted}, build_icmp_error);
      CHECK(v4.size() == 28 + quoted.size());
      CHECK(ip_checksum_holds(std::span(v4).first(20)));
      CHECK(ip_checksum_holds(std::span(v4).subspan(20)));
      const Frame v6 =
          built(IcmpErrorFields{v6_host(2), v6_host(1), 1, 4, quoted}, build_icmp_error);
      CHECK(v6.size() == 48 + quoted.size());
      CHECK(transport_checksum_holds(v6_host(2), v6_host(1), kProtocolIcmpv6,
                                     std::span(v6).subspan(40)));
    }
  }

  TEST_CASE("no packet of two families, none longer than its length field can say") {
    Frame out(70'000, 0xa5);
    CHECK(build_tcp({.source = v4_host(1), .destination = v6_host(1)}, out) == 0);
    CHECK(build_tcp({.source = v6_host(1), .destination = v4_host(1)}, out) == 0);
    CHECK(build_icmp_error({v4_host(1), v6_host(1), 3, 0, {}}, out) == 0);
    CHECK(build_icmp_error({v6_host(1), v4_host(1), 1, 0, {}}, out) == 0);
    const Frame quote(65'508);
    CHECK(build_icmp_error({v4_host(1), v4_host(2), 3, 0, quote}, out) == 0);
    CHECK(build_icmp_error({v6_host(1), v6_host(2), 1, 0, quote}, out) == 0);
    CHECK(out == Frame(70'000, 0xa5));
    CHECK(build_icmp_error({v4_host(1), v4_host(2), 3, 0, std::span(quote).first(65'507)}, out) ==
          65'535);
    CHECK(parse_ip(std::span(out).first(65'535)));
  }
}
