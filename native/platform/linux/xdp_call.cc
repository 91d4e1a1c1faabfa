#include "platform/linux/xdp_call.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/linux/system_error.h"
#include "platform/linux/xdp_programs.h"
#include "platform/thread.h"
#include "platform/waiter.h"

namespace pacegate::platform {
namespace {

constexpr std::uint32_t kMostRuns = INT32_MAX;
constexpr std::uint64_t kStartLimitNs = 5 * kNsPerSecond;

/// Absent where /proc is not mounted. By the system call: glibc's stat (2.33) is too new for our
/// floor.
std::optional<PidNamespace> own_pid_namespace() noexcept {
  struct statx found{};
  if (syscall(SYS_statx, AT_FDCWD, "/proc/self/ns/pid", 0, STATX_INO, &found) != 0) {
    return std::nullopt;
  }
  return PidNamespace{makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino};
}

void sleep_a_millisecond() noexcept {
  Waiter().wait_until(monotonic_ns() + kNsPerMs);
}

[[noreturn]] void throw_refused(const Interface& interface, int error) {
  const std::string what = "cannot send live frames through XDP on " + interface.name;
  if (error == EINVAL) {
    throw PlatformError(Fault::not_supported, what + ": needs Linux 5.18 or later", error);
  }
  throw_bpf_error(what, error);
}

}  // namespace

XdpCall::XdpCall(XdpRing& ring, const Interface& interface, std::size_t template_bytes)
    : ring_(ring), template_(template_bytes) {
  load_sender(interface);
  attach_counters();
  {
    const BlockedSignals none;  // from the thread's first instruction on
    thread_ = std::thread([this] { run(); });
  }
  try {
    await_start(interface);
  } catch (...) {
    stop();
    throw;
  }
}

XdpCall::~XdpCall() {
  stop();
}

void XdpCall::load_sender(const Interface& interface) {
  const auto program = assemble_xdp_sender(ring_, interface.index, template_.size());
  sender_ = load_program(BPF_PROG_TYPE_XDP, "pacegate_send", program);
  if (!sender_.is_open()) throw_refused(interface, errno);
}

void XdpCall::attach_counters() noexcept {
  const auto pids = own_pid_namespace();
  if (!pids) return;
  std::vector<FileDescriptor> attached;
  for (const XdpEvent event : {XdpEvent::transmitted, XdpEvent::redirect_failed}) {
    const FileDescriptor program =
        load_program(BPF_PROG_TYPE_RAW_TRACEPOINT, "pacegate_count",
                     assemble_xdp_counter(ring_, event, *pids, signal_.number()));
    if (!program.is_open()) return;
    attached.push_back(attach_to_tracepoint(tracepoint_of(event), program));
    if (!attached.back().is_open()) return;
  }
  counters_ = std::move(attached);
}

void XdpCall::run() noexcept {
  name_this_thread("pacegate-xdp");
  prefer_this_thread();
  unblock_signal(signal_.number());
  shared_word(ring_.control().thread_id).store(static_cast<std::uint64_t>(syscall(SYS_gettid)));
  while (!stopping_.load(std::memory_order_acquire)) {
    // Ended by a signal, or after some minutes, with all its runs made.
    const int error = run_live_frames(sender_.get(), template_, kMostRuns);
    if (error != 0 && error != EINTR) {
      failure_.store(error, std::memory_order_release);
      break;
    }
    if (shared_word(ring_.control().rest).load() != kXdpBusy) rest();
  }
  out_.store(true, std::memory_order_release);
}

// Whoever hands a frame over raises the head and then looks whether this thread rests; it says that it
// rests and then looks at the head. One of them sees the other.
void XdpCall::rest() noexcept {
  XdpControl& control = ring_.control();
  resting_.store(true);
  if (shared_word(control.head).load() == shared_word(control.tail).load() && !stopping_.load()) {
    waiter_.wait_until(UINT64_MAX);
  }
  resting_.store(false);
  shared_word(control.idle_since_ns).store(0);
  shared_word(control.rest).store(kXdpBusy);
}

void XdpCall::await_start(const Interface& interface) {
  const std::uint64_t give_up_ns = monotonic_ns() + kStartLimitNs;
  while (shared_word(ring_.control().running).load(std::memory_order_acquire) == 0) {
    if (failure() != 0) throw_refused(interface, failure());
    if (monotonic_ns() > give_up_ns) throw_refused(interface, ETIMEDOUT);
    sleep_a_millisecond();
  }
}

// Again and again: a signal that comes just before the thread enters the call is lost.
void XdpCall::stop() noexcept {
  stopping_.store(true);
  waiter_.wake();
  while (!out_.load(std::memory_order_acquire)) {
    signal_.send_to(static_cast<pid_t>(shared_word(ring_.control().thread_id).load()));
    sleep_a_millisecond();
  }
  thread_.join();
}

}  // namespace pacegate::platform
