/// \file
/// Systems whose routing tables are not read yet: whoever names the frame's destination can send all
/// the same.
#include "platform/route.h"

#include "platform/generic/not_available.h"

namespace pacegate::platform {
namespace {

constexpr const char* kInstead = "use the connect technique";

}  // namespace

Route lookup_route(const IpAddress& /*destination*/, std::uint32_t /*interface_index*/) {
  throw_not_available("looking up a route", kInstead);
}

std::vector<IpAddress> route_boundaries(const IpAddress& /*first*/, const IpAddress& /*last*/) {
  throw_not_available("reading the routing table", kInstead);
}

std::optional<packet::MacAddress> cached_neighbour(std::uint32_t /*interface_index*/,
                                                   const IpAddress& /*address*/) {
  throw_not_available("reading the neighbour table", kInstead);
}

}  // namespace pacegate::platform
