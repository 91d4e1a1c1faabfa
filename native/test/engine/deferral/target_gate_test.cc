#include "engine/deferral/target_gate.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "core/time.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 55'555'555'555;
constexpr std::uint64_t kSecond = kNsPerSecond;
using Outcome = TargetGate::Verdict::Outcome;

IpAddress host(std::uint32_t n) {
  return IpAddress::v4(0x0a000000U + n);
}

IpAddress six(std::uint64_t network, std::uint64_t n) {
  std::vector<std::uint8_t> bytes(16, 0);
  bytes[0] = 0xfd;
  bytes[7] = static_cast<std::uint8_t>(network);
  return IpAddress::from_bytes(bytes).plus(n);
}

GateOptions backing_off(std::uint64_t limit_ns = 60 * kSecond) {
  GateOptions options;
  options.back_off = true;
  options.backoff_limit_ns = limit_ns;
  options.seed = {11, 22};
  return options;
}

Outcome ask(TargetGate& gate, const IpAddress& address, std::uint64_t now, bool may_probe = true) {
  return gate.admit(address, now, may_probe).outcome;
}

}  // namespace

TEST_SUITE("deferral") {
  TEST_CASE("P8 without complaints and caps the gate is quiet, and is so again in the end") {
    TargetGate gate(backing_off());
    CHECK(gate.quiet());
    gate.complain(host(1), kStart);
    CHECK(!gate.quiet());
    CHECK(ask(gate, host(1), kStart + 2 * kSecond) == Outcome::probe);
    gate.probe_over(host(1), TargetGate::ProbeEnd::well);
    CHECK(gate.quiet());
    // Nobody asks about the second one any more: its level is lost after 2 + 16 s.
    gate.complain(host(2), kStart + 3 * kSecond);
    gate.tidy(kStart + 20 * kSecond);
    CHECK(!gate.quiet());
    gate.tidy(kStart + 21 * kSecond + 1);
    CHECK(gate.quiet());
    GateOptions capped;
    capped.caps.target_rate = 1;
    CHECK(!TargetGate(capped).quiet());
  }

  TEST_CASE("P5 silences of 2, 4, 8, 16, 16 s, and one probe behind each") {
    TargetGate gate(backing_off(BackoffOptions::kForever));
    std::uint64_t now = kStart;
    unsigned level = 0;
    for (const std::uint64_t seconds : {2U, 4U, 8U, 16U, 16U, 16U}) {
      const auto escalation = gate.complain(host(1), now);
      REQUIRE(escalation);
      CHECK(escalation->scope == BlockScope::target);
      level = level < 4 ? level + 1 : 4;
      CHECK(escalation->level == level);
      CHECK(escalation->silence_ns == seconds * kSecond);
      // Those that were under way raise nothing.
      CHECK(!gate.complain(host(1), now + seconds * kSecond - 1));
      const auto verdict = gate.admit(host(1), now + 1, true);
      CHECK(verdict.outcome == Outcome::wait);
      CHECK(verdict.blocker == gate.key_of(BlockScope::target, host(1)));
      CHECK(verdict.until_ns == now + seconds * kSecond);
      CHECK(ask(gate, host(1), verdict.until_ns - 1) == Outcome::wait);
      now = verdict.until_ns;
      // Who cannot be the probe waits for its turn to be it.
      const auto turn = gate.admit(host(1), now, false);
      CHECK(turn.outcome == Outcome::wait);
      CHECK(turn.until_ns == now);
      CHECK(ask(gate, host(1), now) == Outcome::probe);
      const auto held = gate.admit(host(1), now, true);
      CHECK(held.outcome == Outcome::wait);
      CHECK(held.until_ns == TargetGate::kHeld);
      now += 10 * kNsPerMs;
      CHECK(gate.backed_off(now) == 0);
    }
  }

  TEST_CASE("P5 a probe that ends well frees the target; one that never left is repeated") {
    TargetGate gate(backing_off());
    gate.complain(host(1), kStart);
    const std::uint64_t back = kStart + 2 * kSecond;
    CHECK(ask(gate, host(1), back) == Outcome::probe);
    gate.probe_over(host(1), TargetGate::ProbeEnd::lost);
    CHECK(ask(gate, host(1), back) == Outcome::probe);
    gate.probe_over(host(1), TargetGate::ProbeEnd::well);
    CHECK(ask(gate, host(1), back) == Outcome::go);
    CHECK(ask(gate, host(1), back) == Outcome::go);
    // The level stays for a while.
    CHECK(gate.complain(host(1), back + kSecond)->level == 2);
  }

  TEST_CASE("P5 what is heard while the probe is out counts, and then the probe's end does not") {
    TargetGate gate(backing_off());
    gate.complain(host(1), kStart);
    const std::uint64_t back = kStart + 2 * kSecond;
    CHECK(ask(gate, host(1), back) == Outcome::probe);
    CHECK(gate.complain(host(1), back + 1)->level == 2);
    gate.probe_over(host(1), TargetGate::ProbeEnd::well);
    CHECK(ask(gate, host(1), back + 2) == Outcome::wait);
  }

  TEST_CASE("P5 three complaining addresses make their network silent, and it is probed as one") {
    const auto run = [](auto address, auto stranger) {
      TargetGate gate(backing_off());
      CHECK(gate.complain(address(1), kStart)->scope == BlockScope::target);
      CHECK(gate.complain(address(2), kStart)->scope == BlockScope::target);
      CHECK(!gate.complain(address(2), kStart));
      CHECK(ask(gate, address(3), kStart) == Outcome::go);
      const auto escalation = gate.complain(address(3), kStart);
      REQUIRE(escalation);
      CHECK(escalation->scope == BlockScope::network);
      CHECK(escalation->level == 1);
      CHECK(gate.backed_off(kStart) == 1);
      CHECK(!gate.complain(address(4), kStart + 1));
      const auto verdict = gate.admit(address(200), kStart + 1, true);
      CHECK(verdict.blocker.scope == BlockScope::network);
      CHECK(verdict.until_ns == kStart + 2 * kSecond);
      CHECK(ask(gate, stranger, kStart + 1) == Outcome::go);
      CHECK(ask(gate, address(9), verdict.until_ns) == Outcome::probe);
      for (unsigned n = 1; n < 10; ++n) {
        CHECK(gate.admit(address(n), verdict.until_ns, true).until_ns == TargetGate::kHeld);
      }
      CHECK(gate.complain(address(9), verdict.until_ns)->level == 2);
      const std::uint64_t back = verdict.until_ns + 4 * kSecond;
      CHECK(ask(gate, address(1), back - 1) == Outcome::wait);
      CHECK(ask(gate, address(1), back) == Outcome::probe);
      gate.probe_over(address(1), TargetGate::ProbeEnd::well);
      CHECK(gate.quiet());
      for (unsigned n = 1; n < 10; ++n) CHECK(ask(gate, address(n), back) == Outcome::go);
    };
    run([](std::uint32_t n) { return host(n); }, host(256));
    run([](std::uint32_t n) { return six(1, n); }, six(2, 1));
  }

  TEST_CASE("P5 addresses that were found well no longer count for their network") {
    TargetGate gate(backing_off());
    for (std::uint32_t n = 1; n <= 20; ++n) {
      const std::uint64_t now = kStart + n * 3 * kSecond;
      CHECK(gate.complain(host(n), now)->scope == BlockScope::target);
      CHECK(ask(gate, host(n), now + 2 * kSecond) == Outcome::probe);
      gate.probe_over(host(n), TargetGate::ProbeEnd::well);
    }
    CHECK(gate.quiet());
  }

  TEST_CASE(
      "P5 who stays silent for longer than the limit is given up, targets and networks alike") {
    TargetGate gate(backing_off(5 * kSecond));
    gate.complain(host(1), kStart);
    CHECK(ask(gate, host(1), kStart + 2 * kSecond) == Outcome::probe);
    gate.complain(host(1), kStart + 2 * kSecond);
    // Level 2 would last until 6 s.
    CHECK(gate.admit(host(1), kStart + 3 * kSecond, true).until_ns == kStart + 5 * kSecond);
    CHECK(ask(gate, host(1), kStart + 5 * kSecond) == Outcome::give_up);
    CHECK(ask(gate, host(1), kStart + 500 * kSecond, false) == Outcome::give_up);
    CHECK(!gate.complain(host(1), kStart + 6 * kSecond));
    const std::uint64_t later = kStart + 100 * kSecond;
    for (std::uint32_t n = 256; n < 259; ++n) gate.complain(host(n), later);
    CHECK(ask(gate, host(511), later + 5 * kSecond) == Outcome::give_up);
  }

  TEST_CASE("P5 a pause brings no limit nearer") {
    TargetGate gate(backing_off(5 * kSecond));
    gate.complain(host(1), kStart);
    gate.postpone_limits(100 * kSecond);
    CHECK(ask(gate, host(1), kStart + 100 * kSecond) == Outcome::probe);
  }

  TEST_CASE("P5 complaints count only where back-off is wanted") {
    GateOptions options;
    options.caps.target_rate = 1000;
    TargetGate gate(options);
    for (std::uint32_t n = 0; n < 9; ++n) CHECK(!gate.complain(host(n), kStart));
    CHECK(ask(gate, host(1), kStart) == Outcome::go);
  }

  TEST_CASE("P5 a table that is full forgets, and stays consistent") {
    GateOptions options = backing_off();
    options.levels.max_targets = 8;
    TargetGate gate(options);
    std::uint64_t now = kStart;
    for (std::uint32_t n = 0; n < 5000; ++n) {
      now += 10 * kNsPerMs;
      gate.complain(host((n * 2'654'435'761U) >> 20 << 6 | (n & 3)), now);
      if (n % 3 == 0) gate.tidy(now);
      if (ask(gate, host(n), now) == Outcome::probe && n % 2 == 0) {
        gate.probe_over(host(n), TargetGate::ProbeEnd::well);
      }
    }
    now += 100 * kSecond;
    CHECK(gate.backed_off(now) == 0);
  }
}

}  // namespace pacegate
