/// \file
/// ReceiveFilter in the words of pcap-filter(7): libpcap turns them into a program for the link
/// type at hand.
#pragma once

#include <string>

#include "platform/packet_receiver.h"

namespace pacegate::platform {

/// The same packets that the AF_PACKET receiver's filter lets through, IPv4 fragments and IPv6
/// extension headers left out as there.
/// \param has_neighbours whether the link type has ARP and neighbour advertisements at all
/// \return empty when nothing is wanted, which libpcap has no words for; not for `everything`
[[nodiscard]] std::string pcap_filter_text(const ReceiveFilter& filter, bool has_neighbours);

}  // namespace pacegate::platform
