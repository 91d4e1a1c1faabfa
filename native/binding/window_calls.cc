#include "binding/window_calls.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "binding/call_time.h"
#include "binding/window_object.h"
#include "core/limit/fixed_window.h"
#include "core/limit/hybrid_limiter.h"
#include "core/limit/sliding_window.h"
#include "engine/sharing/shared_hybrid.h"

namespace pacegate::binding {
namespace {

// Indices into Environment::scratch; mirrored by SCRATCH in lib/internal/binding.ts.
enum ScratchSlot : std::uint8_t {
  kNowNs,
  kRemaining,
  kWaitNs,
  kResetNs,
  kQuotaLimit,
  kQuotaRate,
  kQuotaBurst
};

// Answers of window_foresee_place besides nanoseconds; mirrored by RESERVE in lib.
constexpr double kNotYet = -1;
constexpr double kNever = -2;

constexpr double kExact = 9007199254740992.0;  // 2^53

WindowObject& object_of(const Call& call) {
  return call.environment().windows.at(call.int32(0));
}

SerialLimiter& limiter_of(const Call& call) {
  return *object_of(call).limiter;
}

/// A number from `min` to 2^53, or the arithmetic on it would be undefined.
double read_number(const Call& call, std::size_t index, double min) {
  const double value = call.number(index);
  if (!(value >= min && value <= kExact)) throw CallError("a number is out of range");
  return value;
}

double read_limit(const Call& call, std::size_t index) {
  return read_number(call, index, std::numeric_limits<double>::min());
}

std::uint64_t read_window_ns(const Call& call, std::size_t index) {
  return static_cast<std::uint64_t>(read_number(call, index, 1));
}

template <typename Time>
std::uint64_t now_of(const Call& call, std::size_t index) {
  const std::uint64_t now_ns = Time::now_ns(call, index);
  call.environment().scratch.values()[kNowNs] = static_cast<double>(now_ns);
  return now_ns;
}

double wait_value(std::uint64_t wait_ns) noexcept {
  return wait_ns == kNeverNs ? std::numeric_limits<double>::infinity()
                             : static_cast<double>(wait_ns);
}

std::uint64_t ns_from_wait(double wait_ns) noexcept {
  if (!(wait_ns < kExact)) return kNeverNs;
  return wait_ns > 0 ? static_cast<std::uint64_t>(wait_ns) : 0;
}

/// Leaves the reasons for an answer where JavaScript reads them.
void explain(const Call& call, const SerialLimiter& limiter, std::uint64_t wait_ns,
             std::uint64_t now_ns) {
  const std::span<double> scratch = call.environment().scratch.values();
  scratch[kRemaining] = limiter.available(now_ns);
  scratch[kWaitNs] = wait_value(wait_ns);
  scratch[kResetNs] = static_cast<double>(limiter.reset_ns(now_ns));
}

napi_value add_limiter(const Call& call, std::unique_ptr<SerialLimiter> limiter) {
  if (!limiter) throw CallError("no limiter can have this limit, rate or burst");
  auto object = std::make_unique<WindowObject>(std::move(limiter));
  return call.int32_value(call.environment().windows.add(std::move(object)));
}

napi_value window_create_sliding(Call& call) {
  const double limit = read_limit(call, 0);
  const std::uint64_t window_ns = read_window_ns(call, 1);
  const double sub_windows = call.number(2);
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  if (!(sub_windows >= 0 && sub_windows <= kMost)) throw CallError("a number is out of range");
  const std::uint64_t now_ns = GivenTime::now_ns(call, 3);
  return add_limiter(
      call, SlidingWindow::make(limit, window_ns, static_cast<std::uint32_t>(sub_windows), now_ns));
}

napi_value window_create_fixed(Call& call) {
  const double limit = read_limit(call, 0);
  const std::uint64_t window_ns = read_window_ns(call, 1);
  const std::uint64_t now_ns = GivenTime::now_ns(call, 2);
  return add_limiter(call, std::make_unique<FixedWindow>(limit, window_ns, now_ns));
}

napi_value window_create_hybrid(Call& call) {
  const SerialQuota quota{read_limit(call, 0), call.number(1), call.number(2)};
  const std::uint64_t window_ns = read_window_ns(call, 3);
  const std::uint64_t now_ns = GivenTime::now_ns(call, 4);
  return add_limiter(call, HybridLimiter::make(quota, window_ns, now_ns));
}

napi_value window_destroy(Call& call) {
  call.environment().windows.remove(call.int32(0));
  return Call::nothing();
}

template <typename Time>
napi_value window_try_acquire(Call& call) {
  SerialLimiter& limiter = limiter_of(call);
  const double cost = call.number(1);
  return call.boolean(limiter.try_acquire(cost, now_of<Time>(call, 2)));
}

template <typename Time>
napi_value window_check(Call& call) {
  SerialLimiter& limiter = limiter_of(call);
  const double cost = call.number(1);
  const std::uint64_t now_ns = now_of<Time>(call, 2);
  const bool is_allowed = limiter.try_acquire(cost, now_ns);
  explain(call, limiter, is_allowed ? 0 : limiter.wait_ns(cost, now_ns), now_ns);
  return call.boolean(is_allowed);
}

napi_value window_peek(Call& call) {
  const SerialLimiter& limiter = limiter_of(call);
  const double cost = call.number(1);
  const std::uint64_t now_ns = now_of<GivenTime>(call, 2);
  const std::uint64_t wait_ns = limiter.wait_ns(cost, now_ns);
  explain(call, limiter, wait_ns, now_ns);
  return call.boolean(wait_ns == 0);
}

napi_value window_used(Call& call) {
  const SerialLimiter& limiter = limiter_of(call);
  return call.number_value(limiter.used(GivenTime::now_ns(call, 1)));
}

napi_value window_undo(Call& call) {
  SerialLimiter& limiter = limiter_of(call);
  const double units = call.number(1);
  limiter.undo(units, GivenTime::now_ns(call, 2));
  return Call::nothing();
}

napi_value window_give_back(Call& call) {
  SerialLimiter& limiter = limiter_of(call);
  const double units = call.number(1);
  limiter.give_back(units, GivenTime::now_ns(call, 2));
  return Call::nothing();
}

napi_value window_set_quota(Call& call) {
  SerialLimiter& limiter = limiter_of(call);
  const SerialQuota quota{read_limit(call, 1), call.number(2), call.number(3)};
  if (!limiter.set_quota(quota, GivenTime::now_ns(call, 4))) {
    throw CallError("this limiter cannot have this limit, rate or burst");
  }
  return Call::nothing();
}

napi_value window_quota(Call& call) {
  const SerialQuota quota = limiter_of(call).quota();
  const std::span<double> scratch = call.environment().scratch.values();
  scratch[kQuotaLimit] = quota.limit;
  scratch[kQuotaRate] = quota.rate;
  scratch[kQuotaBurst] = quota.burst;
  return Call::nothing();
}

napi_value window_share(Call& call) {
  WindowObject& object = object_of(call);
  const auto* own = dynamic_cast<const HybridLimiter*>(object.limiter.get());
  if (own == nullptr) throw CallError("only a hybrid that is not shared yet can be shared");
  const double rate = call.number(1);
  const double burst = call.number(2);
  const SharedFormat format = SharedHybrid::format(rate, burst, read_window_ns(call, 3));
  auto place = std::make_unique<SharedPlace>(
      call, 4, format, [own](std::byte* state) { new (state) SharedHybridState(*own); });
  auto limiter = std::make_unique<SharedHybrid>(place->state());
  object.foresight.reset();
  object.place = std::move(place);
  object.limiter = std::move(limiter);
  return Call::nothing();
}

napi_value window_reset(Call& call) {
  SerialLimiter& limiter = limiter_of(call);
  limiter.reset(GivenTime::now_ns(call, 1));
  return Call::nothing();
}

napi_value window_bytes(Call& call) {
  const WindowObject& object = object_of(call);
  std::size_t bytes = object.limiter->bytes();
  if (object.foresight) bytes += object.foresight->bytes();
  return call.number_value(static_cast<double>(bytes));
}

napi_value window_foresee_start(Call& call) {
  WindowObject& object = object_of(call);
  object.foresight.emplace(*object.limiter, GivenTime::now_ns(call, 1));
  return Call::nothing();
}

napi_value window_foresee_end(Call& call) {
  object_of(call).foresight.reset();
  return Call::nothing();
}

Foresight& foresight_of(const Call& call) {
  std::optional<Foresight>& foresight = object_of(call).foresight;
  if (!foresight) throw CallError("nothing is being foreseen");
  return *foresight;
}

napi_value window_foresee(Call& call) {
  const Foresight& foresight = foresight_of(call);
  const double cost = call.number(1);
  const std::uint64_t now_ns = GivenTime::now_ns(call, 2);
  call.environment().scratch.values()[kResetNs] = static_cast<double>(foresight.reset_ns(now_ns));
  return call.number_value(wait_value(foresight.wait_ns(cost, now_ns)));
}

napi_value window_foresee_place(Call& call) {
  Foresight& foresight = foresight_of(call);
  const double cost = call.number(1);
  const std::uint64_t max_wait_ns = ns_from_wait(call.number(2));
  const std::uint64_t wait_ns = foresight.place(cost, max_wait_ns, GivenTime::now_ns(call, 3));
  if (wait_ns == kNeverNs) return call.number_value(kNever);
  return call.number_value(wait_ns > max_wait_ns ? kNotYet : wait_value(wait_ns));
}

}  // namespace

void register_window_calls(Exports& exports) {
  exports.add<window_create_sliding>("window_create_sliding_at");
  exports.add<window_create_fixed>("window_create_fixed_at");
  exports.add<window_create_hybrid>("window_create_hybrid_at");
  exports.add<window_destroy>("window_destroy");
  exports.add<window_try_acquire<SystemTime>>("window_try_acquire");
  exports.add<window_try_acquire<GivenTime>>("window_try_acquire_at");
  exports.add<window_check<SystemTime>>("window_check");
  exports.add<window_check<GivenTime>>("window_check_at");
  exports.add<window_peek>("window_peek_at");
  exports.add<window_used>("window_used_at");
  exports.add<window_give_back>("window_give_back_at");
  exports.add<window_undo>("window_undo_at");
  exports.add<window_set_quota>("window_set_quota_at");
  exports.add<window_quota>("window_quota");
  exports.add<window_share>("window_share");
  constexpr std::size_t kShareBytes = SharedState::memory_needed(sizeof(SharedHybridState));
  exports.add("hybrid_share_bytes",
              Napi::Number::New(exports.env(), static_cast<double>(kShareBytes)));
  exports.add<window_reset>("window_reset_at");
  exports.add<window_bytes>("window_bytes");
  exports.add<window_foresee_start>("window_foresee_start_at");
  exports.add<window_foresee_end>("window_foresee_end");
  exports.add<window_foresee>("window_foresee_at");
  exports.add<window_foresee_place>("window_foresee_place_at");
}

}  // namespace pacegate::binding
