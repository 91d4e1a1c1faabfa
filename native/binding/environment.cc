#include "binding/environment.h"

namespace pacegate::binding {

SharedDoubles::SharedDoubles(Napi::Env env, std::size_t length) {
  Napi::Float64Array array = Napi::Float64Array::New(env, length);
  array_ = Napi::Persistent(array);
  values_ = std::span<double>(array.Data(), length);
}

Environment::Environment(Napi::Env env) : scratch(env, kScratchLength) {}

}  // namespace pacegate::binding
