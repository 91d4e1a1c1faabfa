#include "engine/transmit/transmitter.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "engine/transmit/transmit_rig.h"

namespace pacegate {
namespace {

using packet::FrameVariation;
using platform::SendOutcome;
using platform::SendReport;
using test::available;
using test::bucket_of;
using test::check_exactly;
using test::Frame;
using test::kHardlyEver;
using test::kUnlimited;
using test::ports_from;
using test::Rig;
using test::written;

}  // namespace

TEST_SUITE("engine/transmit") {
  TEST_CASE("P3 every frame leaves once, in order") {
    Rig rig;
    const FrameVariation frames = ports_from(1000);
    rig.transmitter.begin(frames, 5000);
    CHECK(rig.await_end() == TransmitPhase::complete);
    check_exactly(*rig.device, frames, 5000);
    CHECK(rig.count(kTransmitRunSent) == 5000);
    CHECK(rig.count(kTransmitSent) == 5000);
    CHECK(rig.count(kTransmitRunFailed) == 0);
    CHECK(rig.count(kTransmitForgone) == 0);
    CHECK(rig.count(kTransmitRunEndNs) >= rig.count(kTransmitRunStartNs));
  }

  TEST_CASE("P3 one transmit after the other: each counts for itself, the totals go on") {
    Rig rig;
    for (const std::uint64_t count : {1U, 0U, 700U}) {
      rig.transmitter.begin(ports_from(1), count);
      CHECK(rig.await_end() == TransmitPhase::complete);
      CHECK(rig.count(kTransmitRunSent) == count);
    }
    CHECK(rig.count(kTransmitSent) == 701);
  }

  TEST_CASE("P3 partial sends, ENOBUFS and EAGAIN: the same frames again, none twice") {
    Rig rig;
    packet::test::Random random(3);
    rig.device->policy = [&](std::size_t count) -> SendReport {
      const std::size_t accepted = random.below(count + 1);
      if (accepted == count) return {.accepted = count};
      return {accepted, SendOutcome::busy, random.below(2) == 0 ? ENOBUFS : EAGAIN};
    };
    const FrameVariation frames = ports_from(1);
    rig.transmitter.begin(frames, 2000);
    CHECK(rig.await_end() == TransmitPhase::complete);
    check_exactly(*rig.device, frames, 2000);
    CHECK(rig.count(kTransmitBusy) > 0);
    CHECK(rig.count(kTransmitRunFailed) == 0);
  }

  TEST_CASE("P3 frames refused for good are passed over and counted") {
    Rig rig;
    std::size_t number = 0;
    rig.device->policy = [&](std::size_t count) -> SendReport {
      // Every tenth frame is refused.
      const std::size_t until = 9 - number % 10;
      if (until >= count) {
        number += count;
        return {.accepted = count};
      }
      number += until + 1;
      return {until, SendOutcome::failed, EPERM};
    };
    const FrameVariation frames = ports_from(1);
    rig.transmitter.begin(frames, 1000);
    CHECK(rig.await_end() == TransmitPhase::complete);
    const std::vector<Frame> left = rig.device->left();
    REQUIRE(left.size() == 900);
    for (std::size_t i = 0; i < left.size(); ++i) {
      REQUIRE(left[i] == written(frames, i / 9 * 10 + i % 9));
    }
    CHECK(rig.count(kTransmitRunSent) == 900);
    CHECK(rig.count(kTransmitRunFailed) == 100);
    CHECK(rig.count(kTransmitFaultErrno) == EPERM);
  }

  TEST_CASE("frames larger than the slots: the device is opened anew") {
    Rig rig;
    const FrameVariation frames = ports_from(1, 1400);
    rig.transmitter.begin(frames, 100);
    CHECK(rig.await_end() == TransmitPhase::complete);
    check_exactly(*rig.device, frames, 100);
    CHECK(rig.device->opened == 2);
    rig.transmitter.begin(frames, 1);
    CHECK(rig.await_end() == TransmitPhase::complete);
    CHECK(rig.device->opened == 2);
  }

  TEST_CASE("a transmitter may go at any moment of a transmit") {
    for (int turn = 0; turn < 50; ++turn) {
      Rig rig(turn % 2 == 0 ? kUnlimited : kHardlyEver);
      rig.transmitter.begin(ports_from(1), 1'000'000);
      for (int i = 0; i < turn; ++i) std::this_thread::yield();
    }
  }

  TEST_CASE("send: what the limits and the device take, from the first frame on") {
    TokenBucket bucket = bucket_of(kHardlyEver, 150);
    Rig rig(kUnlimited, &bucket);
    const FrameVariation variation = ports_from(1);
    std::vector<Frame> frames;
    for (std::uint64_t i = 0; i < 200; ++i) frames.push_back(written(variation, i));
    const std::vector<std::span<const std::uint8_t>> spans(frames.begin(), frames.end());

    CHECK(rig.transmitter.send({}).accepted == 0);
    rig.device->policy = [](std::size_t) -> SendReport { return {40, SendOutcome::busy, EAGAIN}; };
    SendReport report = rig.transmitter.send(spans);
    CHECK(report.accepted == 40);
    CHECK(report.outcome == SendOutcome::busy);
    CHECK(available(bucket) == doctest::Approx(110).epsilon(0.01));

    rig.device->policy = {};
    report = rig.transmitter.send(std::span(spans).subspan(40));
    CHECK(report.accepted == 110);
    CHECK(report.outcome == SendOutcome::ok);
    CHECK(rig.transmitter.send(spans).accepted == 0);
    check_exactly(*rig.device, variation, 150);
    CHECK(rig.count(kTransmitSent) == 150);
  }

  TEST_CASE("send: a frame refused for good ends the call, and is named when it is the first") {
    Rig rig;
    const Frame frame(60, 1);
    const std::vector<std::span<const std::uint8_t>> spans(3, frame);
    rig.device->policy = [](std::size_t count) -> SendReport {
      if (count == 1) return {0, SendOutcome::failed, EMSGSIZE};
      return {count - 1, SendOutcome::failed, EMSGSIZE};
    };
    const SendReport first = rig.transmitter.send(spans);
    CHECK(first.accepted == 2);
    CHECK(rig.count(kTransmitFailed) == 0);
    const SendReport second = rig.transmitter.send(std::span(spans).subspan(2));
    CHECK(second.accepted == 0);
    CHECK(second.outcome == SendOutcome::failed);
    CHECK(second.system_error == EMSGSIZE);
    CHECK(rig.count(kTransmitFailed) == 1);
  }

  TEST_CASE("send: frames between transmits count in the totals, and in no transmit's rate") {
    Rig rig;
    const Frame frame(60, 1);
    const std::vector<std::span<const std::uint8_t>> spans(4, frame);
    CHECK(rig.transmitter.send(spans).accepted == 4);
    CHECK(rig.count(kTransmitPacedPackets) == 0);

    rig.transmitter.begin(ports_from(1), 1000);
    CHECK(rig.await_end() == TransmitPhase::complete);
    const std::uint64_t packets = rig.count(kTransmitPacedPackets);
    const std::uint64_t paced_ns = rig.count(kTransmitPacedNs);
    const std::uint64_t cpu_ns = rig.count(kTransmitCpuNs);
    rig.device->policy = [](std::size_t) -> SendReport { return {3, SendOutcome::failed, EPERM}; };
    CHECK(rig.transmitter.send(spans).accepted == 3);
    rig.device->policy = [](std::size_t) -> SendReport { return {0, SendOutcome::failed, EPERM}; };
    CHECK(rig.transmitter.send(spans).accepted == 0);
    CHECK(rig.count(kTransmitSent) == 1007);
    CHECK(rig.count(kTransmitFailed) == 1);
    CHECK(rig.count(kTransmitRunSent) == 1000);
    CHECK(rig.count(kTransmitRunFailed) == 0);
    CHECK(rig.count(kTransmitPacedPackets) == packets);
    CHECK(rig.count(kTransmitPacedNs) == paced_ns);
    CHECK(rig.count(kTransmitCpuNs) == cpu_ns);
  }

  TEST_CASE("send: the rate of the transmits is that of the calls as well") {
    Rig rig(kHardlyEver);
    const Frame frame(60, 1);
    const std::vector<std::span<const std::uint8_t>> spans(5, frame);
    CHECK(rig.transmitter.send(spans).accepted == 1);
    CHECK(rig.transmitter.send(spans).accepted == 0);
    rig.transmitter.set_rate(kUnlimited);
    CHECK(rig.transmitter.send(spans).accepted == 5);
  }
}

}  // namespace pacegate
