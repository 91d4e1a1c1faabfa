/// \file
/// The addon: one instance per environment, which owns that environment's native objects and
/// exports the functions that work on them. Nothing here is static, so any number of workers can
/// load it.
#include "binding/backoff_calls.h"
#include "binding/bucket_calls.h"
#include "binding/call.h"
#include "binding/environment.h"
#include "binding/host_calls.h"
#include "binding/keyed_calls.h"
#include "binding/monitor_calls.h"
#include "binding/napi_setup.h"
#include "binding/scan_calls.h"
#include "binding/sender_calls.h"
#include "binding/throttle_calls.h"
#include "binding/window_calls.h"

namespace pacegate::binding {

class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports_object) : environment_(env) {
    Exports exports(env, exports_object, environment_);
    exports.add("scratch", environment_.scratch.array());
    register_host_calls(exports);
    register_bucket_calls(exports);
    register_window_calls(exports);
    register_keyed_calls(exports);
    register_backoff_calls(exports);
    register_throttle_calls(exports);
    register_scan_calls(exports);
    register_monitor_calls(exports);
    register_sender_calls(exports);
  }

 private:
  Environment environment_;
};

}  // namespace pacegate::binding

using pacegate::binding::Addon;
NODE_API_ADDON(Addon)
