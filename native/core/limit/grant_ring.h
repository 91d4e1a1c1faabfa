/// \file
/// Memory of a GrantLog that grows with what is in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "core/limit/grant_log.h"

namespace pacegate {

/// Owns the entries of one log.
class GrantRing {
 public:
  GrantRing() : grants_(std::make_unique<Grant[]>(kFirst)), capacity_(kFirst) {}

  [[nodiscard]] std::span<Grant> span() noexcept { return {grants_.get(), capacity_}; }
  [[nodiscard]] std::span<const Grant> span() const noexcept { return {grants_.get(), capacity_}; }
  [[nodiscard]] std::size_t bytes() const noexcept { return capacity_ * sizeof(Grant); }

  /// Room for one more entry of `log`, by doubling up to what its shape can need. Without memory
  /// the ring stays as it is, and the log merges what it has no room for.
  void make_room(GrantLog& log) noexcept {
    if (log.count() == capacity_ && capacity_ < log.shape().max_grants) grow(log);
  }

  /// Gives memory back, when the log is empty.
  void shrink() noexcept {
    // The entries that are there can be kept when there is no memory for fewer.
    std::unique_ptr<Grant[]> grants(new (std::nothrow) Grant[kFirst]);
    if (!grants) return;
    grants_ = std::move(grants);
    capacity_ = kFirst;
  }

  /// Takes over the entries that `log`, a copy of another ring's log, has there.
  void copy_from(GrantLog& log, std::span<const Grant> other) {
    if (capacity_ < log.count()) *this = GrantRing(log.count());
    log.move_to(other, span());
  }

 private:
  static constexpr std::size_t kFirst = 16;

  explicit GrantRing(std::size_t capacity)
      : grants_(std::make_unique<Grant[]>(capacity)), capacity_(capacity) {}

  void grow(GrantLog& log) noexcept {
    const std::size_t capacity = std::min(2 * capacity_, log.shape().max_grants);
    std::unique_ptr<Grant[]> grants(new (std::nothrow) Grant[capacity]);
    if (!grants) return;
    log.move_to(span(), {grants.get(), capacity});
    grants_ = std::move(grants);
    capacity_ = capacity;
  }

  std::unique_ptr<Grant[]> grants_;
  std::size_t capacity_;
};

}  // namespace pacegate
