/// \file
/// A hybrid limiter whose state several threads or processes use.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/limit/hybrid_limiter.h"
#include "engine/sharing/shared_state.h"

namespace pacegate {

/// In shared memory: 64 KiB of entries, and the state twice. A change is made on the copy that is
/// not live, which is then made live by one store; so whoever is killed in the middle leaves the
/// state as it was before, and of the entries at most the one it was writing.
struct SharedHybridState {
  explicit SharedHybridState(const HybridLimiter& limiter) noexcept
      : states{limiter.move_to(grants), limiter.move_to(grants)} {}

  std::array<Grant, HybridState::kGrants> grants;
  // NOLINTNEXTLINE(modernize-use-default-member-init): made from an argument
  HybridState states[2];
  std::atomic<std::uint32_t> live{0};
};

/// One participant's view of it. Every operation holds the lock of the shared state for its time;
/// it throws platform::PlatformError (shared_state) when that is not to be had.
///
/// When somebody was killed with the lock, what the last window holds counts as if it had been
/// granted together with the last of it: so never a unit too many.
class SharedHybrid final : public SerialLimiter {
 public:
  /// What all who share must say: rate, burst and window as of creation.
  static SharedFormat format(double rate, double burst, std::uint64_t window_ns) noexcept;

  /// \param state of that format, created as SharedHybridState; kept alive by the caller
  explicit SharedHybrid(SharedState& state) noexcept
      : shared_(state), state_(state.as<SharedHybridState>()) {}

  bool try_acquire(double cost, std::uint64_t now_ns) override;
  [[nodiscard]] std::uint64_t wait_ns(double cost, std::uint64_t now_ns) const override;
  [[nodiscard]] double available(std::uint64_t now_ns) const override;
  [[nodiscard]] double used(std::uint64_t now_ns) const override;
  [[nodiscard]] std::uint64_t reset_ns(std::uint64_t now_ns) const override;
  void give_back(double units, std::uint64_t now_ns) override;
  void undo(double units, std::uint64_t now_ns) override;
  bool set_quota(const SerialQuota& quota, std::uint64_t now_ns) override;
  void reset(std::uint64_t now_ns) override;
  [[nodiscard]] SerialQuota quota() const override;
  [[nodiscard]] std::size_t bytes() const noexcept override {
    return sizeof(*this) + sizeof(SharedHybridState);
  }
  [[nodiscard]] std::unique_ptr<SerialLimiter> copy() const override;

 private:
  template <typename Use>
  auto look(Use use) const;
  template <typename Use>
  auto change(Use use);

  SharedState& shared_;
  SharedHybridState& state_;
};

}  // namespace pacegate
