/// \file
/// What one JavaScript environment (the main thread or a worker) owns natively. Everything here is
/// created, used and destroyed on that environment's thread.
///
/// To add a kind of object: give it a `HandleTable<Thing>` member here, write `thing_calls.{h,cc}`
/// whose `register_thing_calls(exports)` exports functions of the form `napi_value thing_verb(Call&
/// call)` (see call.h), and name it in addon.cc.
///
/// Teardown: Node destroys the Environment (it is part of the addon's instance data) when the
/// environment ends, by itself or by worker.terminate(). Members are destroyed from the last to the
/// first, tables destroy their objects. An object that runs threads must stop and join them in its
/// destructor, must not touch N-API from them, and so leaves nothing running behind. JavaScript no
/// longer runs at that point.
///
/// Memory that JavaScript reads directly (scratch, live counters) is allocated by JavaScript's side
/// and held by a reference, never the other way round: a typed array that outlives its native
/// object then still points at valid memory. See SharedDoubles.
#pragma once

#include <cstddef>

#include "binding/bucket_object.h"
#include "binding/handle_table.h"
#include "binding/keyed_object.h"
#include "binding/monitor_object.h"
#include "binding/napi_setup.h"
#include "binding/scan_object.h"
#include "binding/sender_object.h"
#include "binding/shared_doubles.h"
#include "binding/window_object.h"
#include "core/limit/adaptive_throttle.h"
#include "core/limit/backoff_table.h"

namespace pacegate::binding {

class Environment {
 public:
  explicit Environment(Napi::Env env);

  /// Where hot calls leave what does not fit their one return value; exported as `scratch`.
  static constexpr std::size_t kScratchLength = 8;
  SharedDoubles scratch;

  HandleTable<BucketObject> buckets{"bucket"};
  HandleTable<WindowObject> windows{"window"};
  HandleTable<AdaptiveThrottle> throttles{"throttle"};
  HandleTable<BackoffTable> backoffs{"backoff"};
  HandleTable<KeyedObject> keyed{"keyed limiter"};
  HandleTable<ScanObject> scans{"scan"};
  HandleTable<MonitorObject> monitors{"ICMP monitor"};
  HandleTable<SenderObject> senders{"packet sender"};
};

}  // namespace pacegate::binding
