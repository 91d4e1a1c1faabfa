#include "binding/call_error.h"

#include "platform/error.h"

namespace pacegate::binding {
namespace {

void throw_error(napi_env env, const char* message, const char* fault, int system_error) noexcept {
  napi_value text = nullptr;
  napi_value error = nullptr;
  napi_value fault_text = nullptr;
  napi_value number = nullptr;
  if (napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) != napi_ok ||
      napi_create_error(env, nullptr, text, &error) != napi_ok ||
      napi_create_string_utf8(env, fault, NAPI_AUTO_LENGTH, &fault_text) != napi_ok ||
      napi_create_int32(env, system_error, &number) != napi_ok ||
      napi_set_named_property(env, error, "fault", fault_text) != napi_ok ||
      napi_set_named_property(env, error, "systemError", number) != napi_ok) {
    return;
  }
  (void)napi_throw(env, error);
}

}  // namespace

void throw_into_js(napi_env env) noexcept {
  try {
    throw;
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const CallError& error) {
    throw_error(env, error.what(), "invalid", 0);
  } catch (const platform::PlatformError& error) {
    throw_error(env, error.what(), platform::fault_name(error.fault()), error.system_error());
  } catch (const std::exception& error) {
    throw_error(env, error.what(), "system", 0);
  } catch (...) {
    throw_error(env, "unknown native failure", "system", 0);
  }
}

}  // namespace pacegate::binding
