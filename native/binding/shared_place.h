/// \file
/// Shared state as JavaScript hands it over: a Uint8Array over a SharedArrayBuffer, or a path.
#pragma once

#include <cstddef>

#include "binding/napi_setup.h"
#include "engine/sharing/shared_state.h"

namespace pacegate::binding {

class Call;  // whose environment holds objects that hold this

/// One environment's hold on shared state. Belongs into an object of that environment's tables: the
/// memory stays valid until this is destroyed, on the environment's thread.
class SharedPlace {
 public:
  /// \param index of the argument that says where: a Uint8Array or a string
  /// \throws CallError for anything else; platform::PlatformError as SharedState
  SharedPlace(const Call& call, std::size_t index, const SharedFormat& format,
              const SharedState::Create& create);

  [[nodiscard]] SharedState& state() noexcept { return state_; }

 private:
  // Node-API cannot refer to a SharedArrayBuffer, but to an array over one, which keeps it alive.
  Napi::Reference<Napi::Uint8Array> memory_;
  SharedState state_;
};

}  // namespace pacegate::binding
