#include "binding/keyed_calls.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <span>

#include "binding/call_clock.h"
#include "binding/key_argument.h"
#include "binding/keyed_object.h"
#include "platform/error.h"

namespace pacegate::binding {
namespace {

// Indices into Environment::scratch; mirrored by SCRATCH and KEYED_SCRATCH in lib/.
enum ScratchSlot : std::uint8_t { kNowNs, kRemaining, kWaitNs, kResetNs };
enum StatisticsSlot : std::uint8_t { kKeys = 1, kBytes, kOverflow, kEvicted, kRate, kBurst };

constexpr std::size_t kKeysAtOnce = 512;  // 4 kB of stack

KeyedObject& object_of(const Call& call) {
  return call.environment().keyed.at(call.int32(0));
}

/// \return what `value` is rounded to, `max` at the most
std::uint64_t whole(double value, std::uint64_t max) {
  if (!(value >= 0)) throw CallError("a number must not be negative");
  const double rounded = std::round(value);
  return rounded < static_cast<double>(max) ? static_cast<std::uint64_t>(rounded) : max;
}

BucketQuota read_quota(const Call& call, std::size_t index) {
  const std::optional<BucketQuota> quota = make_quota(call.number(index), call.number(index + 1));
  if (!quota) throw CallError("no bucket can have this rate and burst");
  return *quota;
}

/// The bytes of a typed array of one type.
std::span<std::uint8_t> read_array(const Call& call, std::size_t index, napi_typedarray_type type,
                                   std::size_t bytes_each, const char* what) {
  napi_typedarray_type actual = napi_int8_array;
  std::size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(call.env(), call.value(index), &actual, &length, &data, nullptr,
                               nullptr) != napi_ok ||
      actual != type) {
    throw CallError(std::string(what) + " is an array of another type");
  }
  return {static_cast<std::uint8_t*>(data), length * bytes_each};
}

SipKey read_seed(const Call& call, std::size_t index) {
  const auto bytes = read_array(call, index, napi_uint8_array, 1, "the seed");
  if (bytes.size() != sizeof(SipKey)) throw CallError("the seed must be 16 bytes");
  return {.k0 = load_little_endian(bytes.data()), .k1 = load_little_endian(bytes.data() + 8)};
}

/// Arguments: rate, burst, most keys, idle time in ns, bits of an IPv6 address that count (0: text is
/// never an address), seed.
napi_value keyed_create(Call& call) {
  const BucketQuota quota = read_quota(call, 0);
  const std::uint64_t max_keys = whole(call.number(2), std::uint64_t{1} << 32);
  if (max_keys == 0) throw CallError("there must be room for a key");
  const Ticks idle = whole(call.number(3), KeyedOptions::kMaxIdle / kTicksPerNs) * kTicksPerNs;
  const auto prefix = static_cast<unsigned>(whole(call.number(4), 128));
  const SipKey seed = read_seed(call, 5);
  const KeyedOptions options{.quota = quota, .max_keys = max_keys, .idle = idle};
  auto object = std::make_unique<KeyedObject>(options, seed, prefix);
  return call.int32_value(call.environment().keyed.add(std::move(object)));
}

napi_value keyed_destroy(Call& call) {
  call.environment().keyed.remove(call.int32(0));
  return Call::nothing();
}

template <typename Time>
napi_value keyed_try_acquire(Call& call) {
  KeyedObject& object = object_of(call);
  const KeyId id = read_key(call, 1, object);
  const double cost = call.number(2);
  return call.boolean(object.store.with_table(
      clock_of<Time>(call, 3),
      [&](KeyedTable& table, Ticks now) { return table.try_acquire(id, cost, now).allowed(); }));
}

double ns_or_infinity(Ticks ticks) {
  return ticks == BucketVerdict::kForever ? std::numeric_limits<double>::infinity()
                                          : ns_from_ticks(ticks);
}

/// Leaves the reasons for a decision where JavaScript reads them.
napi_value explain(const Call& call, const KeyedDecision& decision) {
  const std::span<double> scratch = call.environment().scratch.values();
  scratch[kRemaining] = decision.available;
  scratch[kWaitNs] = ns_or_infinity(decision.verdict.wait);
  scratch[kResetNs] = ns_or_infinity(decision.time_to_full);
  scratch[kBurst] = decision.burst;
  return call.boolean(decision.verdict.allowed());
}

template <typename Time>
napi_value keyed_check(Call& call) {
  KeyedObject& object = object_of(call);
  const KeyId id = read_key(call, 1, object);
  const double cost = call.number(2);
  return explain(
      call, object.store.with_table(clock_of<Time>(call, 3), [&](KeyedTable& table, Ticks now) {
        return table.check(id, cost, now);
      }));
}

napi_value keyed_peek(Call& call) {
  KeyedObject& object = object_of(call);
  const KeyId id = read_key(call, 1, object);
  const double cost = call.number(2);
  return explain(call,
                 object.store.with_table(CallClock(call, 3), [&](KeyedTable& table, Ticks now) {
                   return table.peek(id, cost, now);
                 }));
}

/// Decides for `keys`, as many as `allowed`. \return how many were allowed
std::size_t try_acquire_chunk(KeyedStore& store, std::span<const std::uint8_t> keys,
                              std::span<std::uint8_t> allowed, double cost,
                              const CallClock& clock) {
  std::array<KeyId, kKeysAtOnce> ids;
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    std::uint32_t key = 0;  // copied: another thread may be writing a shared array
    std::memcpy(&key, &keys[4 * i], sizeof(key));
    ids[i] = store.hasher().of(key);
  }
  return store.with_table(clock, [&](KeyedTable& table, Ticks now) {
    return table.try_acquire_many({ids.data(), allowed.size()}, allowed.data(), cost, now);
  });
}

/// Arguments: handle, Uint32Array of keys, Uint8Array at least as long, cost. Others who share the
/// table get their turn in between. When it cannot be had any more, the rest is refused: who was
/// charged already must be told.
template <typename Time>
napi_value keyed_try_acquire_many(Call& call) {
  KeyedObject& object = object_of(call);
  const auto keys = read_array(call, 1, napi_uint32_array, 4, "keys");
  const auto allowed = read_array(call, 2, napi_uint8_array, 1, "allowed");
  const double cost = call.number(3);
  const CallClock clock = clock_of<Time>(call, 4);
  const std::size_t length = keys.size() / 4;
  if (allowed.size() < length) throw CallError("allowed is shorter than keys");
  std::size_t count = 0;
  for (std::size_t start = 0; start < length; start += kKeysAtOnce) {
    const auto chunk = allowed.subspan(start, std::min(kKeysAtOnce, length - start));
    try {
      count += try_acquire_chunk(object.store, keys.subspan(4 * start), chunk, cost, clock);
    } catch (const platform::PlatformError&) {
      if (start == 0) throw;
      std::ranges::fill(allowed.subspan(start, length - start), std::uint8_t{0});
      break;
    }
  }
  return call.number_value(static_cast<double>(count));
}

napi_value keyed_penalize(Call& call) {
  KeyedObject& object = object_of(call);
  const KeyId id = read_key(call, 1, object);
  const double tokens = call.number(2);
  return call.boolean(object.store.with_table(
      CallClock(call, 3),
      [&](KeyedTable& table, Ticks now) { return table.penalize(id, tokens, now); }));
}

napi_value keyed_reward(Call& call) {
  KeyedObject& object = object_of(call);
  const KeyId id = read_key(call, 1, object);
  const double tokens = call.number(2);
  object.store.with_table(CallClock(call, 3),
                          [&](KeyedTable& table, Ticks now) { table.reward(id, tokens, now); });
  return Call::nothing();
}

/// Arguments: handle, key, ns (Infinity: without end).
napi_value keyed_block(Call& call) {
  KeyedObject& object = object_of(call);
  const KeyId id = read_key(call, 1, object);
  const double ns = call.number(2);
  const Ticks duration = ns == std::numeric_limits<double>::infinity()
                             ? KeyBlock::kForever
                             : whole(ns, kMaxKeyBlock / kTicksPerNs) * kTicksPerNs;
  return call.boolean(object.store.with_table(
      CallClock(call, 3),
      [&](KeyedTable& table, Ticks now) { return table.block(id, duration, now); }));
}

napi_value keyed_delete(Call& call) {
  KeyedObject& object = object_of(call);
  const KeyId id = read_key(call, 1, object);
  return call.boolean(object.store.with_table(
      CallClock(call, 2), [&](KeyedTable& table, Ticks) { return table.remove(id); }));
}

napi_value keyed_set_quota(Call& call) {
  KeyedObject& object = object_of(call);
  const BucketQuota quota = read_quota(call, 1);
  object.store.with_table(CallClock(call, 3),
                          [&](KeyedTable& table, Ticks now) { table.set_quota(quota, now); });
  return Call::nothing();
}

napi_value keyed_clear(Call& call) {
  KeyedObject& object = object_of(call);
  object.store.with_table(CallClock(call, 1), [](KeyedTable& table, Ticks) { table.clear(); });
  return Call::nothing();
}

/// Forgets what has been idle long enough, and leaves the figures in scratch.
napi_value keyed_statistics(Call& call) {
  KeyedObject& object = object_of(call);
  const std::span<double> scratch = call.environment().scratch.values();
  object.store.with_table(CallClock(call, 1), [&](KeyedTable& table, Ticks now) {
    table.tidy(now);
    scratch[kKeys] = static_cast<double>(table.entries());
    scratch[kBytes] = static_cast<double>(object.store.bytes());
    scratch[kOverflow] = static_cast<double>(table.counts().overflow);
    scratch[kEvicted] = static_cast<double>(table.counts().evicted);
    scratch[kRate] = kTicksPerSecond / table.quota().ticks_per_token;
    scratch[kBurst] = table.quota().burst;
  });
  return Call::nothing();
}

/// Leaves rate and burst in scratch, whoever has set them.
napi_value keyed_quota(Call& call) {
  const BucketQuota quota = object_of(call).store.quota();
  const std::span<double> scratch = call.environment().scratch.values();
  scratch[kRate] = kTicksPerSecond / quota.ticks_per_token;
  scratch[kBurst] = quota.burst;
  return Call::nothing();
}

napi_value keyed_bytes(Call& call) {
  return call.number_value(static_cast<double>(object_of(call).store.bytes()));
}

/// Arguments: handle, rate and burst it was made with, place. Moves the table there with all it
/// holds, or joins the one that is there.
napi_value keyed_share(Call& call) {
  KeyedObject& object = object_of(call);
  if (object.store.is_shared()) throw CallError("this table is shared already");
  const SharedFormat format = object.store.format(call.number(1), call.number(2));
  const CallClock clock(call, 4);
  auto place = std::make_unique<SharedPlace>(
      call, 3, format, [&](std::byte* state) { object.store.build(state, clock()); });
  object.store.join(place->state(), clock);
  object.place = std::move(place);
  return Call::nothing();
}

/// Argument: most keys. \return bytes that a SharedArrayBuffer must have
napi_value shared_keyed_bytes(Call& call) {
  const std::uint64_t max_keys = whole(call.number(0), std::uint64_t{1} << 32);
  return call.number_value(static_cast<double>(KeyedStore::memory_needed(max_keys)));
}

}  // namespace

void register_keyed_calls(Exports& exports) {
  exports.add<keyed_create>("keyed_create");
  exports.add<keyed_destroy>("keyed_destroy");
  exports.add<keyed_try_acquire<SystemTime>>("keyed_try_acquire");
  exports.add<keyed_try_acquire<GivenTime>>("keyed_try_acquire_at");
  exports.add<keyed_check<SystemTime>>("keyed_check");
  exports.add<keyed_check<GivenTime>>("keyed_check_at");
  exports.add<keyed_peek>("keyed_peek");
  exports.add<keyed_try_acquire_many<SystemTime>>("keyed_try_acquire_many");
  exports.add<keyed_try_acquire_many<GivenTime>>("keyed_try_acquire_many_at");
  exports.add<keyed_penalize>("keyed_penalize");
  exports.add<keyed_reward>("keyed_reward");
  exports.add<keyed_block>("keyed_block");
  exports.add<keyed_delete>("keyed_delete");
  exports.add<keyed_set_quota>("keyed_set_quota");
  exports.add<keyed_clear>("keyed_clear");
  exports.add<keyed_statistics>("keyed_statistics");
  exports.add<keyed_quota>("keyed_quota");
  exports.add<keyed_bytes>("keyed_bytes");
  exports.add<keyed_share>("keyed_share");
  exports.add<shared_keyed_bytes>("shared_keyed_bytes");
}

}  // namespace pacegate::binding
