#include "binding/throttle_calls.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "binding/call_time.h"
#include "core/limit/adaptive_throttle.h"

namespace pacegate::binding {
namespace {

AdaptiveThrottle& throttle_of(const Call& call) {
  return call.environment().throttles.at(call.int32(0));
}

/// A whole number that a double holds exactly, or an integer conversion would be undefined.
std::uint64_t read_count(const Call& call, std::size_t index, double max) {
  const double count = call.number(index);
  if (!(count >= 0 && count <= max)) throw CallError("a count is out of range");
  return static_cast<std::uint64_t>(count);
}

template <typename Time>
napi_value throttle_create(Call& call) {
  const double rate = call.number(0);
  constexpr double kMax = std::numeric_limits<std::uint32_t>::max();
  const auto max_batch = static_cast<std::uint32_t>(read_count(call, 1, kMax));
  const std::uint64_t catch_up_ns = read_count(call, 2, AdaptiveThrottle::kGapNs);
  auto throttle =
      std::make_unique<AdaptiveThrottle>(rate, Time::now_ns(call, 3), max_batch, catch_up_ns);
  return call.int32_value(call.environment().throttles.add(std::move(throttle)));
}

napi_value throttle_destroy(Call& call) {
  call.environment().throttles.remove(call.int32(0));
  return Call::nothing();
}

template <typename Time>
napi_value throttle_next_batch(Call& call) {
  AdaptiveThrottle& throttle = throttle_of(call);
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const std::uint64_t packets_sent = read_count(call, 1, kExact);
  return call.number_value(throttle.next_batch(packets_sent, Time::now_ns(call, 2)));
}

template <typename Time>
napi_value throttle_wait_ns(Call& call) {
  const AdaptiveThrottle& throttle = throttle_of(call);
  return call.number_value(static_cast<double>(throttle.wait_ns(Time::now_ns(call, 1))));
}

template <typename Time>
napi_value throttle_current_rate(Call& call) {
  const AdaptiveThrottle& throttle = throttle_of(call);
  return call.number_value(throttle.current_rate(Time::now_ns(call, 1)));
}

napi_value throttle_batch_size(Call& call) {
  return call.number_value(throttle_of(call).batch_size());
}

template <typename Time>
napi_value throttle_set_rate(Call& call) {
  AdaptiveThrottle& throttle = throttle_of(call);
  const double rate = call.number(1);
  throttle.set_rate(rate, Time::now_ns(call, 2));
  return Call::nothing();
}

/// Leaves ThrottleCounts, in the order of its members, and what was given up in `scratch`.
napi_value throttle_counts(Call& call) {
  const AdaptiveThrottle& throttle = throttle_of(call);
  const ThrottleCounts& counts = throttle.counts();
  const std::span<double> scratch = call.environment().scratch.values();
  scratch[0] = static_cast<double>(counts.calls);
  scratch[1] = static_cast<double>(counts.batches);
  scratch[2] = static_cast<double>(counts.packets);
  scratch[3] = static_cast<double>(counts.gaps);
  scratch[4] = static_cast<double>(throttle.forgone());
  return Call::nothing();
}

}  // namespace

void register_throttle_calls(Exports& exports) {
  exports.add<throttle_create<SystemTime>>("throttle_create");
  exports.add<throttle_create<GivenTime>>("throttle_create_at");
  exports.add<throttle_destroy>("throttle_destroy");
  exports.add<throttle_next_batch<SystemTime>>("throttle_next_batch");
  exports.add<throttle_next_batch<GivenTime>>("throttle_next_batch_at");
  exports.add<throttle_wait_ns<SystemTime>>("throttle_wait_ns");
  exports.add<throttle_wait_ns<GivenTime>>("throttle_wait_ns_at");
  exports.add<throttle_current_rate<SystemTime>>("throttle_current_rate");
  exports.add<throttle_current_rate<GivenTime>>("throttle_current_rate_at");
  exports.add<throttle_batch_size>("throttle_batch_size");
  exports.add<throttle_counts>("throttle_counts");
  exports.add<throttle_set_rate<SystemTime>>("throttle_set_rate");
  exports.add<throttle_set_rate<GivenTime>>("throttle_set_rate_at");
}

}  // namespace pacegate::binding
