#include "packet/build.h"
#include "packet/checksum.h"
#include "packet/header_writers.h"
#include "packet/layout.h"
#include "packet/parse.h"
#include "packet/wire.h"

namespace pacegate::packet {
namespace {

/// RFC 4443, section 2.3 has a pseudo header in the sum, RFC 792 has none.
void write_icmp_checksum(const IpHeader& header, MutableBytes message) {
  if (header.source.is_v6()) {
    write_transport_checksum(header, message, icmp::kChecksum);
  } else {
    write_u16(message, icmp::kChecksum, checksum_finish(checksum_add(0, message)));
  }
}

}  // namespace

std::size_t build_icmp_error(const IcmpErrorFields& fields, MutableBytes out) {
  const IpFamily family = fields.source.family();
  const std::size_t ip_bytes = ip_header_bytes(family);
  if (fields.destination.family() != family) return 0;
  // Against a wrapping sum: no quote longer than an IP packet gets as far as being added to.
  if (fields.quoted.size() > kMaxIpLength - ip_bytes - icmp::kHeaderBytes) return 0;
  const std::size_t message_bytes = icmp::kHeaderBytes + fields.quoted.size();
  if (out.size() < ip_bytes + message_bytes) return 0;

  const bool is_v6 = family == IpFamily::v6;
  const IpHeader header{.source = fields.source,
                        .destination = fields.destination,
                        .protocol = is_v6 ? kProtocolIcmpv6 : kProtocolIcmp,
                        .payload_bytes = message_bytes};
  const MutableBytes message = out.subspan(ip_bytes, message_bytes);
  write_ip_header(header, out);
  message[icmp::kType] = fields.type;
  message[icmp::kCode] = fields.code;
  write_u16(message, icmp::kChecksum, 0);
  write_u32(message, icmp::kChecksum + 2, 0);  // unused by the types that are errors here
  write_bytes(message, icmp::kHeaderBytes, fields.quoted);
  write_icmp_checksum(header, message);
  return ip_bytes + message_bytes;
}

}  // namespace pacegate::packet
