// Disks that are full, or too slow.
#include "engine/record/frame_recorder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace pacegate {
namespace {

/// A disk in memory.
struct Disk {
  std::size_t room = SIZE_MAX;
  std::atomic<bool> stands_still{false};
  std::vector<std::uint8_t> bytes;
};

class DiskFile final : public platform::RecordFile {
 public:
  explicit DiskFile(Disk& disk) : disk_(disk) {}

  std::uint64_t size() noexcept override { return disk_.bytes.size(); }
  std::size_t read(std::uint64_t /*at*/, std::span<std::uint8_t> /*into*/) noexcept override {
    return 0;
  }
  int write(std::uint64_t at, std::span<const std::uint8_t> bytes) noexcept override {
    while (disk_.stands_still.load()) std::this_thread::yield();
    const std::size_t end = std::min<std::size_t>(at + bytes.size(), disk_.room);
    disk_.bytes.resize(end);
    std::copy_n(bytes.begin(), end - at, disk_.bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return end < at + bytes.size() ? ENOSPC : 0;
  }
  int cut(std::uint64_t bytes) noexcept override {
    disk_.bytes.resize(bytes);
    return 0;
  }

 private:
  Disk& disk_;
};

constexpr FrameRecorder::Room kRoom{.sent = 4096, .received = 4096};
constexpr std::size_t kFileHeader = 24;
constexpr std::array<std::uint8_t, 100> kFrame{};
constexpr std::size_t kRecord = 16 + kFrame.size();

PcapFile file_on(Disk& disk) {
  return {std::make_unique<DiskFile>(disk), "disk", PcapLink::raw_ip, false};
}

void add(FrameSource& source, std::uint64_t at_ns = 1) {
  source.add(at_ns, kFrame.size(), {}, kFrame);
  source.publish();
}

}  // namespace

TEST_SUITE("record") {
  TEST_CASE("a full disk: the file ends with what it had room for, all else is counted, once") {
    Disk disk;
    disk.room = kFileHeader + 10 * kRecord + 7;
    ScanSlots slots;
    FrameRecorder recorder(file_on(disk), 1, kRoom, slots);
    recorder.start();
    int added = 0;
    for (; slots.get(kSlotRecordErrno) == 0; ++added) {
      add(recorder.sent());
      add(recorder.received(0));
      std::this_thread::yield();
    }
    add(recorder.sent());
    recorder.finish();
    CHECK(slots.get(kSlotRecordErrno) == ENOSPC);
    CHECK((disk.bytes.size() - kFileHeader) % kRecord == 0);
    CHECK(slots.get(kSlotRecordBytes) == static_cast<double>(disk.bytes.size()));
    const double recorded = slots.get(kSlotRecordedSent) + slots.get(kSlotRecordedReceived);
    CHECK(recorded == static_cast<double>((disk.bytes.size() - kFileHeader) / kRecord));
    CHECK(recorded + slots.get(kSlotRecordDropped) == 2 * added + 1);
  }

  TEST_CASE("a disk that stands still: who adds goes on at once, and what had no room is counted") {
    Disk disk;
    ScanSlots slots;
    FrameRecorder recorder(file_on(disk), 1, kRoom, slots);
    disk.stands_still = true;
    recorder.start();
    constexpr int kAdded = 1000;
    for (int i = 0; i < kAdded; ++i) add(recorder.sent());
    CHECK(recorder.sent().dropped() > 0);
    disk.stands_still = false;
    recorder.finish();
    CHECK(slots.get(kSlotRecordedSent) + slots.get(kSlotRecordDropped) == kAdded);
    CHECK(disk.bytes.size() ==
          kFileHeader + kRecord * static_cast<std::size_t>(slots.get(kSlotRecordedSent)));
  }

  TEST_CASE("frames of several threads are put in the order of their times") {
    Disk disk;
    ScanSlots slots;
    FrameRecorder recorder(file_on(disk), 2, kRoom, slots);
    for (const std::uint64_t at_ns : {3, 6, 9}) add(recorder.sent(), at_ns);
    for (const std::uint64_t at_ns : {4, 5, 10}) add(recorder.received(0), at_ns);
    for (const std::uint64_t at_ns : {1, 6, 12}) add(recorder.received(1), at_ns);
    recorder.start();
    recorder.finish();
    std::vector<std::uint32_t> nanoseconds;
    for (std::size_t at = kFileHeader; at < disk.bytes.size(); at += kRecord) {
      nanoseconds.push_back(0);
      std::copy_n(disk.bytes.begin() + static_cast<std::ptrdiff_t>(at) + 4, 4,
                  reinterpret_cast<std::uint8_t*>(&nanoseconds.back()));
    }
    REQUIRE(nanoseconds.size() == 9);
    constexpr std::uint32_t kSecond = 1'000'000'000;
    const std::uint32_t before = nanoseconds.front() + kSecond - 1;
    for (std::uint32_t& each : nanoseconds) each = (each + 2 * kSecond - before) % kSecond;
    CHECK(nanoseconds == std::vector<std::uint32_t>{1, 3, 4, 5, 6, 6, 9, 10, 12});
  }
}

}  // namespace pacegate
