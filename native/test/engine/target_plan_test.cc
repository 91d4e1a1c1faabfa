#include "engine/scan/target_plan.h"

#include <doctest/doctest.h>

#include <set>

namespace pacegate {
namespace {

IpAddress v6(std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[15] = last;
  return IpAddress::from_bytes(bytes);
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE("P11 a plan numbers every (address, port) once, both ways, over both families") {
    const TargetPlan plan(
        {{IpAddress::v4(0x0a0000fe), 5, 0}, {IpAddress::v4(0x0a000200), 1, 1}, {v6(0xfe), 4, 2}},
        {22, 80, 65535});
    CHECK(plan.size() == 30);
    std::set<std::pair<IpAddress, std::uint16_t>> seen;
    for (std::uint64_t i = 0; i < plan.size(); ++i) {
      const Target target = plan.at(i);
      CHECK(seen.emplace(target.address, target.port).second);
      CHECK(plan.index_of(target.address, target.port) == i);
    }
    CHECK(plan.at(3).address == IpAddress::v4(0x0a0000ff));
    CHECK(plan.at(6).address == IpAddress::v4(0x0a000100));
    CHECK(plan.at(29).route == 2);
  }

  TEST_CASE("what is not in the plan has no index") {
    const TargetPlan plan({{IpAddress::v4(100), 2, 0}, {v6(1), 2, 0}}, {80});
    CHECK(!plan.index_of(IpAddress::v4(99), 80).has_value());
    CHECK(!plan.index_of(IpAddress::v4(102), 80).has_value());
    CHECK(!plan.index_of(IpAddress::v4(100), 81).has_value());
    CHECK(!plan.index_of(v6(0), 80).has_value());
    CHECK(!plan.index_of(v6(3), 80).has_value());
    // Same low 64 bits as an address of the plan, another prefix.
    std::array<std::uint8_t, 16> other{0x20, 0x01, 0x0d, 0xb9};
    other[15] = 1;
    CHECK(!plan.index_of(IpAddress::from_bytes(other), 80).has_value());
  }
}

}  // namespace pacegate
