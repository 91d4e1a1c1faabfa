/// \file
/// A frame of the user's that is sent many times with one field counted up: parsed once, then
/// written per packet with its checksums updated (RFC 1624), not computed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "packet/parse.h"

namespace pacegate::packet {

/// The field that is counted up, by one from frame to frame.
enum class VariedField : std::uint8_t { none, ipv4_destination, destination_port };

/// Why a template does not fit.
enum class TemplateFault : std::uint8_t {
  none,
  no_ethernet_header,  ///< shorter than one
  no_ip_packet,        ///< no whole IPv4 or IPv6 header where one must be
  fragment,            ///< of which the checksum lies in another frame
  wrong_length,        ///< the IP header names more bytes than there are, or fewer than its own
  not_ipv4,            ///< its destination is to be varied
  no_transport,        ///< neither TCP nor UDP (nor, for a destination, ICMP), or cut short
};

/// Completes "template …"; empty for none.
[[nodiscard]] const char* describe(TemplateFault fault) noexcept;

/// Immutable once start_at() is done with, hence safe to use from several threads.
///
/// Checksums that are right in the template are right in every frame; a wrong one stays wrong. A UDP
/// checksum of 0 means none and stays 0.
class FrameVariation {
 public:
  /// \param ethernet whether the frame begins with an Ethernet II header (untagged), else with IP
  FrameVariation(Bytes frame, bool ethernet, VariedField field);

  /// Not none: nothing but this may be asked.
  [[nodiscard]] TemplateFault fault() const noexcept { return fault_; }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  /// The field as frame 0 has it, host order; that of the template until start_at(). 0 for none.
  [[nodiscard]] std::uint32_t first() const noexcept { return first_; }
  /// The highest value of the field.
  [[nodiscard]] std::uint32_t limit() const noexcept;
  /// \param value of the field in frame 0, at most limit()
  void start_at(std::uint32_t value) noexcept { first_ = value; }

  /// Writes frame `index` whole; frames may be written in any order. Values wrap beyond limit().
  /// \param slot at least size() bytes
  /// \return size()
  std::size_t write(std::uint64_t index, std::span<std::uint8_t> slot) const noexcept;

 private:
  /// A checksum field, and the sum of all it covers but the varied field; absent at offset 0, where
  /// no checksum ever is.
  struct Checksum {
    std::size_t offset = 0;
    std::uint16_t base = 0;
    bool zero_means_none = false;

    void write(std::uint64_t varied, std::span<std::uint8_t> slot) const noexcept;
  };

  [[nodiscard]] TemplateFault parse(std::size_t ip_offset);
  [[nodiscard]] TemplateFault parse_transport(const IpPacket& ip);
  [[nodiscard]] Checksum checksum_at(std::size_t offset) const;
  [[nodiscard]] std::size_t offset_of(Bytes part) const noexcept {
    return static_cast<std::size_t>(part.data() - bytes_.data());
  }

  std::vector<std::uint8_t> bytes_;
  VariedField field_;
  std::size_t offset_ = 0;  // of the field
  std::uint32_t first_ = 0;
  Checksum header_;
  Checksum transport_;
  TemplateFault fault_ = TemplateFault::none;
};

}  // namespace pacegate::packet
