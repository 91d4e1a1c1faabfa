#include "binding/bucket_calls.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "binding/bucket_place.h"
#include "binding/call_time.h"
#include "core/limit/token_bucket.h"

namespace pacegate::binding {
namespace {

// Indices into Environment::scratch; mirrored by SCRATCH in lib/internal/binding.ts.
enum ScratchSlot : std::uint8_t { kNowNs, kRemaining, kWaitNs, kResetNs, kRate, kBurst };

// Answers of bucket_reserve besides nanoseconds; mirrored by RESERVE in lib/internal/binding.ts.
constexpr double kNotYet = -1;
constexpr double kNever = -2;

BucketObject& object_of(const Call& call) {
  return call.environment().buckets.at(call.int32(0));
}

TokenBucket& bucket_of(const Call& call) {
  return object_of(call).bucket();
}

BucketMaking read_making(const Call& call, std::size_t index) {
  return {call.number(index), call.number(index + 1)};
}

BucketQuota read_quota(const Call& call, std::size_t index) {
  return read_making(call, index).quota();
}

/// \return UINT64_MAX for what is beyond any wait
Ticks ticks_from_wait(double wait_ns) {
  constexpr double kLongestNs = 36028797018963968.0;  // 2^55 ns: 2^63 ticks
  if (!(wait_ns < kLongestNs)) return std::numeric_limits<Ticks>::max();
  return wait_ns > 0 ? static_cast<Ticks>(wait_ns) * kTicksPerNs : 0;
}

template <typename Time>
Ticks now_of(const Call& call, std::size_t index) {
  const std::uint64_t now_ns = Time::now_ns(call, index);
  call.environment().scratch.values()[kNowNs] = static_cast<double>(now_ns);
  return ticks_from_ns(now_ns);
}

/// Leaves the reasons for `verdict` where JavaScript reads them.
void explain(const Call& call, const TokenBucket& bucket, const BucketVerdict& verdict, Ticks now) {
  const std::span<double> scratch = call.environment().scratch.values();
  const bool never = verdict.outcome == BucketVerdict::Outcome::never;
  scratch[kRemaining] = bucket.available(now);
  scratch[kWaitNs] = never ? std::numeric_limits<double>::infinity() : ns_from_ticks(verdict.wait);
  scratch[kResetNs] = ns_from_ticks(bucket.time_to_full(now));
}

std::uint32_t read_count(const Call& call, std::size_t index) {
  return static_cast<std::uint32_t>(std::max(call.int32(index), 0));
}

template <typename Time>
napi_value bucket_create(Call& call) {
  const BucketQuota quota = read_quota(call, 0);
  const double initial_tokens = call.number(2);
  const Ticks now = now_of<Time>(call, 3);
  auto bucket = std::make_unique<BucketObject>(quota, initial_tokens, now);
  return call.int32_value(call.environment().buckets.add(std::move(bucket)));
}

napi_value bucket_limit_leases(Call& call) {
  object_of(call).lease() = TokenLease(read_count(call, 1));
  return Call::nothing();
}

template <typename Time>
napi_value bucket_join(Call& call) {
  const double initial_tokens = call.number(2);
  const Ticks now = now_of<Time>(call, 4);
  SharedPlace place = join_bucket(call, 3, read_making(call, 0), initial_tokens, now);
  return call.int32_value(
      call.environment().buckets.add(std::make_unique<BucketObject>(std::move(place))));
}

napi_value bucket_share(Call& call) {
  BucketObject& object = object_of(call);
  object.share(SharedPlace(call, 3, read_making(call, 1).format(),
                           [&](std::byte* state) { new (state) TokenBucket(object.bucket()); }));
  return Call::nothing();
}

napi_value bucket_destroy(Call& call) {
  call.environment().buckets.remove(call.int32(0));
  return Call::nothing();
}

template <typename Time>
napi_value bucket_try_acquire(Call& call) {
  TokenBucket& bucket = bucket_of(call);
  const double cost = call.number(1);
  return call.boolean(bucket.try_acquire(cost, now_of<Time>(call, 2)).allowed());
}

template <typename Time>
napi_value bucket_lease(Call& call) {
  BucketObject& object = object_of(call);
  const std::uint32_t spent = read_count(call, 1);
  const Ticks now = now_of<Time>(call, 2);
  const std::uint32_t granted = object.lease().renew(object.bucket(), spent, now);
  return call.int32_value(static_cast<std::int32_t>(granted));
}

template <typename Time>
napi_value bucket_settle(Call& call) {
  BucketObject& object = object_of(call);
  const std::uint32_t spent = read_count(call, 1);
  const Ticks now = now_of<Time>(call, 2);
  const std::uint32_t skip = object.lease().settle(object.bucket(), spent, now);
  return call.int32_value(static_cast<std::int32_t>(skip));
}

template <typename Time>
napi_value bucket_check(Call& call) {
  TokenBucket& bucket = bucket_of(call);
  const double cost = call.number(1);
  const Ticks now = now_of<Time>(call, 2);
  const BucketVerdict verdict = bucket.try_acquire(cost, now);
  explain(call, bucket, verdict, now);
  return call.boolean(verdict.allowed());
}

template <typename Time>
napi_value bucket_peek(Call& call) {
  const TokenBucket& bucket = bucket_of(call);
  const double cost = call.number(1);
  const Ticks now = now_of<Time>(call, 2);
  const BucketVerdict verdict = bucket.peek(cost, now);
  explain(call, bucket, verdict, now);
  return call.boolean(verdict.allowed());
}

template <typename Time>
napi_value bucket_try_acquire_up_to(Call& call) {
  TokenBucket& bucket = bucket_of(call);
  const double max = call.number(1);
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (!(max >= 0 && max <= kExact)) throw CallError("max must be from 0 to 2^53");
  const std::uint64_t taken =
      bucket.try_acquire_up_to(static_cast<std::uint64_t>(max), now_of<Time>(call, 2));
  return call.number_value(static_cast<double>(taken));
}

template <typename Time>
napi_value bucket_reserve(Call& call) {
  TokenBucket& bucket = bucket_of(call);
  const double cost = call.number(1);
  const Ticks max_wait = ticks_from_wait(call.number(2));
  const BucketVerdict verdict = bucket.reserve(cost, max_wait, now_of<Time>(call, 3));
  switch (verdict.outcome) {
    case BucketVerdict::Outcome::allowed:
      return call.number_value(ns_from_ticks(verdict.wait));
    case BucketVerdict::Outcome::not_yet:
      return call.number_value(kNotYet);
    case BucketVerdict::Outcome::never:
      break;
  }
  return call.number_value(kNever);
}

template <typename Time>
napi_value bucket_give_back(Call& call) {
  TokenBucket& bucket = bucket_of(call);
  const double cost = call.number(1);
  bucket.give_back(cost, now_of<Time>(call, 2));
  return Call::nothing();
}

template <typename Time>
napi_value bucket_set_quota(Call& call) {
  BucketObject& object = object_of(call);
  const BucketQuota quota = read_quota(call, 1);
  (void)now_of<Time>(call, 3);  // an argument of the wrong type changes nothing
  const auto lock = object.lock();
  object.bucket().set_quota(quota, [&call] { return now_of<Time>(call, 3); });
  return Call::nothing();
}

template <typename Time>
napi_value bucket_reset(Call& call) {
  BucketObject& object = object_of(call);
  const Ticks now = now_of<Time>(call, 1);
  const auto lock = object.lock();
  object.bucket().reset(now);
  return Call::nothing();
}

/// Rate and burst go to scratch. \return what tells one quota from the next
napi_value bucket_quota(Call& call) {
  const TokenBucket& bucket = bucket_of(call);
  const std::uint64_t changes = bucket.changes();
  const BucketQuota quota = bucket.quota();
  const std::span<double> scratch = call.environment().scratch.values();
  scratch[kRate] = kTicksPerSecond / quota.ticks_per_token;
  scratch[kBurst] = quota.burst;
  return call.number_value(static_cast<double>(changes));
}

napi_value bucket_changes(Call& call) {
  return call.number_value(static_cast<double>(bucket_of(call).changes()));
}

napi_value bucket_resets(Call& call) {
  return call.number_value(static_cast<double>(bucket_of(call).resets()));
}

template <typename Time>
napi_value bucket_available(Call& call) {
  const TokenBucket& bucket = bucket_of(call);
  return call.number_value(bucket.available(now_of<Time>(call, 1)));
}

}  // namespace

void register_bucket_calls(Exports& exports) {
  exports.add<bucket_create<SystemTime>>("bucket_create");
  exports.add<bucket_create<GivenTime>>("bucket_create_at");
  exports.add<bucket_join<SystemTime>>("bucket_join");
  exports.add<bucket_join<GivenTime>>("bucket_join_at");
  exports.add<bucket_share>("bucket_share");
  exports.add(
      "shared_bucket_bytes",
      Napi::Number::New(exports.env(), double{SharedState::memory_needed(sizeof(TokenBucket))}));
  exports.add<bucket_destroy>("bucket_destroy");
  exports.add<bucket_quota>("bucket_quota");
  exports.add<bucket_changes>("bucket_changes");
  exports.add<bucket_resets>("bucket_resets");
  exports.add<bucket_limit_leases>("bucket_limit_leases");
  exports.add<bucket_lease<SystemTime>>("bucket_lease");
  exports.add<bucket_lease<GivenTime>>("bucket_lease_at");
  exports.add<bucket_settle<SystemTime>>("bucket_settle");
  exports.add<bucket_settle<GivenTime>>("bucket_settle_at");
  exports.add<bucket_try_acquire<SystemTime>>("bucket_try_acquire");
  exports.add<bucket_try_acquire<GivenTime>>("bucket_try_acquire_at");
  exports.add<bucket_check<SystemTime>>("bucket_check");
  exports.add<bucket_check<GivenTime>>("bucket_check_at");
  exports.add<bucket_peek<SystemTime>>("bucket_peek");
  exports.add<bucket_peek<GivenTime>>("bucket_peek_at");
  exports.add<bucket_try_acquire_up_to<SystemTime>>("bucket_try_acquire_up_to");
  exports.add<bucket_try_acquire_up_to<GivenTime>>("bucket_try_acquire_up_to_at");
  exports.add<bucket_reserve<SystemTime>>("bucket_reserve");
  exports.add<bucket_reserve<GivenTime>>("bucket_reserve_at");
  exports.add<bucket_give_back<SystemTime>>("bucket_give_back");
  exports.add<bucket_give_back<GivenTime>>("bucket_give_back_at");
  exports.add<bucket_set_quota<SystemTime>>("bucket_set_quota");
  exports.add<bucket_set_quota<GivenTime>>("bucket_set_quota_at");
  exports.add<bucket_reset<SystemTime>>("bucket_reset");
  exports.add<bucket_reset<GivenTime>>("bucket_reset_at");
  exports.add<bucket_available<SystemTime>>("bucket_available");
  exports.add<bucket_available<GivenTime>>("bucket_available_at");
}

}  // namespace pacegate::binding
