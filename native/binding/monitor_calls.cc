#include "binding/monitor_calls.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "binding/environment.h"
#include "binding/monitor_object.h"

namespace pacegate::binding {
namespace {

std::unique_ptr<platform::PacketReceiver> open_receiver(const std::string& interface_name) {
  if (interface_name.empty()) return platform::open_packet_receiver_on_all(kMonitorFilter);
  return platform::open_packet_receiver(platform::find_interface(interface_name), kMonitorFilter);
}

/// \return 0 when a monitor runs in this process already
napi_value monitor_create(Call& call) {
  if (!call.value(0).IsString()) throw CallError("argument 0 must be a string");
  auto claim = std::make_unique<MonitorClaim>();
  if (!claim->is_held()) return call.int32_value(0);
  auto receiver = open_receiver(call.value(0).As<Napi::String>().Utf8Value());
  auto monitor = std::make_unique<MonitorObject>(call.env(), std::move(claim), std::move(receiver));
  return call.int32_value(call.environment().monitors.add(std::move(monitor)));
}

napi_value monitor_drain(Call& call) {
  const Napi::Value value = call.value(1);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw CallError("events must be a Uint8Array");
  }
  auto out = value.As<Napi::Uint8Array>();
  // By way of the stack: a Uint8Array promises no alignment.
  IcmpEvent events[128];
  const std::size_t room = std::min(out.ElementLength() / sizeof(IcmpEvent), std::size(events));
  MonitorObject& object = call.environment().monitors.at(call.int32(0));
  const std::size_t count = object.monitor().drain(std::span(events, room));
  if (count > 0) std::memcpy(out.Data(), events, count * sizeof(IcmpEvent));
  return call.number_value(static_cast<double>(count));
}

napi_value monitor_slots(Call& call) {
  return call.environment().monitors.at(call.int32(0)).slots();
}

napi_value monitor_destroy(Call& call) {
  call.environment().monitors.remove(call.int32(0));
  return Call::nothing();
}

}  // namespace

void register_monitor_calls(Exports& exports) {
  exports.add<monitor_create>("monitor_create");
  exports.add<monitor_drain>("monitor_drain");
  exports.add<monitor_slots>("monitor_slots");
  exports.add<monitor_destroy>("monitor_destroy");
}

}  // namespace pacegate::binding
