/// \file
/// How a failed call becomes a JavaScript exception: an Error with `fault` (a stable word) and
/// `systemError` (errno or 0). lib/internal/native-error.ts gives it its public class and code.
#pragma once

#include <stdexcept>
#include <string>

#include "binding/napi_setup.h"

namespace pacegate::binding {

/// The call itself was wrong: an argument of the wrong type, a dead handle. Crosses as fault
/// "invalid".
class CallError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws the exception being handled into JavaScript: CallError, platform::PlatformError,
/// Napi::Error, any std::exception (fault "system"). For use in a catch block only. A failure to
/// throw (the environment is being torn down) is ignored: there is nobody left to tell.
void throw_into_js(napi_env env) noexcept;

}  // namespace pacegate::binding
