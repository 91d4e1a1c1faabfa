/// \file
/// One call from JavaScript: its arguments, its environment, and the frame that turns C++
/// exceptions into JavaScript ones. Plain Node-API without object wrapping: about 6 ns for the
/// crossing, 2 to 5 per argument.
///
/// The readers guard only what could corrupt memory or state: the type of a value. Ranges and
/// meaning are checked once, in lib/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "binding/call_error.h"
#include "binding/environment.h"
#include "binding/napi_setup.h"

namespace pacegate::binding {

class Call {
 public:
  static constexpr std::size_t kMaxArguments = 6;

  Call(napi_env env, napi_callback_info info) noexcept : env_(env) {
    std::size_t count = kMaxArguments;
    void* data = nullptr;
    // Cannot fail with valid pointers, and fills absent arguments with undefined.
    (void)napi_get_cb_info(env, info, &count, arguments_, nullptr, &data);
    environment_ = static_cast<Environment*>(data);
  }

  [[nodiscard]] Napi::Env env() const noexcept { return env_; }
  [[nodiscard]] Environment& environment() const noexcept { return *environment_; }
  [[nodiscard]] Napi::Value value(std::size_t index) const { return {env_, arguments_[index]}; }

  [[nodiscard]] std::int32_t int32(std::size_t index) const {
    std::int32_t result = 0;
    if (napi_get_value_int32(env_, arguments_[index], &result) != napi_ok) fail(index, "a number");
    return result;
  }

  [[nodiscard]] double number(std::size_t index) const {
    double result = 0;
    if (napi_get_value_double(env_, arguments_[index], &result) != napi_ok) fail(index, "a number");
    return result;
  }

  /// A bigint, modulo 2^64: monotonic times are compared modulo 2^64 anyway (core/time.h).
  [[nodiscard]] std::uint64_t uint64(std::size_t index) const {
    std::uint64_t result = 0;
    bool lossless = false;
    if (napi_get_value_bigint_uint64(env_, arguments_[index], &result, &lossless) != napi_ok) {
      fail(index, "a bigint");
    }
    return result;
  }

  [[nodiscard]] napi_value boolean(bool result) const noexcept {
    napi_value value = nullptr;
    (void)napi_get_boolean(env_, result, &value);
    return value;
  }
  [[nodiscard]] napi_value number_value(double result) const noexcept {
    napi_value value = nullptr;
    (void)napi_create_double(env_, result, &value);
    return value;
  }
  [[nodiscard]] napi_value int32_value(std::int32_t result) const noexcept {
    napi_value value = nullptr;
    (void)napi_create_int32(env_, result, &value);
    return value;
  }
  [[nodiscard]] napi_value bigint_value(std::uint64_t result) const noexcept {
    napi_value value = nullptr;
    (void)napi_create_bigint_uint64(env_, result, &value);
    return value;
  }
  /// What a call returns that returns nothing: undefined.
  [[nodiscard]] static napi_value nothing() noexcept { return nullptr; }

 private:
  [[noreturn]] static void fail(std::size_t index, const char* expected) {
    throw CallError("argument " + std::to_string(index) + " must be " + expected);
  }

  napi_env env_;
  Environment* environment_ = nullptr;
  napi_value arguments_[kMaxArguments] = {};
};

using CallBody = napi_value (*)(Call&);

/// The Node-API callback around a body: no C++ exception passes it.
template <CallBody body>
napi_value run_call(napi_env env, napi_callback_info info) noexcept {
  Call call(env, info);
  try {
    return body(call);
  } catch (...) {
    throw_into_js(env);
    return nullptr;
  }
}

/// Where functions are registered: the exports object and the environment their calls see.
class Exports {
 public:
  Exports(Napi::Env env, Napi::Object exports, Environment& environment)
      : env_(env), exports_(exports), environment_(environment) {}

  /// \param name `<noun>_<verb>`, snake_case; a literal
  template <CallBody body>
  void add(const char* name) {
    napi_value function = nullptr;
    const napi_status status = napi_create_function(env_, name, NAPI_AUTO_LENGTH, run_call<body>,
                                                    &environment_, &function);
    if (status != napi_ok) throw Napi::Error::New(env_);
    exports_.Set(name, Napi::Value(env_, function));
  }
  void add(const char* name, napi_value value) { exports_.Set(name, Napi::Value(env_, value)); }

  [[nodiscard]] Napi::Env env() const noexcept { return env_; }
  [[nodiscard]] Environment& environment() const noexcept { return environment_; }

 private:
  Napi::Env env_;
  Napi::Object exports_;
  Environment& environment_;
};

}  // namespace pacegate::binding
