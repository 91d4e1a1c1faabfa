#include "engine/record/pcap_file.h"

#include <array>
#include <bit>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/time.h"
#include "platform/error.h"

namespace pacegate {
namespace {

constexpr std::uint32_t kMagicNanoseconds = 0xa1b23c4d;
/// More than any record has: sent frames fit a PacketSender's slot, received ones are cut before.
constexpr std::uint32_t kSnapshotBytes = 256;

struct FileHeader {
  std::uint32_t magic = kMagicNanoseconds;
  std::uint16_t major = 2;
  std::uint16_t minor = 4;
  std::uint32_t reserved[2]{};
  std::uint32_t snapshot_bytes = kSnapshotBytes;
  std::uint32_t link = 0;
};
static_assert(sizeof(FileHeader) == 24);

struct RecordHeader {
  std::uint32_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  std::uint32_t captured_bytes = 0;
  std::uint32_t wire_bytes = 0;
};
static_assert(sizeof(RecordHeader) == 16);

using FileHeaderBytes = std::array<std::uint8_t, sizeof(FileHeader)>;

FileHeaderBytes header_bytes(PcapLink link) {
  FileHeader header;
  header.link = static_cast<std::uint32_t>(link);
  return std::bit_cast<FileHeaderBytes>(header);
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw platform::PlatformError(platform::Fault::invalid, "cannot go on with " + path + ": " + why);
}

/// Where the last whole record ends. \return 0 when something else than records is found, or more behind them than
/// a write that was cut short leaves
std::uint64_t end_of_records(platform::RecordFile& file, std::uint64_t size) {
  std::vector<std::uint8_t> piece(std::size_t{1} << 20);
  std::uint64_t end = sizeof(FileHeader);
  for (;;) {
    const std::span bytes = std::span(piece).first(file.read(end, piece));
    std::size_t at = 0;
    while (bytes.size() - at >= sizeof(RecordHeader)) {
      RecordHeader header;
      std::memcpy(&header, bytes.data() + at, sizeof header);
      if (header.captured_bytes > kSnapshotBytes) return 0;
      if (bytes.size() - at < sizeof header + header.captured_bytes) break;
      at += sizeof header + header.captured_bytes;
    }
    end += at;
    if (at > 0 && end < size) continue;
    return size - end < sizeof(RecordHeader) + kSnapshotBytes ? end : 0;
  }
}

}  // namespace

PcapFile::PcapFile(std::unique_ptr<platform::RecordFile> file, const std::string& path,
                   PcapLink link, bool goes_on)
    : link_(link), file_(std::move(file)) {
  // Once: the thread that writes must not find that there is no more memory.
  pending_.reserve(kFullBytes + sizeof(RecordHeader) + kSnapshotBytes);
  const std::uint64_t size = goes_on ? file_->size() : 0;
  if (size == 0) {
    begin();
  } else {
    go_on(path, size);
  }
  if (error_ != 0) {
    const std::string why = std::generic_category().message(error_);
    throw platform::PlatformError(platform::Fault::system, "cannot write " + path + ": " + why,
                                  error_);
  }
}

void PcapFile::begin() {
  file_->cut(0);  // a device has no length, and takes what is written to it
  const FileHeaderBytes header = header_bytes(link_);
  pending_.assign(header.begin(), header.end());
  flush();
}

void PcapFile::go_on(const std::string& path, std::uint64_t size) {
  FileHeaderBytes found{};
  (void)file_->read(0, found);
  if (found != header_bytes(link_)) {
    const bool differs_in_link =
        found == header_bytes(PcapLink::ethernet) || found == header_bytes(PcapLink::raw_ip);
    refuse(path, differs_in_link
                     ? "its packets begin with another header than this scan's: Ethernet "
                       "where all devices have it, otherwise IP"
                     : "it does not hold the packets of an earlier scan");
  }
  end_ = begin_ = end_of_records(*file_, size);
  if (end_ == 0) refuse(path, "it is damaged, or not all of it is an earlier scan's");
  if (end_ < size) error_ = file_->cut(end_);
}

void PcapFile::add(std::uint64_t wall_ns, std::uint32_t wire_bytes,
                   std::span<const std::uint8_t> packet) {
  const RecordHeader header{.seconds = static_cast<std::uint32_t>(wall_ns / kNsPerSecond),
                            .nanoseconds = static_cast<std::uint32_t>(wall_ns % kNsPerSecond),
                            .captured_bytes = static_cast<std::uint32_t>(packet.size()),
                            .wire_bytes = wire_bytes};
  const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof header>>(header);
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  pending_.insert(pending_.end(), packet.begin(), packet.end());
}

int PcapFile::flush() {
  if (error_ == 0 && !pending_.empty()) {
    error_ = file_->write(end_, pending_);
    if (error_ == 0) {
      end_ += pending_.size();
    } else {
      file_->cut(end_);
    }
  }
  pending_.clear();
  return error_;
}

}  // namespace pacegate
