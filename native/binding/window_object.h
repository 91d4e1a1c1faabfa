/// \file
/// A window or hybrid limiter as JavaScript holds it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "binding/shared_place.h"
#include "core/limit/foresight.h"
#include "core/limit/serial_limiter.h"

namespace pacegate::binding {

/// The limiter, and what is foreseen for those who wait for it (while somebody does).
struct WindowObject {
  explicit WindowObject(std::unique_ptr<SerialLimiter> limiter_made)
      : limiter(std::move(limiter_made)) {}

  /// Destroyed after the limiter, which may live there.
  std::unique_ptr<SharedPlace> place;
  std::unique_ptr<SerialLimiter> limiter;
  std::optional<Foresight> foresight;
};

}  // namespace pacegate::binding
