/// \file
/// Standard C++ can neither name a thread nor ask what it cost: the header allows for both.
#include "platform/thread.h"

namespace pacegate::platform {

void name_this_thread(const char* /*name*/) noexcept {}

void sharpen_timers_of_this_thread() noexcept {}

void prefer_this_thread() noexcept {}

unsigned long long thread_cpu_ns() noexcept {
  return 0;
}

}  // namespace pacegate::platform
