#include "platform/linux/receive_filter.h"

#include "packet/parse.h"
#include "platform/linux/bpf_assembler.h"

namespace pacegate::platform {
namespace {

// Offsets from the network header.
constexpr std::uint32_t kIpv4Fragment = 6;
constexpr std::uint32_t kIpv4Protocol = 9;
constexpr std::uint32_t kIpv6NextHeader = 6;
constexpr std::uint32_t kIpv6Payload = 40;
constexpr std::uint32_t kTcpDestinationPort = 2;
constexpr std::uint32_t kArpOperation = 6;

constexpr std::uint32_t kFragmentBits = 0x3fff;  // more fragments, or an offset
constexpr std::uint32_t kArpReply = 2;
constexpr std::uint32_t kIcmpUnreachable = 3;
constexpr std::uint32_t kIcmpTimeExceeded = 11;
constexpr std::uint32_t kIcmpv6Unreachable = 1;
constexpr std::uint32_t kIcmpv6TimeExceeded = 3;
constexpr std::uint32_t kNeighbourAdvertisement = 136;

class FilterCompiler {
 public:
  explicit FilterCompiler(const ReceiveFilter& filter) : filter_(filter) {}

  std::vector<sock_filter> compile() {
    const auto ipv4 = assembler_.new_label();
    const auto ipv6 = assembler_.new_label();
    const auto arp = assembler_.new_label();
    if (filter_.everything) {
      assembler_.give(kKeptBytes);
      return assembler_.finish();
    }
    assembler_.load_protocol();
    assembler_.jump_if_equal(packet::kEtherTypeIpv4, ipv4);
    assembler_.jump_if_equal(packet::kEtherTypeIpv6, ipv6);
    assembler_.jump_if_equal(packet::kEtherTypeArp, arp);
    assembler_.give(0);
    assembler_.place(ipv4);
    match_ipv4();
    assembler_.place(ipv6);
    match_ipv6();
    assembler_.place(arp);
    match_arp();
    assembler_.place(accept_);
    assembler_.give(kKeptBytes);
    assembler_.place(reject_);
    assembler_.give(0);
    return assembler_.finish();
  }

 private:
  void match_ipv4() {
    const auto icmp = assembler_.new_label();
    assembler_.load_half(kIpv4Fragment);
    assembler_.jump_if_any_bit(kFragmentBits, reject_);
    assembler_.load_ipv4_header_length();
    assembler_.load_byte(kIpv4Protocol);
    if (filter_.icmp_errors) assembler_.jump_if_equal(packet::kProtocolIcmp, icmp);
    if (filter_.tcp_port != 0) {
      assembler_.jump_unless_equal(packet::kProtocolTcp, reject_);
      assembler_.load_half_after_x(kTcpDestinationPort);
      accept_ports();
    }
    assembler_.give(0);
    assembler_.place(icmp);
    assembler_.load_byte_after_x(0);
    assembler_.jump_if_equal(kIcmpUnreachable, accept_);
    assembler_.jump_if_equal(kIcmpTimeExceeded, accept_);
    assembler_.give(0);
  }

  void accept_ports() {
    assembler_.jump_if_equal(filter_.tcp_port, accept_);
    if (filter_.other_tcp_port != 0) assembler_.jump_if_equal(filter_.other_tcp_port, accept_);
  }

  void match_ipv6() {
    const auto icmp = assembler_.new_label();
    assembler_.load_byte(kIpv6NextHeader);
    assembler_.jump_if_equal(packet::kProtocolIcmpv6, icmp);
    if (filter_.tcp_port != 0) {
      assembler_.jump_unless_equal(packet::kProtocolTcp, reject_);
      assembler_.load_half(kIpv6Payload + kTcpDestinationPort);
      accept_ports();
    }
    assembler_.give(0);
    assembler_.place(icmp);
    assembler_.load_byte(kIpv6Payload);
    if (filter_.icmp_errors) {
      assembler_.jump_if_equal(kIcmpv6Unreachable, accept_);
      assembler_.jump_if_equal(kIcmpv6TimeExceeded, accept_);
    }
    if (filter_.neighbours) assembler_.jump_if_equal(kNeighbourAdvertisement, accept_);
    assembler_.give(0);
  }

  void match_arp() {
    if (filter_.neighbours) {
      assembler_.load_half(kArpOperation);
      assembler_.jump_if_equal(kArpReply, accept_);
    }
    assembler_.give(0);
  }

  const ReceiveFilter& filter_;
  BpfAssembler assembler_;
  const BpfAssembler::Label accept_ = assembler_.new_label();
  const BpfAssembler::Label reject_ = assembler_.new_label();
};

}  // namespace

std::vector<sock_filter> compile_filter(const ReceiveFilter& filter) {
  return FilterCompiler(filter).compile();
}

}  // namespace pacegate::platform
