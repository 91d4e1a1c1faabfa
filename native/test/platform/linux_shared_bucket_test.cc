// One token bucket in a file, spent from by processes that are killed at any moment.
//
// A kill must falsify no count. Two are kept. The exact one is the bucket's own word: as long as it
// never gets full, it moves ahead by one price per token granted and by nothing else. The other is
// a log per process, in shared memory, of the time by which each grant was decided. An entry is
// written after its grant, so a kill loses at most the one entry that was not yet written: the log
// holds no grant that was not, and misses at most one per kill.
#ifdef __linux__

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "child_process.h"
#include "core/limit/token_bucket.h"
#include "engine/sharing/shared_state.h"
#include "platform/clock.h"
#include "temporary_folder.h"

using namespace pacegate;

namespace {

constexpr double kRate = 100'000;  // the price of a token is a whole number of ticks
constexpr std::uint64_t kRunNs = 2 * kNsPerSecond;
constexpr unsigned kKillEveryUs = 50'000;
constexpr std::size_t kProcesses = 4;

/// What the processes write and the test reads.
struct Log {
  std::atomic<bool> go;
  std::array<std::atomic<std::uint64_t>, kProcesses> entries;
  std::array<std::atomic<std::uint64_t>, kProcesses> changing_since_ns;  ///< 0: not changing
  std::atomic<std::uint64_t> longest_change_ns;
  std::array<std::array<std::uint64_t, 600'000>, kProcesses> granted_at_ns;
};

struct SharedLog {
  SharedLog() {
    constexpr int kFlags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
    void* at = mmap(nullptr, sizeof(Log), PROT_READ | PROT_WRITE, kFlags, -1, 0);
    REQUIRE(at != MAP_FAILED);
    log = static_cast<Log*>(at);
  }
  SharedLog(const SharedLog&) = delete;
  SharedLog& operator=(const SharedLog&) = delete;
  ~SharedLog() { munmap(log, sizeof(Log)); }
  Log* log;
};

struct Bucket {
  double burst;
  double initial_tokens;
  std::string path;
  std::uint64_t change_rate_every = UINT64_MAX;  ///< grants of one process

  [[nodiscard]] SharedState join(std::uint64_t now_ns) const {
    const SharedFormat format{
        SharedFormat::kBucket, 1, sizeof(TokenBucket), {kRate, burst}, {"rate", "burst"}};
    return SharedState::over_file(path, format, [&](std::byte* at) {
      new (at) TokenBucket(*make_quota(kRate, burst), initial_tokens, ticks_from_ns(now_ns));
    });
  }
};

/// Ends a change of `place`, or one that was killed.
void note_change(Log& log, std::size_t place) {
  const std::uint64_t since_ns = log.changing_since_ns[place].exchange(0);
  if (since_ns == 0) return;
  const std::uint64_t took_ns = platform::monotonic_ns() - since_ns;
  std::uint64_t longest_ns = log.longest_change_ns.load();
  while (took_ns > longest_ns &&
         !log.longest_change_ns.compare_exchange_weak(longest_ns, took_ns)) {
  }
}

/// Half the rate, or the whole one again.
void change_rate(const SharedState& state, Log& log, std::size_t place) {
  auto& tokens = state.as<TokenBucket>();
  {
    const platform::SharedLockGuard guard(state.lock());
    const std::uint64_t now_ns = platform::monotonic_ns();
    log.changing_since_ns[place].store(now_ns);
    const double rate = tokens.rate() == kRate ? kRate / 2 : kRate;
    tokens.set_quota(*make_quota(rate, tokens.burst()), ticks_from_ns(now_ns));
  }
  note_change(log, place);
}

/// Joins, and takes what it can get.
void spend(const Bucket& bucket, Log& log, std::size_t place) {
  const SharedState state = bucket.join(0);
  auto& tokens = state.as<TokenBucket>();
  std::atomic<std::uint64_t>& entries = log.entries[place];
  while (!log.go.load()) {
  }
  for (;;) {
    const std::uint64_t now_ns = platform::monotonic_ns();
    if (!tokens.try_acquire(1, ticks_from_ns(now_ns)).allowed()) continue;
    const std::uint64_t entry = entries.load(std::memory_order_relaxed);
    log.granted_at_ns[place][entry] = now_ns;
    entries.store(entry + 1, std::memory_order_release);
    if ((entry + 1) % bucket.change_rate_every == 0) change_rate(state, log, place);
  }
}

/// Lets four processes spend, one of which is killed, and replaced, every 50 ms.
/// \return how many were killed
std::size_t spend_under_fire(const Bucket& bucket, Log& log, std::uint64_t start_ns) {
  const auto spender = [&](std::size_t place) {
    return ChildProcess([&bucket, &log, place] { spend(bucket, log, place); });
  };
  std::vector<ChildProcess> processes;
  for (std::size_t place = 0; place < kProcesses; ++place) processes.push_back(spender(place));
  log.go.store(true);
  std::size_t killed = 0;
  while (platform::monotonic_ns() < start_ns + kRunNs) {
    usleep(kKillEveryUs);
    const std::size_t place = killed++ % kProcesses;
    processes[place].kill_now();
    note_change(log, place);
    processes[place] = spender(place);
  }
  killed += processes.size();
  processes.clear();
  return killed;
}

std::vector<std::uint64_t> sorted_times(const Log& log) {
  std::vector<std::uint64_t> times;
  for (std::size_t place = 0; place < kProcesses; ++place) {
    const auto begin = log.granted_at_ns[place].begin();
    times.insert(times.end(), begin, begin + static_cast<std::ptrdiff_t>(log.entries[place]));
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// The largest of (grants in a window) - kRate * (its length), over every window.
double largest_excess(const std::vector<std::uint64_t>& times) {
  double largest = 0;
  double lowest_before = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double earned = static_cast<double>(times[i] - times[0]) * kRate / 1e9;
    lowest_before = std::min(lowest_before, static_cast<double>(i) - earned);
    largest = std::max(largest, static_cast<double>(i + 1) - earned - lowest_before);
  }
  return largest;
}

}  // namespace

TEST_SUITE("shared bucket") {
  TEST_CASE("H2 4 processes, one killed every 50 ms: in no window more than burst + rate x t") {
    const TemporaryFolder folder("/dev/shm");
    const SharedLog shared;
    const std::uint64_t start_ns = platform::monotonic_ns();
    const Bucket bucket{100, 100, folder / "limit"};
    const SharedState state = bucket.join(start_ns);
    const std::size_t killed = spend_under_fire(bucket, *shared.log, start_ns);
    const std::vector<std::uint64_t> times = sorted_times(*shared.log);
    MESSAGE(times.size(), " granted, ", killed, " killed");
    CHECK(times.size() > 100);
    CHECK(largest_excess(times) <= 100 + 1e-3);
  }

  TEST_CASE("H2 the same while the rate changes, and who changes it may be killed doing so") {
    const TemporaryFolder folder("/dev/shm");
    const SharedLog shared;
    const std::uint64_t start_ns = platform::monotonic_ns();
    const Bucket bucket{100, 100, folder / "limit", 100};
    const SharedState state = bucket.join(start_ns);
    const std::size_t killed = spend_under_fire(bucket, *shared.log, start_ns);
    const std::vector<std::uint64_t> times = sorted_times(*shared.log);
    MESSAGE(times.size(), " granted, ", killed, " killed");
    // A change holds from the time it is given. What was decided between that time and the moment
    // it is made can be off by the difference of the rates; and it rounds the debt by a tick.
    const auto late_ns = static_cast<double>(shared.log->longest_change_ns.load());
    const double rounding = static_cast<double>(times.size()) / 100 * 1.5 / 256e9 * kRate;
    CHECK(largest_excess(times) <= 100 + late_ns * kRate / 2 / 1e9 + rounding);
    MESSAGE("at most ", largest_excess(times), " at once; longest change ", late_ns, " ns");
    // And it goes on: whoever was killed left nothing closed or locked.
    change_rate(state, *shared.log, 0);
    while (!state.as<TokenBucket>()
                .try_acquire(1, ticks_from_ns(platform::monotonic_ns()))
                .allowed()) {
    }
  }

  TEST_CASE("H2 4 processes, one killed every 50 ms: no token is lost, none invented") {
    const TemporaryFolder folder("/dev/shm");
    const SharedLog shared;
    const std::uint64_t start_ns = platform::monotonic_ns();
    // Empty at first, and it never gets full: the word moves by grants alone.
    const Bucket bucket{1e7, 0, folder / "limit"};
    const SharedState state = bucket.join(start_ns);
    const std::size_t killed = spend_under_fire(bucket, *shared.log, start_ns);
    const Ticks end = ticks_from_ns(platform::monotonic_ns());
    const Ticks full_at_first = ticks_from_ns(start_ns) + make_quota(kRate, 1e7)->capacity;
    const Ticks full_now = end + state.as<TokenBucket>().time_to_full(end);
    const Ticks moved = full_now - full_at_first;
    constexpr auto kPrice = static_cast<Ticks>(kTicksPerSecond / kRate);
    CHECK(moved % kPrice == 0);
    const std::uint64_t granted = moved / kPrice;
    const std::size_t logged = sorted_times(*shared.log).size();
    MESSAGE(granted, " granted, ", logged, " logged, ", killed, " killed");
    CHECK(logged <= granted);
    CHECK(granted <= logged + killed);
    CHECK(granted * kPrice <= end - ticks_from_ns(start_ns));
    CHECK(granted > 100);
  }
}

#endif
