/// \file
/// Shared memory that holds a token bucket.
#pragma once

#include <cstddef>

#include "binding/shared_place.h"
#include "core/limit/token_bucket.h"

namespace pacegate::binding {

/// What a shared bucket was made with; who joins it must say the same.
struct BucketMaking {
  double rate = 0;  ///< tokens per second
  double burst = 0;

  /// \throws CallError when no bucket can have them
  [[nodiscard]] BucketQuota quota() const;
  [[nodiscard]] SharedFormat format() const;
};

/// Joins the bucket there, or makes it.
/// \param index of the argument that says where \param initial_tokens when it is made
/// \throws CallError, platform::PlatformError as SharedPlace
[[nodiscard]] SharedPlace join_bucket(const Call& call, std::size_t index,
                                      const BucketMaking& making, double initial_tokens, Ticks now);
/// A bucket that JavaScript has shared, for threads that take tokens from it.
/// \param index of the argument that says where; the next two are what it was made with
/// \throws as above
[[nodiscard]] SharedPlace join_shared_bucket(const Call& call, std::size_t index);

}  // namespace pacegate::binding
