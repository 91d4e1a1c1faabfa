#include "binding/sender_calls.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binding/bucket_place.h"
#include "binding/environment.h"
#include "binding/sender_object.h"
#include "core/time.h"
#include "platform/clock.h"

namespace pacegate::binding {
namespace {

using packet::FrameVariation;
using packet::VariedField;

/// The names JavaScript has for an enumeration's values, in their order.
template <std::size_t N>
using Names = std::array<std::string_view, N>;

constexpr Names<5> kBackends = {"auto", "packet", "rawip", "xdp", "pcap"};
constexpr Names<3> kPrecisions = {"eco", "balanced", "spin"};
constexpr Names<3> kVariedFields = {"none", "ipv4-destination", "destination-port"};

std::string read_string(const Napi::Value& value, const char* name) {
  if (!value.IsString()) throw CallError(std::string(name) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

template <typename Enumeration, std::size_t N>
Enumeration read_name(const Napi::Value& value, const char* what, const Names<N>& names) {
  const std::string text = read_string(value, what);
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enumeration>(i);
  }
  throw CallError(std::string(what) + " has no value '" + text + "'");
}

/// Infinity: as fast as it goes.
double read_rate(double rate) {
  if (!(rate > 0)) throw CallError("rate must be above 0");
  return std::min(rate, PacingSchedule::kMaxRate);
}

double read_number(const Napi::Object& options, const char* name) {
  const Napi::Value value = options.Get(name);
  if (!value.IsNumber()) throw CallError(std::string(name) + " must be a number");
  return value.As<Napi::Number>().DoubleValue();
}

SenderOptions read_options(const Napi::Value& value) {
  if (!value.IsObject()) throw CallError("options must be an object");
  const Napi::Object given = value.As<Napi::Object>();
  const double catch_up_ms = read_number(given, "catchUpMs");
  if (!(catch_up_ms >= 0 && catch_up_ms <= 1e6)) throw CallError("catchUpMs is out of range");
  SenderOptions options;
  options.interface =
      platform::find_interface(read_string(given.Get("interfaceName"), "interfaceName"));
  options.backend = read_name<Backend>(given.Get("backend"), "backend", kBackends);
  options.auto_rate = read_number(given, "autoRate");
  options.pacing.rate = read_rate(read_number(given, "rate"));
  options.pacing.precision = read_name<Precision>(given.Get("precision"), "precision", kPrecisions);
  options.pacing.catch_up_ns = static_cast<std::uint64_t>(catch_up_ms * double{kNsPerMs});
  return options;
}

std::span<const std::uint8_t> read_bytes(const Napi::Value& value) {
  napi_typedarray_type type{};
  std::size_t length = 0;
  void* data = nullptr;
  // Not by Napi::Uint8Array, which looks for an ArrayBuffer and finds none behind shared memory.
  if (!value.IsTypedArray() || napi_get_typedarray_info(value.Env(), value, &type, &length, &data,
                                                        nullptr, nullptr) != napi_ok) {
    throw CallError("a frame must be a Uint8Array");
  }
  if (type != napi_uint8_array) throw CallError("a frame must be a Uint8Array");
  // As one is whose memory has been transferred since lib/ checked it.
  if (length == 0) throw CallError("a frame must not be empty");
  return {static_cast<const std::uint8_t*>(data), length};
}

SenderObject& object_of(const Call& call) {
  return call.environment().senders.at(call.int32(0));
}

/// Where nothing runs: for what the controlling thread may not do meanwhile.
Transmitter& idle_transmitter(const Call& call) {
  Transmitter& transmitter = object_of(call).transmitter();
  if (transmitter.is_running()) throw CallError("a transmit is running");
  return transmitter;
}

/// Arguments 1 and 2: a template and the field that varies.
FrameVariation read_variation(const Call& call, const Transmitter& transmitter) {
  const auto field = read_name<VariedField>(call.value(2), "vary", kVariedFields);
  FrameVariation variation(read_bytes(call.value(1)), transmitter.takes_ethernet(), field);
  if (variation.fault() != packet::TemplateFault::none) {
    throw CallError(std::string("template ") + packet::describe(variation.fault()));
  }
  return variation;
}

napi_value sender_open(Call& call) {
  const SenderOptions options = read_options(call.value(0));
  auto object = std::make_unique<SenderObject>(call.env(), options);
  return call.int32_value(call.environment().senders.add(std::move(object)));
}

napi_value sender_charge_to(Call& call) {
  object_of(call).charge_to(join_shared_bucket(call, 1));
  return Call::nothing();
}

napi_value sender_info(Call& call) {
  SenderObject& object = object_of(call);
  Napi::Object info = Napi::Object::New(call.env());
  info.Set("backend", object.transmitter().backend());
  info.Set("ethernet", object.transmitter().takes_ethernet());
  info.Set("mtu", object.mtu());
  info.Set("largestFrame", static_cast<double>(object.largest_frame()));
  return info;
}

napi_value sender_slots(Call& call) {
  return object_of(call).slots();
}

/// Every value before a use of any, and before the sender is looked at: an element may be a getter, that is
/// code which frees, transfers or closes.
std::vector<Napi::Value> read_values(const Napi::Value& frames) {
  if (!frames.IsArray()) throw CallError("frames must be an array");
  const Napi::Array array = frames.As<Napi::Array>();
  std::vector<Napi::Value> values;
  values.reserve(array.Length());
  for (std::uint32_t i = 0; i < array.Length(); ++i) values.push_back(array.Get(i));
  return values;
}

/// \return frames taken; a negative errno when the first of them was refused for good
napi_value sender_send(Call& call) {
  const std::vector<Napi::Value> values = read_values(call.value(1));
  std::vector<std::span<const std::uint8_t>> frames;
  frames.reserve(values.size());
  for (const Napi::Value& value : values) frames.push_back(read_bytes(value));
  const platform::SendReport report = idle_transmitter(call).send(frames);
  const bool refused = report.accepted == 0 && report.outcome == platform::SendOutcome::failed;
  return call.number_value(refused ? -report.system_error : static_cast<double>(report.accepted));
}

/// \return the varied field's value in the template
napi_value sender_inspect(Call& call) {
  return call.number_value(read_variation(call, object_of(call).transmitter()).first());
}

napi_value sender_transmit(Call& call) {
  Transmitter& transmitter = idle_transmitter(call);
  FrameVariation variation = read_variation(call, transmitter);
  const double first = call.number(3);
  const double count = call.number(4);
  constexpr double kMaxExact = 9007199254740991.0;
  if (!(first >= 0 && first <= variation.limit())) throw CallError("from is out of range");
  if (!(count >= 0 && count <= kMaxExact)) throw CallError("count is out of range");
  variation.start_at(static_cast<std::uint32_t>(first));
  transmitter.begin(std::move(variation), static_cast<std::uint64_t>(count));
  return Call::nothing();
}

napi_value sender_take_departures(Call& call) {
  Transmitter& transmitter = object_of(call).transmitter();
  if (!transmitter.is_running()) transmitter.take_departures();
  return Call::nothing();
}

napi_value sender_stop(Call& call) {
  object_of(call).transmitter().stop();
  return Call::nothing();
}

napi_value sender_set_rate(Call& call) {
  const double rate = read_rate(call.number(1));
  object_of(call).transmitter().set_rate(rate);
  return Call::nothing();
}

napi_value sender_close(Call& call) {
  call.environment().senders.remove(call.int32(0));
  return Call::nothing();
}

}  // namespace

void register_sender_calls(Exports& exports) {
  exports.add<sender_open>("sender_open");
  exports.add<sender_charge_to>("sender_charge_to");
  exports.add<sender_info>("sender_info");
  exports.add<sender_slots>("sender_slots");
  exports.add<sender_send>("sender_send");
  exports.add<sender_inspect>("sender_inspect");
  exports.add<sender_transmit>("sender_transmit");
  exports.add<sender_take_departures>("sender_take_departures");
  exports.add<sender_stop>("sender_stop");
  exports.add<sender_set_rate>("sender_set_rate");
  exports.add<sender_close>("sender_close");
}

}  // namespace pacegate::binding
