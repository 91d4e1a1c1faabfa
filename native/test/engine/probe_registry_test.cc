#include "engine/monitor/probe_registry.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "core/scan/probe_cookie.h"
#include "test_threads.h"

namespace pacegate {
namespace {

constexpr std::uint16_t kPort = 61'234;
constexpr SipKey kKey{0x0123456789abcdef, 0xfedcba9876543210};
const IpAddress kUs = IpAddress::v4(0x0a000001);
const IpAddress kThem = IpAddress::v4(0x0a000002);

packet::IcmpError quote_of(const SipKey& key, std::uint16_t source_port = kPort) {
  return {.type = 3,
          .code = 13,
          .quoted_source = kUs,
          .quoted_destination = kThem,
          .quoted_protocol = packet::kProtocolTcp,
          .quoted_source_port = source_port,
          .quoted_destination_port = 443,
          .quoted_sequence = probe_cookie(key, kUs, kThem, source_port, 443)};
}

}  // namespace

TEST_SUITE("probe registry") {
  TEST_CASE("a probe is known while its sender is registered, and no longer") {
    CHECK(origin_of_quote(quote_of(kKey)) == QuoteOrigin::foreign);
    {
      const ProbeRegistration registration({kPort, kKey});
      CHECK(origin_of_quote(quote_of(kKey)) == QuoteOrigin::genuine);
      CHECK(origin_of_quote(quote_of({1, 2})) == QuoteOrigin::forged);
      CHECK(origin_of_quote(quote_of(kKey, kPort + 1)) == QuoteOrigin::foreign);
    }
    CHECK(origin_of_quote(quote_of(kKey)) == QuoteOrigin::foreign);
  }

  TEST_CASE("the cookie covers addresses and ports; only TCP carries one") {
    const ProbeRegistration registration({kPort, kKey});
    packet::IcmpError moved = quote_of(kKey);
    moved.quoted_destination = kThem.plus(1);
    CHECK(origin_of_quote(moved) == QuoteOrigin::forged);
    packet::IcmpError from_elsewhere = quote_of(kKey);
    from_elsewhere.quoted_source = kUs.plus(1);
    CHECK(origin_of_quote(from_elsewhere) == QuoteOrigin::forged);
    packet::IcmpError other_port = quote_of(kKey);
    other_port.quoted_destination_port = 444;
    CHECK(origin_of_quote(other_port) == QuoteOrigin::forged);
    packet::IcmpError udp = quote_of(kKey);
    udp.quoted_protocol = packet::kProtocolUdp;
    CHECK(origin_of_quote(udp) == QuoteOrigin::foreign);
    CHECK(origin_of_quote({}) == QuoteOrigin::foreign);
  }

  TEST_CASE("two senders may have one port: a probe of either is genuine") {
    const ProbeRegistration first({kPort, kKey});
    const ProbeRegistration second({kPort, {7, 8}});
    CHECK(origin_of_quote(quote_of(kKey)) == QuoteOrigin::genuine);
    CHECK(origin_of_quote(quote_of({7, 8})) == QuoteOrigin::genuine);
    CHECK(origin_of_quote(quote_of({9, 9})) == QuoteOrigin::forged);
  }

  TEST_CASE("one sender too many is foreign, and its end takes nobody's place") {
    std::vector<std::unique_ptr<ProbeRegistration>> all;
    for (unsigned i = 0; i < ProbeRegistration::kMax; ++i) {
      all.push_back(std::make_unique<ProbeRegistration>(ProbeMark{10'000, kKey}));
    }
    {
      const ProbeRegistration excess({kPort, kKey});
      CHECK(origin_of_quote(quote_of(kKey)) == QuoteOrigin::foreign);
    }
    all.erase(all.begin() + 5);
    const ProbeRegistration registration({kPort, kKey});
    CHECK(origin_of_quote(quote_of(kKey)) == QuoteOrigin::genuine);
    CHECK(origin_of_quote(quote_of(kKey, 10'000)) == QuoteOrigin::genuine);
  }

  TEST_CASE("senders come and go while somebody reads: a quote is never taken for another's") {
    const std::uint64_t wrong = sum_over_threads(4, [](unsigned number) {
      std::uint64_t mistakes = 0;
      for (int round = 0; round < 2'000; ++round) {
        if (number < 2) {
          // One port, two keys: a torn read would mix their halves.
          const SipKey key = number == 0 ? SipKey{1, 1} : SipKey{2, 2};
          const ProbeRegistration registration({kPort, key});
          if (origin_of_quote(quote_of(key)) != QuoteOrigin::genuine) ++mistakes;
        } else {
          if (origin_of_quote(quote_of({1, 2})) == QuoteOrigin::genuine) ++mistakes;
          if (origin_of_quote(quote_of({2, 1})) == QuoteOrigin::genuine) ++mistakes;
        }
      }
      return mistakes;
    });
    CHECK(wrong == 0);
  }
}

}  // namespace pacegate
