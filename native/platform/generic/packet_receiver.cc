#include "platform/packet_receiver.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

std::unique_ptr<PacketReceiver> open_packet_receiver(const Interface& /*interface*/,
                                                     const ReceiveFilter& /*filter*/) {
  throw_not_available("capturing packets");
}

std::unique_ptr<PacketReceiver> open_packet_receiver_on_all(const ReceiveFilter& /*filter*/) {
  throw_not_available("capturing packets");
}

}  // namespace pacegate::platform
