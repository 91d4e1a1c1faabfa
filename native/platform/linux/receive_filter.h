/// \file
/// ReceiveFilter as a program for the kernel, so that what nobody asked for never reaches this
/// process.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "platform/packet_receiver.h"

namespace pacegate::platform {

/// Bytes kept of a packet that passes: the longest headers anything is read from are 136 (an ICMPv4
/// error with options in both IP headers and eight quoted bytes).
inline constexpr std::uint32_t kKeptBytes = 176;

/// Classic BPF for a socket that sees packets from the network header on (AF_PACKET, SOCK_DGRAM).
/// IPv4 fragments are dropped, IPv6 extension headers not walked: no answer to a probe has either.
[[nodiscard]] std::vector<sock_filter> compile_filter(const ReceiveFilter& filter);

}  // namespace pacegate::platform
