#include "binding/shared_place.h"

#include <span>
#include <string>

#include "binding/call.h"

namespace pacegate::binding {
namespace {

Napi::Reference<Napi::Uint8Array> hold_memory(const Napi::Value& place) {
  if (place.IsString()) return {};
  if (!place.IsTypedArray() || place.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw CallError("the place of shared state must be a Uint8Array or a path");
  }
  return Napi::Persistent(place.As<Napi::Uint8Array>());
}

SharedState join(const Napi::Value& place, const SharedFormat& format,
                 const SharedState::Create& create) {
  if (place.IsString()) {
    return SharedState::over_file(place.As<Napi::String>().Utf8Value(), format, create);
  }
  // Not by Napi::Uint8Array, which looks for an ArrayBuffer.
  void* data = nullptr;
  std::size_t length = 0;
  if (napi_get_typedarray_info(place.Env(), place, nullptr, &length, &data, nullptr, nullptr) !=
      napi_ok) {
    throw CallError("the memory of shared state cannot be had");
  }
  return SharedState::over_memory({static_cast<std::byte*>(data), length}, format, create);
}

}  // namespace

SharedPlace::SharedPlace(const Call& call, std::size_t index, const SharedFormat& format,
                         const SharedState::Create& create)
    : memory_(hold_memory(call.value(index))), state_(join(call.value(index), format, create)) {}

}  // namespace pacegate::binding
