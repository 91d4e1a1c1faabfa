#include "engine/sharing/shared_state.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "core/time.h"
#include "engine/sharing/shared_fit.h"
#include "platform/clock.h"

namespace pacegate {
namespace {

using platform::SharedLock;
using platform::SharedMemory;

constexpr std::uint64_t kPatienceNs = 5 * kNsPerSecond;

/// Gives whoever is making the state time to finish.
class Patience {
 public:
  explicit Patience(const std::string& place) : place_(place) {}

  /// \throws platform::PlatformError (shared_state) when it has taken too long
  void wait() const {
    if (platform::monotonic_ns() - start_ns_ > kPatienceNs) {
      throw_unfit(place_, "whoever is making its state does not go on");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  const std::string& place_;
  std::uint64_t start_ns_ = platform::monotonic_ns();
};

void set_phase(SharedHeader& header, SharedPhase phase) {
  header.mark.store(SharedMark::of(phase), std::memory_order_release);
}

SharedHeader* header_in(std::span<std::byte> memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  return std::launder(reinterpret_cast<SharedHeader*>(
      memory.data() + (kCacheLine - address % kCacheLine) % kCacheLine));
}

/// Fills a header that is in phase creating, and the state behind it.
void build(SharedHeader& header, const SharedDescription& description,
           const SharedState::Create& create) {
  header.description = description;
  new (&header.lock) SharedLock;
  create(reinterpret_cast<std::byte*>(&header + 1));
  set_phase(header, SharedPhase::ready);
}

// ---- in memory ------------------------------------------------------------------------------------

/// \param least to go on; `needed` is what the caller should have brought
void check_room(std::span<std::byte> memory, std::size_t least, std::size_t needed,
                const std::string& place) {
  if (memory.size() >= least) return;
  throw_unfit(place, "it has " + std::to_string(memory.size()) + " bytes, and " +
                         std::to_string(needed) + " are needed");
}

/// For who has taken the mark from 0 to creating.
void build_in_memory(SharedHeader& header, const SharedDescription& wanted,
                     const std::string& place, const SharedState::Create& create) {
  std::byte* const start = reinterpret_cast<std::byte*>(&header) + sizeof(header.mark);
  const std::size_t bytes = sizeof(SharedHeader) + wanted.state_bytes - sizeof(header.mark);
  const auto is_zero = [](std::byte each) { return each == std::byte{}; };
  if (!std::all_of(start, start + bytes, is_zero)) {
    header.mark.store(0, std::memory_order_release);
    throw_unfit(place, "it holds something else");
  }
  try {
    build(header, wanted, create);
  } catch (...) {
    std::memset(start, 0, bytes);
    header.mark.store(0, std::memory_order_release);
    throw;
  }
}

// ---- in a file ------------------------------------------------------------------------------------

enum class Next : std::uint8_t { make_anew, join, wait };

/// What to do with a file that begins with `found`, of which `length` bytes were there. Changes
/// nothing. \throws platform::PlatformError when it is not to be joined
Next judge(const SharedPreamble& found, std::size_t length, const SharedMemory& file,
           const SharedDescription& wanted, const SharedFormat& format, const std::string& place) {
  const Next unfinished = file.alone() ? Next::make_anew : Next::wait;
  if (length == 0) return unfinished;
  if (length < sizeof(SharedPreamble) || !SharedMark::is_ours(found.mark)) {
    throw_unfit(place, "it is no file of pacegate's");
  }
  const SharedPhase phase = SharedMark::phase(found.mark);
  if (phase == SharedPhase::creating) return unfinished;
  if (found.description.clock != wanted.clock) {
    if (file.alone()) return Next::make_anew;
    throw_unfit(place, "it is in use under another clock (another host, or a time namespace)");
  }
  check_fit(found.description, wanted, format, place);
  if (file.file_bytes() != found.description.total_bytes) {
    throw_unfit(place, "it has " + std::to_string(file.file_bytes()) + " bytes and was made with " +
                           std::to_string(found.description.total_bytes));
  }
  if (file.alone()) return Next::join;
  if (found.description.processes != wanted.processes) {
    throw_unfit(place, "it is in use in another PID namespace (container)");
  }
  return phase == SharedPhase::ready ? Next::join : Next::wait;
}

Next judge_file(const SharedMemory& file, const SharedDescription& wanted,
                const SharedFormat& format, const std::string& place) {
  SharedPreamble found{};
  const std::size_t length = file.read(std::as_writable_bytes(std::span(&found, 1)));
  return judge(found, length, file, wanted, format, place);
}

void make_anew(SharedMemory& file, const SharedDescription& wanted,
               const SharedState::Create& create) {
  const SharedPreamble start{SharedMark::of(SharedPhase::creating), wanted};
  file.make_anew(std::as_bytes(std::span(&start, 1)), wanted.total_bytes);
  build(*header_in(file.map(wanted.total_bytes)), wanted, create);
}

/// The lock as the only participant finds it may be held by a thread id that means somebody else
/// today.
void make_lock_anew(SharedMemory& file, const SharedDescription& wanted) {
  SharedHeader& header = *header_in(file.map(wanted.total_bytes));
  // Killed in the middle of this, somebody may have zeroed the lock that told.
  const SharedPhase phase = SharedMark::phase(header.mark.load(std::memory_order_acquire));
  const bool abandoned = phase == SharedPhase::relocking || header.lock.unfinished();
  set_phase(header, SharedPhase::relocking);
  new (&header.lock)
      SharedLock(abandoned ? SharedLock::Found::abandoned : SharedLock::Found::whole);
  header.description.processes = wanted.processes;
  set_phase(header, SharedPhase::ready);
}

/// \return whether the file is ready, mapped and open to others
bool attach(SharedMemory& file, const SharedDescription& wanted, const SharedFormat& format,
            const std::string& place, const SharedState::Create& create) {
  if (!file.alone()) {
    if (judge_file(file, wanted, format, place) == Next::wait) return false;
    file.map(wanted.total_bytes);
    return true;
  }
  if (judge_file(file, wanted, format, place) == Next::make_anew) {
    make_anew(file, wanted, create);
  } else {
    make_lock_anew(file, wanted);
  }
  file.admit_others();
  // In between somebody else may have been alone with it.
  return judge_file(file, wanted, format, place) == Next::join;
}

}  // namespace

SharedState SharedState::over_memory(std::span<std::byte> memory, const SharedFormat& format,
                                     const Create& create) {
  const std::string place = "the SharedArrayBuffer";
  const SharedDescription wanted = describe(format, sizeof(SharedHeader) + format.bytes, {});
  check_room(memory, sizeof(SharedHeader) + kCacheLine - 1, memory_needed(format.bytes), place);
  SharedHeader& header = *header_in(memory);
  for (const Patience patience(place);; patience.wait()) {
    std::uint64_t mark = header.mark.load(std::memory_order_acquire);
    if (mark == 0) {
      check_room(memory, memory_needed(format.bytes), memory_needed(format.bytes), place);
      if (!header.mark.compare_exchange_strong(mark, SharedMark::of(SharedPhase::creating)))
        continue;
      build_in_memory(header, wanted, place, create);
      return SharedState(&header);
    }
    if (!SharedMark::is_ours(mark)) throw_unfit(place, "it holds something else");
    if (SharedMark::phase(mark) != SharedPhase::ready) continue;
    check_fit(header.description, wanted, format, place);
    check_room(memory, memory_needed(format.bytes), memory_needed(format.bytes), place);
    return SharedState(&header);
  }
}

SharedState SharedState::over_file(const std::string& path, const SharedFormat& format,
                                   const Create& create) {
  const std::string place = "the file \"" + path + "\"";
  const SharedDescription wanted =
      describe(format, sizeof(SharedHeader) + format.bytes, platform::sharing_domain());
  // Not attached while it waits: somebody has to be alone to go on where the maker has died.
  for (const Patience patience(place);; patience.wait()) {
    SharedMemory file(path);
    if (attach(file, wanted, format, place, create)) {
      SharedState state(header_in(file.mapped()));
      state.file_ = std::move(file);
      return state;
    }
  }
}

}  // namespace pacegate
