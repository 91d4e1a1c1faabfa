#include "packet/checksum.h"

#include "packet/wire.h"

namespace pacegate::packet {

std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes) {
  const std::size_t even = bytes.size() & ~std::size_t{1};
  for (std::size_t i = 0; i < even; i += 2) sum += read_u16(bytes, i);
  if (even != bytes.size()) sum += std::uint64_t{bytes[even]} << 8;
  return sum;
}

std::uint64_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                std::uint8_t protocol, std::uint32_t length) {
  const std::uint64_t addresses =
      checksum_add(checksum_add(0, source.bytes()), destination.bytes());
  return checksum_add_u32(addresses + protocol, length);
}

}  // namespace pacegate::packet
