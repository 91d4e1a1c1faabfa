/// \file
/// Shows what a process would leave behind if it were killed before any one instruction.
#pragma once

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

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

/// As step_through(), and calls `look` only when `watched` is not what it was when last looked at.
template <class T, class Body, class Look>
std::size_t step_through_changes(const T& watched, const Body& body, const Look& look) {
  const auto seen = std::make_unique<unsigned char[]>(sizeof(T));
  return step_through(body, [&] {
    if (std::memcmp(seen.get(), &watched, sizeof(T)) == 0) return;
    std::memcpy(seen.get(), &watched, sizeof(T));
    look();
  });
}
