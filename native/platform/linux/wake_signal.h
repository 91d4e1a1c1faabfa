/// \file
/// The one thing that ends a long bpf(2) call: a signal that its thread handles.
#pragma once

#include <sys/types.h>

#include <csignal>

namespace pacegate::platform {

/// Claims a real-time signal of this process: the highest whose disposition is the default one has an
/// empty handler as long as one of these objects lives. Thread-safe.
class WakeSignal {
 public:
  /// \throws PlatformError when the program has taken every real-time signal
  WakeSignal();
  ~WakeSignal();
  WakeSignal(const WakeSignal&) = delete;
  WakeSignal& operator=(const WakeSignal&) = delete;

  [[nodiscard]] int number() const noexcept { return number_; }
  /// Interrupts the system call that a thread of this process is in, if it is in one.
  void send_to(pid_t thread) const noexcept;

 private:
  int number_;
};

/// As long as it lives, the calling thread takes no signal, and neither do threads it makes meanwhile.
class BlockedSignals {
 public:
  BlockedSignals() noexcept;
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

/// The calling thread takes this signal again.
void unblock_signal(int number) noexcept;

}  // namespace pacegate::platform
