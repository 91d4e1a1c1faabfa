#include "platform/route.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {

Route lookup_route(const IpAddress& /*destination*/, std::uint32_t /*interface_index*/) {
  throw_not_available("looking up a route");
}

std::vector<IpAddress> route_boundaries(const IpAddress& /*first*/, const IpAddress& /*last*/) {
  throw_not_available("reading the routing table");
}

std::optional<packet::MacAddress> cached_neighbour(std::uint32_t /*interface_index*/,
                                                   const IpAddress& /*address*/) {
  throw_not_available("reading the neighbour table");
}

}  // namespace pacegate::platform
