#include "core/ip_text.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace pacegate {
namespace {

constexpr std::size_t kGroups = 8;

/// Reads from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool is_done() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  bool take(std::string_view wanted) noexcept {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  /// 0 to 255 in decimal, without leading zeros.
  std::optional<std::uint32_t> take_octet() noexcept {
    std::uint32_t value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && digits < 4 && is_digit(rest_[digits]); ++digits) {
      value = value * 10 + static_cast<std::uint32_t>(rest_[digits] - '0');
    }
    const bool has_leading_zero = digits > 1 && rest_.front() == '0';
    if (digits == 0 || digits > 3 || value > 255 || has_leading_zero) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  /// 1 to 4 hexadecimal digits.
  std::optional<std::uint16_t> take_group() noexcept {
    std::uint32_t value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && digits < 5; ++digits) {
      const int digit = hex_digit(rest_[digits]);
      if (digit < 0) break;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    if (digits == 0 || digits > 4) return std::nullopt;
    rest_.remove_prefix(digits);
    return static_cast<std::uint16_t>(value);
  }

 private:
  [[nodiscard]] static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  [[nodiscard]] static int hex_digit(char c) noexcept {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  std::string_view rest_;
};

std::optional<std::uint32_t> parse_quad(std::string_view text) noexcept {
  Reader reader(text);
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !reader.take(".")) return std::nullopt;
    const std::optional<std::uint32_t> octet = reader.take_octet();
    if (!octet) return std::nullopt;
    value = (value << 8) | *octet;
  }
  if (!reader.is_done()) return std::nullopt;
  return value;
}

/// The groups of an IPv6 address as they are read, and where its `::` stood.
struct Groups {
  std::array<std::uint16_t, kGroups> values{};
  std::size_t count = 0;
  std::size_t gap_at = kGroups + 1;  // none

  [[nodiscard]] bool has_gap() const noexcept { return gap_at <= kGroups; }
  bool push(std::uint16_t group) noexcept {
    if (count == kGroups) return false;
    values[count++] = group;
    return true;
  }
};

/// One group, or the dotted quad that may end an address. \return whether there was one
bool read_part(Reader& reader, Groups& groups) noexcept {
  if (const std::optional<std::uint32_t> quad = parse_quad(reader.rest())) {
    reader.take(reader.rest());
    return groups.push(static_cast<std::uint16_t>(*quad >> 16)) &&
           groups.push(static_cast<std::uint16_t>(*quad & 0xffffU));
  }
  const std::optional<std::uint16_t> group = reader.take_group();
  return group && groups.push(*group);
}

std::optional<Groups> read_groups(std::string_view text) noexcept {
  Reader reader(text);
  Groups groups;
  if (reader.take("::")) {
    groups.gap_at = 0;
    if (reader.is_done()) return groups;
  }
  for (;;) {
    if (!read_part(reader, groups)) return std::nullopt;
    if (reader.is_done()) return groups;
    if (reader.take("::")) {
      if (groups.has_gap()) return std::nullopt;
      groups.gap_at = groups.count;
      if (reader.is_done()) return groups;
    } else if (!reader.take(":")) {
      return std::nullopt;
    }
  }
}

std::optional<IpAddress> parse_v6(std::string_view text) noexcept {
  const std::optional<Groups> groups = read_groups(text);
  // "::" stands for one group at least.
  if (!groups || groups->has_gap() != (groups->count < kGroups)) return std::nullopt;
  std::array<std::uint8_t, 2 * kGroups> bytes{};
  for (std::size_t i = 0; i < groups->count; ++i) {
    // Groups behind the gap belong to the end.
    const std::size_t at = i < groups->gap_at ? i : i + kGroups - groups->count;
    bytes[2 * at] = static_cast<std::uint8_t>(groups->values[i] >> 8);
    bytes[2 * at + 1] = static_cast<std::uint8_t>(groups->values[i] & 0xffU);
  }
  return IpAddress::from_bytes(bytes);
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept {
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  const std::optional<std::uint32_t> quad = parse_quad(text);
  if (!quad) return std::nullopt;
  return IpAddress::v4(*quad);
}

}  // namespace pacegate
