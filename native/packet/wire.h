/// \file
/// Reading and writing big-endian integers at an offset, byte by byte: no alignment is assumed and
/// no pointer is cast. The caller has checked that the integer lies within the span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace pacegate::packet {

[[nodiscard]] inline std::uint16_t read_u16(std::span<const std::uint8_t> bytes,
                                            std::size_t offset) {
  return static_cast<std::uint16_t>((bytes[offset] << 8) | bytes[offset + 1]);
}

[[nodiscard]] inline std::uint32_t read_u32(std::span<const std::uint8_t> bytes,
                                            std::size_t offset) {
  return (std::uint32_t{read_u16(bytes, offset)} << 16) | read_u16(bytes, offset + 2);
}

inline void write_u16(std::span<std::uint8_t> bytes, std::size_t offset, std::uint16_t value) {
  bytes[offset] = static_cast<std::uint8_t>(value >> 8);
  bytes[offset + 1] = static_cast<std::uint8_t>(value);
}

inline void write_u32(std::span<std::uint8_t> bytes, std::size_t offset, std::uint32_t value) {
  bytes[offset] = static_cast<std::uint8_t>(value >> 24);
  bytes[offset + 1] = static_cast<std::uint8_t>(value >> 16);
  bytes[offset + 2] = static_cast<std::uint8_t>(value >> 8);
  bytes[offset + 3] = static_cast<std::uint8_t>(value);
}

/// Copies all of `from` to `offset`; the two must not overlap.
inline void write_bytes(std::span<std::uint8_t> bytes, std::size_t offset,
                        std::span<const std::uint8_t> from) {
  // memcpy from or to a null pointer is undefined even for no bytes, and an empty span may be null.
  if (!from.empty()) std::memcpy(bytes.data() + offset, from.data(), from.size());
}

}  // namespace pacegate::packet
