#include "binding/backoff_calls.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "binding/call_time.h"
#include "core/ip_text.h"
#include "core/limit/backoff_table.h"

namespace pacegate::binding {
namespace {

BackoffTable& table_of(const Call& call) {
  return call.environment().backoffs.at(call.int32(0));
}

double read_property(const Napi::Object& options, const char* name) {
  const Napi::Value value = options.Get(name);
  if (!value.IsNumber() || !(value.As<Napi::Number>().DoubleValue() >= 0)) {
    throw CallError(std::string("options.") + name + " must be a number of at least 0");
  }
  return value.As<Napi::Number>().DoubleValue();
}

std::uint32_t read_count(const Napi::Object& options, const char* name, std::uint32_t max) {
  const double count = read_property(options, name);
  return count < max ? static_cast<std::uint32_t>(count) : max;
}

std::uint64_t read_ns(const Napi::Object& options, const char* name) {
  constexpr std::uint64_t kForever = BackoffOptions::kForever;
  const double ns = std::round(read_property(options, name));
  return ns < static_cast<double>(kForever) ? static_cast<std::uint64_t>(ns) : kForever;
}

SipKey read_seed(const Napi::Object& options) {
  const Napi::Value value = options.Get("seed");
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().ByteLength() != sizeof(SipKey) ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw CallError("options.seed must be 16 bytes");
  }
  const std::uint8_t* bytes = value.As<Napi::Uint8Array>().Data();
  return {.k0 = load_little_endian(bytes), .k1 = load_little_endian(bytes + 8)};
}

napi_value backoff_create(Call& call) {
  const Napi::Value value = call.value(0);
  if (!value.IsObject()) throw CallError("options must be an object");
  const auto given = value.As<Napi::Object>();
  BackoffOptions options;
  options.base_ns = read_ns(given, "baseNs");
  options.decay_ns = read_ns(given, "decayNs");
  options.max_level = read_count(given, "maxLevel", BackoffOptions::kMaxLevel);
  options.prefixes.v4 = read_count(given, "prefixV4", 32);
  options.prefixes.v6 = read_count(given, "prefixV6", 128);
  options.max_targets = read_count(given, "maxTargets", BackoffOptions::kMaxTargets);
  options.seed = read_seed(given);
  return call.int32_value(call.environment().backoffs.add(std::make_unique<BackoffTable>(options)));
}

napi_value backoff_destroy(Call& call) {
  call.environment().backoffs.remove(call.int32(0));
  return Call::nothing();
}

/// A target as text: an address, or a name of at most 255 characters (lib checks that), which are
/// up to 3 bytes each.
BackoffKey read_target(const Call& call, const BackoffTable& table) {
  std::array<char, 1024> text;
  std::size_t length = 0;
  if (napi_get_value_string_utf8(call.env(), call.value(1), text.data(), text.size(), &length) !=
      napi_ok) {
    throw CallError("argument 1 must be a string");
  }
  const std::optional<IpAddress> address = parse_ip_address({text.data(), length});
  if (address) return table.key_of(*address);
  return table.key_of_name({reinterpret_cast<const std::uint8_t*>(text.data()), length});
}

template <typename Time>
napi_value backoff_report(Call& call) {
  BackoffTable& table = table_of(call);
  const BackoffKey key = read_target(call, table);
  return call.number_value(table.report(key, Time::now_ns(call, 2)));
}

template <typename Time>
napi_value backoff_remaining_ns(Call& call) {
  const BackoffTable& table = table_of(call);
  const BackoffKey key = read_target(call, table);
  return call.number_value(static_cast<double>(table.remaining_ns(key, Time::now_ns(call, 2))));
}

template <typename Time>
napi_value backoff_level(Call& call) {
  const BackoffTable& table = table_of(call);
  const BackoffKey key = read_target(call, table);
  return call.number_value(table.level(key, Time::now_ns(call, 2)));
}

template <typename Time>
napi_value backoff_clear(Call& call) {
  BackoffTable& table = table_of(call);
  const BackoffKey key = read_target(call, table);
  return call.boolean(table.clear(key, Time::now_ns(call, 2)));
}

napi_value backoff_clear_all(Call& call) {
  table_of(call).clear();
  return Call::nothing();
}

template <typename Time>
napi_value backoff_size(Call& call) {
  BackoffTable& table = table_of(call);
  return call.number_value(static_cast<double>(table.size(Time::now_ns(call, 1))));
}

template <typename Time>
napi_value backoff_backed_off(Call& call) {
  BackoffTable& table = table_of(call);
  return call.number_value(static_cast<double>(table.backed_off(Time::now_ns(call, 1))));
}

/// \return nanoseconds until the first target that is backed off now is free; -1: none is
template <typename Time>
napi_value backoff_next_free_ns(Call& call) {
  BackoffTable& table = table_of(call);
  const std::uint64_t now_ns = Time::now_ns(call, 1);
  const std::optional<std::uint64_t> next = table.next_free_ns(now_ns);
  return call.number_value(next ? static_cast<double>(*next - now_ns) : -1);
}

/// Leaves BackoffCounts, in the order of its members, and bytes() in `scratch`.
napi_value backoff_counts(Call& call) {
  const BackoffTable& table = table_of(call);
  const BackoffCounts& counts = table.counts();
  const std::span<double> scratch = call.environment().scratch.values();
  scratch[0] = static_cast<double>(counts.reports);
  scratch[1] = static_cast<double>(counts.escalations);
  scratch[2] = static_cast<double>(counts.decayed);
  scratch[3] = static_cast<double>(counts.evicted);
  scratch[4] = static_cast<double>(counts.overflowed);
  scratch[5] = static_cast<double>(table.bytes());
  return Call::nothing();
}

}  // namespace

void register_backoff_calls(Exports& exports) {
  exports.add<backoff_create>("backoff_create");
  exports.add<backoff_destroy>("backoff_destroy");
  exports.add<backoff_report<SystemTime>>("backoff_report");
  exports.add<backoff_report<GivenTime>>("backoff_report_at");
  exports.add<backoff_remaining_ns<SystemTime>>("backoff_remaining_ns");
  exports.add<backoff_remaining_ns<GivenTime>>("backoff_remaining_ns_at");
  exports.add<backoff_level<SystemTime>>("backoff_level");
  exports.add<backoff_level<GivenTime>>("backoff_level_at");
  exports.add<backoff_clear<SystemTime>>("backoff_clear");
  exports.add<backoff_clear<GivenTime>>("backoff_clear_at");
  exports.add<backoff_clear_all>("backoff_clear_all");
  exports.add<backoff_size<SystemTime>>("backoff_size");
  exports.add<backoff_size<GivenTime>>("backoff_size_at");
  exports.add<backoff_backed_off<SystemTime>>("backoff_backed_off");
  exports.add<backoff_backed_off<GivenTime>>("backoff_backed_off_at");
  exports.add<backoff_next_free_ns<SystemTime>>("backoff_next_free_ns");
  exports.add<backoff_next_free_ns<GivenTime>>("backoff_next_free_ns_at");
  exports.add<backoff_counts>("backoff_counts");
}

}  // namespace pacegate::binding
