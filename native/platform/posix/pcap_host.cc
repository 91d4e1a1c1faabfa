/// \file
/// libpcap on Linux, macOS and the BSDs.
#include "platform/pcap/pcap_host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/error.h"

namespace pacegate::platform {
namespace {

/// A pipe whose reading end wakes poll(), and libpcap's descriptor beside it.
class PollWait final : public CaptureWait {
 public:
  /// \param packets libpcap's descriptor; negative where a device has none to wait for
  explicit PollWait(int packets) : packets_(packets) {
    if (pipe(wake_.data()) != 0) {
      throw PlatformError(Fault::system, "cannot make a wake-up pipe", errno);
    }
    for (const int end : wake_) {
      fcntl(end, F_SETFD, FD_CLOEXEC);
      fcntl(end, F_SETFL, O_NONBLOCK);
    }
  }
  PollWait(const PollWait&) = delete;
  PollWait& operator=(const PollWait&) = delete;
  ~PollWait() override {
    for (const int end : wake_) close(end);
  }

  bool wait(std::uint64_t deadline_ns, For what) noexcept override;
  void wake() noexcept override {
    const char one = 1;
    (void)!write(wake_[1], &one, sizeof one);  // a full pipe wakes just as well
  }

 private:
  static int milliseconds_until(std::uint64_t deadline_ns) noexcept;
  bool take_wakes() noexcept;

  std::array<int, 2> wake_{-1, -1};
  int packets_;
};

/// Rounded up, so that a loop around wait() does not spin through the last millisecond.
int PollWait::milliseconds_until(std::uint64_t deadline_ns) noexcept {
  const std::uint64_t now_ns = monotonic_ns();
  const std::uint64_t left_ns = deadline_ns - std::min(deadline_ns, now_ns);
  const std::uint64_t whole_ms = left_ns / kNsPerMs + (left_ns % kNsPerMs != 0 ? 1 : 0);
  return static_cast<int>(std::min<std::uint64_t>(whole_ms, INT_MAX));
}

bool PollWait::wait(std::uint64_t deadline_ns, For what) noexcept {
  std::array<pollfd, 2> polled{{{wake_[0], POLLIN, 0}, {packets_, POLLIN, 0}}};
  const nfds_t count = what == For::wake ? 1 : 2;
  if (poll(polled.data(), count, milliseconds_until(deadline_ns)) > 0 && polled[0].revents == 0 &&
      (polled[1].revents & POLLIN) == 0) {
    // A device that went down: it would end every wait at once.
    poll(polled.data(), 1, milliseconds_until(deadline_ns));
  }
  return polled[0].revents != 0 && take_wakes();
}

bool PollWait::take_wakes() noexcept {
  std::array<char, 64> wakes{};
  bool any = false;
  while (read(wake_[0], wakes.data(), wakes.size()) > 0) any = true;
  return any;
}

}  // namespace

std::vector<std::string> pcap_library_names() {
#ifdef __APPLE__
  return {"/usr/lib/libpcap.dylib", "libpcap.dylib"};
#else
  return {"libpcap.so.1", "libpcap.so.0.8", "libpcap.so"};
#endif
}

const char* how_to_get_pcap() noexcept {
  return "install it (on Debian: apt-get install libpcap0.8)";
}

void* load_library(const std::string& name, std::string& complaint) {
  void* const library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return library;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a text of the calling thread's on every system we know
  const char* const why = dlerror();
  complaint = why != nullptr ? why : name + " cannot be loaded";
  return nullptr;
}

void* find_function(void* library, const char* name) noexcept {
  return dlsym(library, name);
}

std::string pcap_device_name(const Interface& interface) {
  return interface.name;
}

bool loopback_answers_pcap() noexcept {
  return false;
}

int last_injection_error() noexcept {
  return errno;
}

std::unique_ptr<CaptureWait> make_capture_wait(const libpcap::Functions& functions,
                                               libpcap::Handle* handle) {
  return std::make_unique<PollWait>(functions.get_selectable_fd(handle));
}

}  // namespace pacegate::platform
