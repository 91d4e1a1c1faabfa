#include <doctest/doctest.h>

#include <array>

#include "packet/build.h"
#include "packet/parse.h"
#include "packet/test_frames.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

namespace {

std::optional<IcmpError> parse_error(std::span<const std::uint8_t> bytes) {
  const ExactCopy copy(bytes);
  const auto packet = parse_ip(copy.bytes());
  return packet ? parse_icmp_error(*packet) : std::nullopt;
}

/// An error of this type about `quoted`, or about as much of it as is given.
std::optional<IcmpError> parse_error_about(std::span<const std::uint8_t> quoted, std::uint8_t type,
                                           IpFamily outer) {
  const bool is_v6 = outer == IpFamily::v6;
  std::array<std::uint8_t, 512> out{};
  const std::size_t bytes = build_icmp_error(
      {is_v6 ? v6_host(9) : v4_host(9), is_v6 ? v6_host(1) : v4_host(1), type, 0, quoted}, out);
  return parse_error(std::span(out).first(bytes));
}

Frame quote_of(std::string_view error, std::size_t outer_bytes) {
  const Frame bytes = from_hex(error);
  return {bytes.begin() + static_cast<std::ptrdiff_t>(outer_bytes), bytes.end()};
}

}  // namespace

TEST_SUITE("packet/parse_tcp") {
  TEST_CASE("SYN-ACKs and resets of a kernel") {
    for (const std::string_view text : {kSynAckV4, kSynAckV6}) {
      const ExactCopy copy(from_hex(text));
      const auto packet = parse_ip(copy.bytes());
      REQUIRE(packet);
      const auto segment = parse_tcp(packet->payload);
      REQUIRE(segment);
      CHECK(segment->source_port == 8080);
      CHECK(segment->destination_port == 40000);
      CHECK(segment->sequence == (text == kSynAckV4 ? 0x18722d6dU : 0x6ce63a63U));
      CHECK(segment->acknowledgment == 0x01020305);
      CHECK(segment->flags == (kTcpSyn | kTcpAck));
    }
    for (const std::string_view text : {kResetV4, kResetV6}) {
      const ExactCopy copy(from_hex(text));
      const auto segment = parse_tcp(parse_ip(copy.bytes())->payload);
      REQUIRE(segment);
      CHECK(segment->source_port == 8081);
      CHECK(segment->sequence == 0);
      CHECK(segment->acknowledgment == 0x01020306);
      CHECK(segment->flags == (kTcpRst | kTcpAck));
    }
  }

  TEST_CASE("a data offset below five words or beyond the payload is refused") {
    for (std::size_t size = 20; size <= 64; size += 4) {
      for (std::uint8_t words = 0; words < 16; ++words) {
        Frame segment(size);
        segment[12] = static_cast<std::uint8_t>(words << 4 | 0x0f);
        CHECK(parse_tcp(ExactCopy(segment).bytes()).has_value() ==
              (words >= 5 && std::size_t{4} * words <= size));
      }
    }
  }

  TEST_CASE("fewer than twenty bytes are refused") {
    const Frame whole = from_hex("1f919c40000000000102030650140000158f0000");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CHECK_FALSE(parse_tcp(ExactCopy(std::span(whole).first(size)).bytes()));
    }
    CHECK(parse_tcp(ExactCopy(whole).bytes()));
  }

  TEST_CASE("all eight flags are kept") {
    Frame segment = from_hex("00010002000000030000000450ff000000000000");
    CHECK(parse_tcp(segment)->flags == 0xff);
  }
}

TEST_SUITE("packet/parse_icmp_error") {
  TEST_CASE("errors of a kernel") {
    struct Known {
      std::string_view text;
      std::uint8_t type, code;
      IpAddress destination;
      std::uint32_t sequence;
      IpAddress source;
    };
    const IpAddress far_v4 = IpAddress::v4(0x0a620005);
    const IpAddress farther_v4 = IpAddress::v4(0x0a610005);
    for (const Known& known :
         {Known{kProhibitedV4, 3, 13, far_v4, 0x01020306, v4_host(1)},
          Known{kTimeExceededV4, 11, 0, farther_v4, 0x01020307, v4_host(1)},
          Known{kProhibitedV6, 1, 1, v6_host(5, 0x98), 0x01020306, v6_host(1)},
          Known{kTimeExceededV6, 3, 0, v6_host(5, 0x97), 0x01020307, v6_host(1)}}) {
      const auto error = parse_error(from_hex(known.text));
      REQUIRE(error);
      CHECK(error->type == known.type);
      CHECK(error->code == known.code);
      CHECK(error->quoted_source == known.source);
      CHECK(error->quoted_destination == known.destination);
      CHECK(error->quoted_protocol == kProtocolTcp);
      CHECK(error->quoted_source_port == 40000);
      CHECK(error->quoted_destination_port == 443);
      CHECK(error->quoted_sequence == known.sequence);
    }
  }

  TEST_CASE("eight bytes of the quoted segment are enough, seven are not") {
    for (const bool is_v6 : {false, true}) {
      const Frame quote = is_v6 ? quote_of(kProhibitedV6, 48) : quote_of(kProhibitedV4, 28);
      const std::size_t enough = (is_v6 ? 40 : 20) + 8;
      const IpFamily family = is_v6 ? IpFamily::v6 : IpFamily::v4;
      for (std::size_t size = 0; size <= quote.size(); ++size) {
        const auto error = parse_error_about(std::span(quote).first(size), is_v6 ? 1 : 3, family);
        CHECK(error.has_value() == (size >= enough));
        if (error) CHECK(error->quoted_sequence == 0x01020306);
      }
    }
  }

  TEST_CASE("types that are errors here, and no other") {
    const Frame v4 = quote_of(kProhibitedV4, 28);
    const Frame v6 = quote_of(kProhibitedV6, 48);
    for (unsigned type = 0; type < 256; ++type) {
      const auto t = static_cast<std::uint8_t>(type);
      CHECK(parse_error_about(v4, t, IpFamily::v4).has_value() == (t == 3 || t == 11));
      CHECK(parse_error_about(v6, t, IpFamily::v6).has_value() == (t == 1 || t == 3));
    }
  }

  TEST_CASE("ICMP of one family within IP of the other is refused, and so is such a quote") {
    Frame v4 = from_hex(kProhibitedV4);
    v4[9] = kProtocolIcmpv6;
    CHECK_FALSE(parse_error(v4));
    Frame v6 = from_hex(kTimeExceededV6);
    v6[6] = kProtocolIcmp;
    CHECK_FALSE(parse_error(v6));
    CHECK_FALSE(parse_error_about(quote_of(kProhibitedV6, 48), 3, IpFamily::v4));
    CHECK_FALSE(parse_error_about(quote_of(kProhibitedV4, 28), 1, IpFamily::v6));
  }

  TEST_CASE("a quoted header of any length: what follows it is read, or nothing") {
    for (std::uint8_t words = 0; words < 16; ++words) {
      Frame quote(20);
      quote[0] = static_cast<std::uint8_t>(0x40 | words);
      quote[9] = kProtocolTcp;
      quote.resize(words < 5 ? 28 : 4 * words);
      const Frame ports = from_hex("1234567801020304");
      quote.insert(quote.end(), ports.begin(), ports.end());
      const auto error = parse_error_about(quote, 3, IpFamily::v4);
      CHECK(error.has_value() == (words >= 5));
      if (error) CHECK(error->quoted_destination_port == 0x5678);
      quote.pop_back();
      CHECK_FALSE(parse_error_about(quote, 3, IpFamily::v4));
    }
  }

  TEST_CASE("the length field of the quoted header is not believed") {
    for (const int length : {0, 20, 24, 65535}) {
      Frame v4 = quote_of(kProhibitedV4, 28);
      v4[2] = static_cast<std::uint8_t>(length >> 8);
      v4[3] = static_cast<std::uint8_t>(length);
      CHECK(parse_error_about(v4, 3, IpFamily::v4));
      Frame v6 = quote_of(kProhibitedV6, 48);
      v6[4] = static_cast<std::uint8_t>(length >> 8);
      v6[5] = static_cast<std::uint8_t>(length);
      CHECK(parse_error_about(v6, 1, IpFamily::v6));
    }
  }

  TEST_CASE("quoted UDP has ports and no sequence number; other protocols have neither") {
    for (unsigned protocol = 0; protocol < 256; ++protocol) {
      Frame quote = quote_of(kProhibitedV4, 28);
      quote[9] = static_cast<std::uint8_t>(protocol);
      const auto error = parse_error_about(quote, 3, IpFamily::v4);
      REQUIRE(error);
      const bool has_ports = protocol == kProtocolTcp || protocol == kProtocolUdp;
      CHECK(error->quoted_protocol == protocol);
      CHECK(error->quoted_destination == IpAddress::v4(0x0a620005));
      CHECK(error->quoted_source_port == (has_ports ? 40000 : 0));
      CHECK(error->quoted_destination_port == (has_ports ? 443 : 0));
      CHECK(error->quoted_sequence == (protocol == kProtocolTcp ? 0x01020306U : 0U));
    }
  }

  TEST_CASE("of a quote without ports the IP header is enough") {
    Frame quote = quote_of(kProhibitedV4, 28);
    quote[9] = kProtocolIcmp;
    CHECK(parse_error_about(std::span(quote).first(20), 3, IpFamily::v4));
    CHECK_FALSE(parse_error_about(std::span(quote).first(19), 3, IpFamily::v4));
  }

  TEST_CASE("quoted fragments are refused, quoted extension headers are walked") {
    Frame fragment = quote_of(kProhibitedV4, 28);
    fragment[6] = 0x20;
    CHECK_FALSE(parse_error_about(fragment, 3, IpFamily::v4));
    fragment[6] = 0x00;
    fragment[7] = 0x01;
    CHECK_FALSE(parse_error_about(fragment, 3, IpFamily::v4));

    Frame chained = quote_of(kProhibitedV6, 48);
    chained[6] = 60;
    const Frame options = from_hex("0600010400000000");
    chained.insert(chained.begin() + 40, options.begin(), options.end());
    const auto error = parse_error_about(chained, 1, IpFamily::v6);
    REQUIRE(error);
    CHECK(error->quoted_destination_port == 443);
    for (std::size_t size = 0; size < 56; ++size) {
      CHECK_FALSE(parse_error_about(std::span(chained).first(size), 1, IpFamily::v6));
    }
  }
}
