#include "platform/linux/wake_signal.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <mutex>

#include "platform/error.h"

namespace pacegate::platform {
namespace {

void on_wake(int /*signal*/) {}

/// What all objects of the process share; none of it outlives the last of them, so that the library
/// may be unloaded.
struct Claim {
  std::mutex mutex;
  int users = 0;
  int number = 0;
};

Claim& claim() noexcept {
  static Claim shared;
  return shared;
}

bool is_handled_by(int number, void (*handler)(int)) noexcept {
  struct sigaction found{};
  return sigaction(number, nullptr, &found) == 0 && (found.sa_flags & SA_SIGINFO) == 0 &&
         found.sa_handler == handler;
}

void set_handler(int number, void (*handler)(int)) noexcept {
  struct sigaction action{};
  action.sa_handler = handler;  // without SA_RESTART: interrupting is what it is for
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

int take_free_signal() {
  for (int number = SIGRTMAX; number >= SIGRTMIN; --number) {
    if (!is_handled_by(number, SIG_DFL)) continue;
    set_handler(number, on_wake);
    return number;
  }
  throw PlatformError(Fault::not_supported,
                      "the xdp backend needs one real-time signal, and this process handles all of "
                      "them: use backend packet");
}

/// By system call, for which the kernel's set is the first eight bytes of the C library's:
/// pthread_sigmask is younger than the oldest glibc we run on.
void change_mask(int how, const sigset_t& signals, sigset_t* before) noexcept {
  constexpr std::size_t kKernelSetBytes = 8;
  syscall(SYS_rt_sigprocmask, how, &signals, before, kKernelSetBytes);
}

}  // namespace

WakeSignal::WakeSignal() {
  Claim& shared = claim();
  const std::scoped_lock lock(shared.mutex);
  if (shared.users == 0) shared.number = take_free_signal();
  ++shared.users;
  number_ = shared.number;
}

WakeSignal::~WakeSignal() {
  Claim& shared = claim();
  const std::scoped_lock lock(shared.mutex);
  if (--shared.users > 0) return;
  // The program may have given the signal a handler of its own since.
  if (is_handled_by(shared.number, on_wake)) set_handler(shared.number, SIG_DFL);
}

// pthread_kill, too, asks for a young glibc.
void WakeSignal::send_to(pid_t thread) const noexcept {
  syscall(SYS_tgkill, getpid(), thread, number_);
}

BlockedSignals::BlockedSignals() noexcept {
  sigset_t all;
  sigfillset(&all);  // but for those that the C library itself uses
  change_mask(SIG_BLOCK, all, &before_);
}

BlockedSignals::~BlockedSignals() {
  change_mask(SIG_SETMASK, before_, nullptr);
}

void unblock_signal(int number) noexcept {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  change_mask(SIG_UNBLOCK, one, nullptr);
}

}  // namespace pacegate::platform
