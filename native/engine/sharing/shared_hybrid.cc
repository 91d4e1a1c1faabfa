#include "engine/sharing/shared_hybrid.h"

#include <type_traits>

#include "platform/shared_lock.h"

namespace pacegate {

static_assert(std::is_trivially_destructible_v<SharedHybridState> &&
              std::atomic<std::uint32_t>::is_always_lock_free);

namespace {

/// The lock, with entries that can be trusted.
class Held {
 public:
  Held(const SharedState& shared, SharedHybridState& state) : guard_(shared.lock()), state_(state) {
    if (!guard_.abandoned()) return;
    // Entries that are brought in order again may be brought in order once more.
    live().log().distrust(state.grants);
  }

  [[nodiscard]] HybridState& live() noexcept {
    return state_.states[state_.live.load(std::memory_order_relaxed) & 1U];
  }

  template <typename Use>
  auto change(Use use) {
    const std::uint32_t next = 1U - (state_.live.load(std::memory_order_relaxed) & 1U);
    HybridState& copy = state_.states[next];
    copy = live();
    const auto result = use(copy, std::span<Grant>(state_.grants));
    // Release: who is killed here has either changed everything or, live, nothing.
    state_.live.store(next, std::memory_order_release);
    return result;
  }

 private:
  platform::SharedLockGuard guard_;
  SharedHybridState& state_;
};

}  // namespace

SharedFormat SharedHybrid::format(double rate, double burst, std::uint64_t window_ns) noexcept {
  constexpr double kNsPerMsExact = 1e6;
  return {SharedFormat::kHybrid,
          1,
          sizeof(SharedHybridState),
          {rate, burst, static_cast<double>(window_ns) / kNsPerMsExact},
          {"rate", "burst", "windowMs"}};
}

template <typename Use>
auto SharedHybrid::look(Use use) const {
  Held held(shared_, state_);
  return use(held.live(), std::span<const Grant>(state_.grants));
}

template <typename Use>
auto SharedHybrid::change(Use use) {
  Held held(shared_, state_);
  return held.change(use);
}

bool SharedHybrid::try_acquire(double cost, std::uint64_t now_ns) {
  return change([&](HybridState& hybrid, std::span<Grant> ring) {
    return hybrid.try_acquire(cost, now_ns, ring);
  });
}

std::uint64_t SharedHybrid::wait_ns(double cost, std::uint64_t now_ns) const {
  return look([&](const HybridState& hybrid, std::span<const Grant> ring) {
    return hybrid.wait_ns(cost, now_ns, ring);
  });
}

double SharedHybrid::available(std::uint64_t now_ns) const {
  return look([&](const HybridState& hybrid, std::span<const Grant> ring) {
    return hybrid.available(now_ns, ring);
  });
}

double SharedHybrid::used(std::uint64_t now_ns) const {
  return look([&](const HybridState& hybrid, std::span<const Grant> ring) {
    return hybrid.log().used(now_ns, ring);
  });
}

std::uint64_t SharedHybrid::reset_ns(std::uint64_t now_ns) const {
  return look([&](const HybridState& hybrid, std::span<const Grant> ring) {
    return hybrid.reset_ns(now_ns, ring);
  });
}

void SharedHybrid::give_back(double units, std::uint64_t now_ns) {
  change([&](HybridState& hybrid, std::span<Grant> ring) {
    hybrid.give_back(units, now_ns, ring);
    return true;
  });
}

void SharedHybrid::undo(double units, std::uint64_t now_ns) {
  change([&](HybridState& hybrid, std::span<Grant> ring) {
    hybrid.undo(units, now_ns, ring);
    return true;
  });
}

bool SharedHybrid::set_quota(const SerialQuota& quota, std::uint64_t now_ns) {
  return change([&](HybridState& hybrid, std::span<Grant> ring) {
    return hybrid.set_quota(quota, now_ns, ring);
  });
}

void SharedHybrid::reset(std::uint64_t now_ns) {
  change([&](HybridState& hybrid, std::span<Grant>) {
    hybrid.reset(now_ns);
    return true;
  });
}

SerialQuota SharedHybrid::quota() const {
  return look([](const HybridState& hybrid, std::span<const Grant>) { return hybrid.quota(); });
}

std::unique_ptr<SerialLimiter> SharedHybrid::copy() const {
  return look([](const HybridState& hybrid, std::span<const Grant> ring) {
    return std::make_unique<HybridLimiter>(hybrid, ring);
  });
}

}  // namespace pacegate
