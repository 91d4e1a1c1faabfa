/// \file
/// A capture file as tcpdump and Wireshark read it: the classic pcap format with nanoseconds
/// (draft-ietf-opsawg-pcap), in this machine's byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/record_file.h"

namespace pacegate {

/// What every packet of a file begins with; the numbers are the format's.
enum class PcapLink : std::uint32_t {
  ethernet = 1,
  raw_ip = 101,  ///< the IP header, of either version
};

/// The file holds whole records at any time: what a write leaves half done is cut off again, and a
/// process that is killed leaves no more than one record short, which readers pass over. One thread's.
class PcapFile {
 public:
  /// Empties the file. Or goes on with what an earlier scan has recorded there, cutting off a last record
  /// that is not whole: for that all of it is read once.
  /// \param path for messages
  /// \throws platform::PlatformError system when it cannot be written; invalid when the file to go on
  /// with holds something else
  PcapFile(std::unique_ptr<platform::RecordFile> file, const std::string& path, PcapLink link,
           bool goes_on);
  ~PcapFile() = default;
  PcapFile(PcapFile&&) = default;
  PcapFile& operator=(PcapFile&&) = delete;
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;

  [[nodiscard]] PcapLink link() const noexcept { return link_; }
  /// Keeps a record for the next flush(), which is due when full() says so. \param wall_ns since 1970
  /// \param wire_bytes what the packet had before it was cut to `packet`
  void add(std::uint64_t wall_ns, std::uint32_t wire_bytes, std::span<const std::uint8_t> packet);
  /// Time to flush(): add() has no more room.
  [[nodiscard]] bool full() const noexcept { return pending_.size() >= kFullBytes; }
  /// Writes what was kept: all of it or, where that fails, nothing.
  /// \return 0, or the errno; nothing more is written after that
  int flush();
  /// Bytes written since the file was opened.
  [[nodiscard]] std::uint64_t written() const noexcept { return end_ - begin_; }

 private:
  static constexpr std::size_t kFullBytes = std::size_t{32} << 10;  // what a full disk may cost

  void begin();
  void go_on(const std::string& path, std::uint64_t size);

  PcapLink link_;
  std::unique_ptr<platform::RecordFile> file_;
  std::uint64_t begin_ = 0;  // where this scan's part starts
  std::uint64_t end_ = 0;    // of the last whole record
  std::vector<std::uint8_t> pending_;
  int error_ = 0;
};

}  // namespace pacegate
