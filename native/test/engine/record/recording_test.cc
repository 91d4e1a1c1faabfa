// Whole scans in memory, and the files they leave.
#include "engine/record/recording.h"

#include <doctest/doctest.h>

#include <map>
#include <thread>
#include <utility>

#include "engine/fake_network.h"
#include "engine/holding_sender.h"
#include "engine/record/capture_reader.h"
#include "engine/scan/scan_engine.h"
#include "platform/error.h"
#include "platform/temporary_folder.h"

namespace pacegate {
namespace {

using test::Capture;
using test::FakeWire;
using test::Frame;
using test::Recorded;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint16_t kSourcePort = 61000;

ScanOptions options_for(const std::string& file, std::uint16_t ports = 30) {
  ScanOptions options;
  options.ranges = {{IpAddress::v4(0x0a000100), IpAddress::v4(0x0a000100 + 49)}};
  for (std::uint16_t port = 1; port <= ports; ++port) options.ports.push_back(port);
  options.rate = 1e6;
  options.retries = 1;
  options.timeout_ns = 20 * kMs;
  options.cookie_key = {1, 2};
  options.source_port = kSourcePort;
  options.report_mask = 0;
  options.record.file = file;
  return options;
}

/// Port 1 open, port 2 closed, port 3 silent, and so on.
std::optional<Frame> by_port(const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
  if (tcp.destination_port % 3 == 0) return std::nullopt;
  return tcp.destination_port % 3 == 1 ? test::syn_ack(ip, tcp) : test::reset(ip, tcp);
}

std::shared_ptr<FakeWire> answering() {
  auto wire = std::make_shared<FakeWire>();
  wire->respond = by_port;
  return wire;
}

void await_end(const ScanSlots& slots) {
  while (slots.get_acquired(kSlotPhase) < static_cast<double>(ScanPhase::done)) {
    std::this_thread::yield();
  }
}

void run(const ScanOptions& options, Network network, ScanSlots& slots) {
  ScanEngine engine(options, std::move(network), slots);
  engine.start();
  await_end(slots);
}

using Pair = std::pair<IpAddress, std::uint16_t>;

/// How often each pair was probed, and how often it answered.
struct Traffic {
  std::map<Pair, int> probes;
  std::map<Pair, int> answers;
};

Traffic traffic_of(const Capture& capture) {
  Traffic traffic;
  for (const Recorded& record : capture.records) {
    const auto ip = packet::parse_ip(record.bytes);
    REQUIRE(ip);
    const auto tcp = packet::parse_tcp(ip->payload);
    REQUIRE(tcp);
    if (tcp->source_port == kSourcePort) {
      ++traffic.probes[{ip->destination, tcp->destination_port}];
    } else {
      ++traffic.answers[{ip->source, tcp->source_port}];
    }
  }
  return traffic;
}

void make_empty(const std::string& path, PcapLink link) {
  const PcapFile file(platform::open_record_file(path), path, link, false);
}

void check_slots(const ScanSlots& slots, const Capture& capture, std::size_t bytes) {
  CHECK(slots.get(kSlotRecordedSent) + slots.get(kSlotRecordedReceived) ==
        static_cast<double>(capture.records.size()));
  CHECK(slots.get(kSlotRecordDropped) == 0);
  CHECK(slots.get(kSlotRecordBytes) == static_cast<double>(bytes));
  CHECK(slots.get(kSlotRecordErrno) == 0);
}

}  // namespace

TEST_SUITE("record") {
  TEST_CASE("P11 every probe and every answer is in the file once") {
    const TemporaryFolder folder;
    const auto wire = answering();
    const ScanOptions options = options_for(folder / "scan.pcap");
    ScanSlots slots;
    run(options, test::fake_network(wire, options.ranges), slots);

    const Capture capture = test::read_capture(folder / "scan.pcap");
    CHECK(capture.link == 101);
    CHECK(capture.left_over == 0);
    const Traffic traffic = traffic_of(capture);
    CHECK(traffic.probes == wire->probes());
    CHECK(traffic.answers.size() == 1000);
    CHECK(slots.get(kSlotRecordedSent) == slots.get(kSlotSent));
    check_slots(slots, capture, test::file_text(folder / "scan.pcap").size());
  }

  TEST_CASE("P3 frames that the kernel takes in pieces, or refuses, are recorded as they left") {
    const TemporaryFolder folder;
    const auto wire = answering();
    const ScanOptions options = options_for(folder / "scan.pcap");
    const auto policy = [call = 0](std::size_t count) mutable -> platform::SendReport {
      ++call;
      if (call % 3 == 0) return {0, platform::SendOutcome::failed, 1};
      return {(count + 1) / 2, platform::SendOutcome::busy, 11};
    };
    ScanSlots slots;
    run(options, test::fake_network(wire, options.ranges, policy), slots);
    CHECK(slots.get(kSlotSendFailed) > 0);
    CHECK(traffic_of(test::read_capture(folder / "scan.pcap")).probes == wire->probes());
  }

  TEST_CASE("P5 a sender with a lead: what has left is recorded, with the time at which it did") {
    const TemporaryFolder folder;
    const auto wire = answering();
    const ScanOptions options = options_for(folder / "scan.pcap");
    Network network = test::fake_network(wire, options.ranges);
    network.links[0].sender =
        std::make_unique<test::HoldingSender>(wire, test::HoldingSender::Behaviour{});
    ScanSlots slots;
    run(options, std::move(network), slots);
    const Traffic traffic = traffic_of(test::read_capture(folder / "scan.pcap"));
    CHECK(traffic.probes == wire->probes());
    CHECK(slots.get(kSlotRecordedSent) == slots.get(kSlotSent));
  }

  TEST_CASE("answers that are not to this scan are not recorded; repeated ones are") {
    const TemporaryFolder folder;
    const auto wire = std::make_shared<FakeWire>();
    wire->respond = [&](const packet::IpPacket& ip, const packet::TcpSegment& tcp) {
      wire->deliver(test::tcp_reply(ip, tcp, packet::kTcpSyn | packet::kTcpAck, 12345));
      wire->deliver(test::reset(ip, tcp));
      return std::optional(test::syn_ack(ip, tcp));
    };
    ScanOptions options = options_for(folder / "scan.pcap", 2);
    options.retries = 0;
    ScanSlots slots;
    run(options, test::fake_network(wire, options.ranges), slots);
    CHECK(slots.get(kSlotInvalid) == 100);
    CHECK(slots.get(kSlotRecordedReceived) == 200);
  }

  TEST_CASE("a scan that goes on adds to the file, behind the last record that is whole") {
    const TemporaryFolder folder;
    const std::string file = folder / "scan.pcap";
    ScanOptions options = options_for(file);
    options.retries = 0;
    ScanSlots first;
    run(options, test::fake_network(answering(), options.ranges), first);
    std::ofstream(file, std::ios::binary | std::ios::app) << "torn";
    options.record.goes_on = true;
    ScanSlots second;
    run(options, test::fake_network(answering(), options.ranges), second);
    const Capture capture = test::read_capture(file);
    CHECK(capture.left_over == 0);
    CHECK(capture.records.size() == 2 * (1500 + 1000));
    CHECK(second.get(kSlotRecordedSent) == 1500);

    options.record.goes_on = false;
    ScanSlots third;
    run(options, test::fake_network(answering(), options.ranges), third);
    CHECK(test::read_capture(file).records.size() == 1500 + 1000);
  }

  TEST_CASE("a file that holds something else is not gone on with, and stays as it is") {
    const TemporaryFolder folder;
    const std::string file = folder / "scan.pcap";
    ScanOptions options = options_for(file);
    options.record.goes_on = true;
    const auto fault_of = [&options](const std::string& path) {
      options.record.file = path;
      ScanSlots slots;
      Network network = test::fake_network(answering(), options.ranges);
      try {
        (void)record(network, options, slots);
      } catch (const platform::PlatformError& error) {
        return error.fault();
      }
      FAIL("was opened");
      return platform::Fault::system;
    };
    const std::string letter(1000, 'x');
    std::ofstream(file) << letter;
    CHECK(fault_of(file) == platform::Fault::invalid);
    CHECK(test::file_text(file) == letter);

    make_empty(file, PcapLink::ethernet);
    const std::string ethernet = test::file_text(file);
    CHECK(fault_of(file) == platform::Fault::invalid);
    CHECK(test::file_text(file) == ethernet);

    make_empty(file, PcapLink::raw_ip);
    std::ofstream(file, std::ios::app) << letter;
    CHECK(fault_of(file) == platform::Fault::invalid);

    CHECK(fault_of(folder / "no/such/folder") == platform::Fault::system);
    CHECK(fault_of("/tmp") == platform::Fault::system);
    CHECK(fault_of("/dev/full") == platform::Fault::system);
  }

  TEST_CASE("an engine that records may be destroyed at any moment: the file holds whole records") {
    const TemporaryFolder folder;
    for (int delay = 0; delay < 10; ++delay) {
      const auto wire = answering();
      const ScanOptions options = options_for(folder / "scan.pcap", 300);
      ScanSlots slots;
      {
        ScanEngine engine(options, test::fake_network(wire, options.ranges), slots);
        if (delay > 0) engine.start();
        const std::uint64_t until = platform::monotonic_ns() + delay * kMs;
        while (platform::monotonic_ns() < until) std::this_thread::yield();
      }
      const Capture capture = test::read_capture(folder / "scan.pcap");
      CHECK(capture.left_over == 0);
      CHECK(traffic_of(capture).probes == wire->probes());
    }
  }
}

}  // namespace pacegate
