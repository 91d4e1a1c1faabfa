#include "binding/host_calls.h"

#include "binding/address_text.h"
#include "platform/capabilities.h"
#include "platform/clock.h"
#include "platform/connect_sockets.h"
#include "platform/interface.h"
#include "platform/xdp_support.h"

namespace pacegate::binding {
namespace {

napi_value host_capabilities(Call& call) {
  const std::vector<platform::Capability> capabilities = platform::probe_capabilities();
  const Napi::Array list = Napi::Array::New(call.env(), capabilities.size());
  std::uint32_t index = 0;
  for (const platform::Capability& capability : capabilities) {
    Napi::Object entry = Napi::Object::New(call.env());
    entry.Set("name", capability.name);
    entry.Set("available", capability.available);
    entry.Set("reason", capability.reason);
    list.Set(index++, entry);
  }
  return list;
}

const char* link_name(platform::LinkType link) {
  switch (link) {
    case platform::LinkType::ethernet:
      return "ethernet";
    case platform::LinkType::loopback:
      return "loopback";
    case platform::LinkType::ip:
      return "ip";
    case platform::LinkType::other:
      break;
  }
  return "other";
}

Napi::Array address_list(Napi::Env env, const std::vector<IpAddress>& addresses) {
  const Napi::Array list = Napi::Array::New(env, addresses.size());
  std::uint32_t index = 0;
  for (const IpAddress& address : addresses) list.Set(index++, address_text(address));
  return list;
}

napi_value host_interfaces(Call& call) {
  const std::vector<platform::Interface> interfaces = platform::list_interfaces();
  const Napi::Array list = Napi::Array::New(call.env(), interfaces.size());
  std::uint32_t index = 0;
  for (const platform::Interface& device : interfaces) {
    Napi::Object entry = Napi::Object::New(call.env());
    entry.Set("name", device.name);
    entry.Set("index", device.index);
    entry.Set("link", link_name(device.link));
    entry.Set("up", device.up);
    entry.Set("mtu", device.mtu);
    entry.Set("mac", mac_text(device.mac));
    entry.Set("addresses", address_list(call.env(), device.addresses));
    list.Set(index++, entry);
  }
  return list;
}

/// \return '' when raw packets can be sent, else the reason
napi_value host_can_send_raw(Call& call) {
  const auto obstacle = platform::raw_packets_obstacle();
  return Napi::String::New(call.env(), obstacle ? obstacle->what() : "");
}

/// Throws what keeps raw packets from being sent, if anything does.
napi_value host_require_raw(Call& /*call*/) {
  if (const auto obstacle = platform::raw_packets_obstacle())
    throw platform::PlatformError(*obstacle);
  return Call::nothing();
}

/// \return '' when backend xdp can send on the interface, else the reason
napi_value host_why_not_xdp(Call& call) {
  const auto index = static_cast<std::uint32_t>(call.int32(0));
  return Napi::String::New(call.env(),
                           platform::xdp_support(platform::find_interface(index)).reason);
}

/// \return whether scan_create takes the backend 'connect'
napi_value host_can_connect(Call& call) {
  return Napi::Boolean::New(call.env(), platform::has_connect_sockets());
}

napi_value monotonic_now_ns(Call& call) {
  return call.bigint_value(platform::monotonic_ns());
}

}  // namespace

void register_host_calls(Exports& exports) {
  exports.add<host_capabilities>("host_capabilities");
  exports.add<host_interfaces>("host_interfaces");
  exports.add<host_why_not_xdp>("host_why_not_xdp");
  exports.add<host_can_send_raw>("host_can_send_raw");
  exports.add<host_require_raw>("host_require_raw");
  exports.add<host_can_connect>("host_can_connect");
  exports.add<monotonic_now_ns>("monotonic_now_ns");
}

}  // namespace pacegate::binding
