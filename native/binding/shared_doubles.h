/// \file
/// Numbers that native code writes and JavaScript reads in place.
#pragma once

#include <cstddef>
#include <span>

#include "binding/napi_setup.h"

namespace pacegate::binding {

/// A Float64Array that native code writes and JavaScript reads without a call. The memory stays
/// valid and in place while this object or the array lives.
class SharedDoubles {
 public:
  SharedDoubles(Napi::Env env, std::size_t length);
  [[nodiscard]] std::span<double> values() const { return values_; }
  [[nodiscard]] napi_value array() const { return array_.Value(); }

 private:
  Napi::Reference<Napi::Float64Array> array_;
  std::span<double> values_;
};

}  // namespace pacegate::binding
