/// \file
/// Shows what a process would leave behind if it were killed before any one instruction.
#pragma once

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "child_process.h"

/// A T in memory that forked processes share.
template <class T>
class SharedPages {
 public:
  template <class... Arguments>
  explicit SharedPages(Arguments&&... arguments) {
    constexpr int kFlags = MAP_SHARED | MAP_ANONYMOUS;
    void* at = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, kFlags, -1, 0);
    REQUIRE(at != MAP_FAILED);
    value_ = new (at) T(std::forward<Arguments>(arguments)...);
  }
  SharedPages(const SharedPages&) = delete;
  SharedPages& operator=(const SharedPages&) = delete;
  ~SharedPages() { munmap(value_, sizeof(T)); }

  [[nodiscard]] T& operator*() const { return *value_; }
  [[nodiscard]] T* operator->() const { return value_; }

 private:
  T* value_;
};

/// Whether this process may trace others.
inline bool may_trace() {
  ChildProcess child([] {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(1);
  });
  return child.wait() == 0;
}

/// Runs `body` in a process of its own, and calls `look` between any two of its instructions.
/// \return how often
template <class Body, class Look>
std::size_t step_through(const Body& body, const Look& look) {
  const pid_t child = fork_quietly();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    body();
    raise(SIGSTOP);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  std::size_t steps = 0;
  do {
    ++steps;
    REQUIRE(ptrace(PTRACE_SINGLESTEP, child, 0, 0) == 0);
    REQUIRE(waitpid(child, &status, 0) == child);
    look();
  } while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
  kill(child, SIGKILL);
  REQUIRE(waitpid(child, &status, 0) == child);
  return steps;
}

/// Copies `from` word by word. Compared and copied a thousand times for each call that is looked
/// into: not to be slowed down by sanitizers.
/// \return whether anything differed
__attribute__((no_sanitize("thread", "address", "undefined"))) inline bool update_words(
    const std::uint64_t* from, std::uint64_t* to, std::size_t words) {
  bool differs = false;
  for (std::size_t i = 0; i < words; ++i) {
    differs |= from[i] != to[i];
    to[i] = from[i];
  }
  return differs;
}

/// As step_through(), and calls `look` only when `watched` is not what it was when last looked at.
template <class T, class Body, class Look>
std::size_t step_through_changes(const T& watched, const Body& body, const Look& look) {
  static_assert(sizeof(T) % sizeof(std::uint64_t) == 0 && alignof(T) >= alignof(std::uint64_t));
  std::vector<std::uint64_t> seen(sizeof(T) / sizeof(std::uint64_t));
  const auto* words = reinterpret_cast<const std::uint64_t*>(&watched);
  return step_through(body, [&] {
    if (update_words(words, seen.data(), seen.size())) look();
  });
}
