/// \file
/// Sockets that are used again: on Linux one whose attempt was refused, or that was disconnected
/// (connect(2), AF_UNSPEC), takes the next connect(). That saves half of what an attempt costs, as
/// making and closing a socket is dearer than the SYN. Attempts at this host's own addresses are over
/// when connect() returns; for the others there is epoll.
#include "platform/connect_sockets.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <vector>

#include "core/spsc_ring.h"
#include "core/time.h"
#include "platform/clock.h"
#include "platform/linux/connect_socket.h"
#include "platform/linux/file_descriptor.h"
#include "platform/linux/system_error.h"
#include "platform/waiter.h"

namespace pacegate::platform {
namespace {

// Outcomes come singly, and each would wake the reader: at a high rate it looks once in so long.
constexpr std::uint64_t kRestNs = kNsPerMs;
constexpr std::size_t kEvents = 256;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

class LinuxConnectSockets final : public ConnectSockets {
 public:
  explicit LinuxConnectSockets(const ConnectOptions& options);

  SendReport start(const ConnectAttempt& attempt) noexcept override;
  void flush() noexcept override;
  std::uint64_t collect(std::uint64_t deadline_ns, const Handler& handler) override;
  void wake() noexcept override { eventfd_write(wake_up_.get(), 1); }

 private:
  using Place = std::uint32_t;

  /// Belongs to the thread that has its place: it goes to the reader by `begun_` and back by `returned_`.
  struct Slot {
    ConnectSocket socket;
    ConnectAttempt attempt;
    std::uint64_t begun_ns = 0;
  };
  /// The reader's: attempts under way, in the order of their beginning.
  struct Link {
    Place previous = kNone;
    Place next = kNone;
    bool is_under_way = false;
  };

  // The starting thread's.
  [[nodiscard]] bool take_place() noexcept;
  [[nodiscard]] SendReport give_up(Slot& slot, int error) noexcept;
  [[nodiscard]] SendReport hand_over(Place place) noexcept;
  void settle_at_once(Slot& slot, ConnectResult result) noexcept;

  // The reader's.
  [[nodiscard]] int wait(std::uint64_t deadline_ns, std::array<epoll_event, kEvents>& events);
  void take_begun();
  void take_known(const Handler& handler);
  void look_at(Place place, bool is_overdue, const Handler& handler);
  void end_overdue(std::uint64_t now_ns, const Handler& handler);
  void release(Place place);

  const ConnectOptions options_;
  FileDescriptor epoll_;
  FileDescriptor wake_up_;
  std::vector<Slot> slots_;
  SpscRing<Place> begun_;
  SpscRing<Place> returned_;
  SpscRing<ConnectOutcome> known_;

  std::vector<Place> free_;
  bool has_known_ = false;

  std::vector<Link> links_;
  Place first_ = kNone;
  Place last_ = kNone;
  Waiter rest_;
  std::uint64_t rests_until_ns_ = 0;
  std::uint64_t heard_ns_ = 0;
};

LinuxConnectSockets::LinuxConnectSockets(const ConnectOptions& options)
    : options_(options),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_up_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      slots_(std::max(options.max_sockets, 1U)),
      begun_(slots_.size()),
      returned_(slots_.size()),
      known_(4096),
      links_(slots_.size()) {
  if (!epoll_.is_open() || !wake_up_.is_open())
    throw_system_error("cannot wait for sockets", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = kNone;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_up_.get(), &event) != 0) {
    throw_system_error("cannot wait for sockets", errno);
  }
  for (auto place = static_cast<Place>(slots_.size()); place-- > 0;) free_.push_back(place);
}

// ---- attempts begin --------------------------------------------------------------------------------

bool LinuxConnectSockets::take_place() noexcept {
  if (!free_.empty()) return true;
  std::array<Place, 64> places;
  const std::size_t count = returned_.pop(places);
  free_.insert(free_.end(), places.begin(), places.begin() + count);
  return count > 0;
}

SendReport LinuxConnectSockets::start(const ConnectAttempt& attempt) noexcept {
  constexpr SendReport kFull{.accepted = 0, .outcome = SendOutcome::busy, .system_error = 0};
  if (known_.size() == known_.capacity() || !take_place()) return kFull;
  const Place place = free_.back();
  Slot& slot = slots_[place];
  slot.attempt = attempt;
  const int error = slot.socket.connect(attempt, options_);
  if (error == EALREADY) return hand_over(place);
  const auto result = result_of(error);
  if (!result) return give_up(slot, error);
  settle_at_once(slot, *result);
  return {.accepted = 1};
}

SendReport LinuxConnectSockets::give_up(Slot& slot, int error) noexcept {
  slot.socket.close();
  const bool others_are_under_way = free_.size() + returned_.size() < slots_.size();
  const bool passes = is_shortage(error) && (others_are_under_way || error != EADDRNOTAVAIL);
  return {.accepted = 0,
          .outcome = passes ? SendOutcome::busy : SendOutcome::failed,
          .system_error = error};
}

SendReport LinuxConnectSockets::hand_over(Place place) noexcept {
  Slot& slot = slots_[place];
  free_.pop_back();
  slot.begun_ns = monotonic_ns();
  // In the line first: an event may come before the call that asks for it returns.
  (void)begun_.try_push(place);
  slot.socket.arm(epoll_.get(), place);
  return {.accepted = 1};
}

void LinuxConnectSockets::settle_at_once(Slot& slot, ConnectResult result) noexcept {
  (void)known_.try_push({slot.attempt, slot.socket.finish(result, slot.attempt), monotonic_ns()});
  has_known_ = true;
}

void LinuxConnectSockets::flush() noexcept {
  if (has_known_) wake();
  has_known_ = false;
}

// ---- and end ---------------------------------------------------------------------------------------

std::uint64_t LinuxConnectSockets::collect(std::uint64_t deadline_ns, const Handler& handler) {
  std::array<epoll_event, kEvents> events;
  if (monotonic_ns() < rests_until_ns_) rest_.wait_until(std::min(rests_until_ns_, deadline_ns));
  const std::uint64_t before_ns = monotonic_ns();
  const int count = wait(deadline_ns, events);
  const std::uint64_t now_ns = monotonic_ns();
  if (count > 0) rests_until_ns_ = now_ns + kRestNs;
  take_begun();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u32 != kNone) {
      look_at(event.data.u32, false, handler);
    } else {
      eventfd_t ignored = 0;
      eventfd_read(wake_up_.get(), &ignored);
    }
  }
  take_known(handler);
  end_overdue(now_ns, handler);
  // Where nothing came, nothing had come when the wait was over, at the deadline; and where all places
  // for events were taken, there may be more.
  if (count == 0) {
    heard_ns_ = std::clamp(deadline_ns, before_ns, now_ns);
  } else if (static_cast<std::size_t>(count) < kEvents) {
    heard_ns_ = before_ns;
  }
  return heard_ns_;
}

int LinuxConnectSockets::wait(std::uint64_t deadline_ns, std::array<epoll_event, kEvents>& events) {
  const std::uint64_t now_ns = monotonic_ns();
  const std::uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  const auto left_ms = static_cast<int>((left_ns + kNsPerMs - 1) / kNsPerMs);
  return std::max(epoll_wait(epoll_.get(), events.data(), kEvents, left_ms), 0);
}

void LinuxConnectSockets::take_begun() {
  std::array<Place, 64> places;
  for (std::size_t count = places.size(); count == places.size();) {
    count = begun_.pop(places);
    for (std::size_t i = 0; i < count; ++i) {
      const Place place = places[i];
      links_[place] = {.previous = last_, .next = kNone, .is_under_way = true};
      (last_ == kNone ? first_ : links_[last_].next) = place;
      last_ = place;
    }
  }
}

void LinuxConnectSockets::take_known(const Handler& handler) {
  std::array<ConnectOutcome, 64> outcomes;
  for (std::size_t count = outcomes.size(); count == outcomes.size();) {
    count = known_.pop(outcomes);
    for (std::size_t i = 0; i < count; ++i) handler(outcomes[i]);
  }
}

void LinuxConnectSockets::look_at(Place place, bool is_overdue, const Handler& handler) {
  if (!links_[place].is_under_way) return;
  Slot& slot = slots_[place];
  const int error = slot.socket.ask(slot.attempt, options_);
  if (error == EALREADY && !is_overdue) return slot.socket.arm(epoll_.get(), place);
  // The system's own time-out, or something unheard of: no answer.
  if (const auto result = result_of(error)) {
    handler({slot.attempt, slot.socket.finish(*result, slot.attempt), monotonic_ns()});
  } else {
    slot.socket.close();
  }
  release(place);
}

void LinuxConnectSockets::end_overdue(std::uint64_t now_ns, const Handler& handler) {
  while (first_ != kNone && now_ns >= slots_[first_].begun_ns + options_.timeout_ns) {
    look_at(first_, true, handler);
  }
}

void LinuxConnectSockets::release(Place place) {
  const Link link = links_[place];
  (link.previous == kNone ? first_ : links_[link.previous].next) = link.next;
  (link.next == kNone ? last_ : links_[link.next].previous) = link.previous;
  links_[place].is_under_way = false;
  (void)returned_.try_push(place);
}

}  // namespace

bool has_connect_sockets() noexcept {
  return true;
}

std::unique_ptr<ConnectSockets> open_connect_sockets(const ConnectOptions& options) {
  return std::make_unique<LinuxConnectSockets>(options);
}

}  // namespace pacegate::platform
