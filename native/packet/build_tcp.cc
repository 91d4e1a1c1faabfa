#include "packet/build.h"
#include "packet/header_writers.h"
#include "packet/layout.h"
#include "packet/parse.h"

namespace pacegate::packet {

std::size_t build_tcp(const TcpFields& fields, MutableBytes out) {
  const IpFamily family = fields.source.family();
  const std::size_t ip_bytes = ip_header_bytes(family);
  const std::size_t total = ip_bytes + tcp::kMinHeaderBytes;
  if (fields.destination.family() != family || out.size() < total) return 0;

  const IpHeader header{fields.source, fields.destination, kProtocolTcp, fields.hop_limit,
                        tcp::kMinHeaderBytes};
  const MutableBytes segment = out.subspan(ip_bytes, tcp::kMinHeaderBytes);
  write_ip_header(header, out);
  write_tcp_header(fields, tcp::kMinHeaderBytes, segment);
  write_transport_checksum(header, segment, tcp::kChecksum);
  return total;
}

}  // namespace pacegate::packet
