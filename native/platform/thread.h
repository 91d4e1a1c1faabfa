/// \file
/// Traits of the threads the engine starts.
#pragma once

namespace pacegate::platform {

/// Names the calling thread for ps, top and debuggers. \param name 15 characters at most
void name_this_thread(const char* name) noexcept;

/// Asks for timers of the calling thread to fire as exactly as the system can (Linux: a timer slack
/// of 1 ns instead of 50 us). No effect where there is no such setting.
void sharpen_timers_of_this_thread() noexcept;

/// Lets the calling thread go before ordinary ones where both want the same processor, for a thread
/// that keeps the time (Linux: a nice value of -10). No effect where that is not permitted, nor where the
/// thread has one processor only: everything else would wait for it there.
void prefer_this_thread() noexcept;

/// CPU time the calling thread has used, in nanoseconds; 0 where the system does not say.
unsigned long long thread_cpu_ns() noexcept;

}  // namespace pacegate::platform
