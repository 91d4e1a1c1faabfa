// The making of a shared file, interrupted. Linux only: files are not shared elsewhere yet.
#ifdef __linux__

#include <doctest/doctest.h>
#include <sys/ptrace.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "engine/sharing/shared_state.h"
#include "stepped_process.h"
#include "temporary_folder.h"

using namespace pacegate;

namespace {

constexpr std::size_t kBytes = 64 << 10;

SharedState join(const std::string& path) {
  const SharedFormat format{SharedFormat::kBucket, 1, kBytes, {50}, {"rate"}};
  return SharedState::over_file(path, format, [](std::byte* at) { std::memset(at, 7, kBytes); });
}

bool is_whole(const SharedState& state) {
  const platform::SharedLockGuard guard(state.lock());  // can be had
  const std::byte* at = state.state();
  for (std::size_t i = 0; i < kBytes; ++i) {
    if (at[i] != std::byte{7}) return false;
  }
  return true;
}

/// Lets `child` go on to its `count`th system call (as entry or return).
/// \return whether it still runs then
bool run_until(pid_t child, int count) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  for (int i = 0; i < count && !WIFEXITED(status); ++i) {
    REQUIRE(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
    REQUIRE(waitpid(child, &status, 0) == child);
  }
  return !WIFEXITED(status);
}

/// Kills a process that joins `path` at its `count`th system call.
/// \return false when it had ended before
bool kill_joining_at(const std::string& path, int count) {
  const pid_t child = fork_quietly();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    {
      const SharedState state = join(path);
    }
    _exit(0);
  }
  const bool runs = run_until(child, count);
  if (runs) {
    kill(child, SIGKILL);
    REQUIRE(waitpid(child, nullptr, 0) == child);
  }
  return runs;
}

}  // namespace

TEST_SUITE("shared file, interrupted") {
  TEST_CASE("H2 killed at any system call of its making, the next one makes or takes it") {
    if (!may_trace()) {
      MESSAGE("skipped: no process may be traced here");
      return;
    }
    for (const char* where : {"/tmp", "/dev/shm"}) {
      const TemporaryFolder folder(where);
      const std::string path = folder / "limit";
      int points = 0;
      while (kill_joining_at(path, points)) {
        CAPTURE(points);
        const SharedState state = join(path);
        REQUIRE(is_whole(state));
        REQUIRE(is_whole(join(path)));
        std::filesystem::remove(path);
        ++points;
      }
      CHECK(points > 20);
    }
  }

  TEST_CASE("H2 killed at any system call of joining, it changes nothing") {
    if (!may_trace()) {
      MESSAGE("skipped: no process may be traced here");
      return;
    }
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    {
      const SharedState made = join(path);
    }
    int points = 0;
    for (; kill_joining_at(path, points); ++points) {
      CAPTURE(points);
      REQUIRE(is_whole(join(path)));
    }
    CHECK(points > 20);
    const SharedState attached = join(path);
    for (points = 0; kill_joining_at(path, points); ++points) {
      CAPTURE(points);
      REQUIRE(is_whole(join(path)));
    }
    CHECK(points > 20);
  }

  TEST_CASE("H2 four that come at once, and are killed at any moment, never meet half a state") {
    const TemporaryFolder folder("/dev/shm");
    const std::string path = folder / "limit";
    std::mt19937 random(7);  // NOLINT: the same moments each time
    const auto comer = [&] {
      for (;;) {
        if (!is_whole(join(path))) _exit(7);
      }
    };
    for (int round = 0; round < 100; ++round) {
      std::vector<ChildProcess> comers;
      for (int i = 0; i < 4; ++i) comers.emplace_back(comer);
      for (ChildProcess& each : comers) {
        usleep(random() % 1500);
        // Still running: it has met nothing that is not whole.
        REQUIRE(waitpid(each.id(), nullptr, WNOHANG) == 0);
        each.kill_now();
      }
      REQUIRE(is_whole(join(path)));
      std::filesystem::remove(path);
    }
  }
}

#endif
