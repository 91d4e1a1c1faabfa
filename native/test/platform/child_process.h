/// \file
/// Parts of a test that run in a process of their own, to be killed or to give up privileges.
#pragma once

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

/// fork(), without leaving the child text that it would print a second time.
inline pid_t fork_quietly() {
  std::cout.flush();
  const pid_t id = fork();
  REQUIRE(id >= 0);
  return id;
}

/// A forked process. It has no doctest: what it finds out it says by exit code or shared memory.
class ChildProcess {
 public:
  ChildProcess() = default;
  /// \param body runs in the child, which then exits with 0; an exception makes it 1
  template <class Body>
  explicit ChildProcess(const Body& body) : id_(fork_quietly()) {
    if (id_ == 0) run(body);
  }
  ChildProcess(ChildProcess&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~ChildProcess() { kill_now(); }

  [[nodiscard]] pid_t id() const { return id_; }

  /// kill -9, if it still runs; returns when it is gone.
  void kill_now() {
    if (id_ <= 0) return;
    kill(id_, SIGKILL);
    (void)wait();
  }

  /// \return its exit code, or 128 + the signal that ended it
  int wait() {
    int status = 0;
    REQUIRE(waitpid(std::exchange(id_, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  template <class Body>
  [[noreturn]] static void run(const Body& body) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      body();
      _exit(0);
    } catch (...) {
      _exit(1);
    }
  }

  pid_t id_ = -1;
};

/// What `body` returns, or the message of what it throws, in a process of its own.
template <class Body>
std::string said_by_child(const Body& body) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  ChildProcess child([&] {
    std::string text;
    try {
      text = body();
    } catch (const std::exception& error) {
      text = error.what();
    }
    if (write(ends[1], text.data(), text.size()) < 0) _exit(1);
  });
  close(ends[1]);
  std::string said;
  std::array<char, 512> part{};
  for (ssize_t n = 0; (n = read(ends[0], part.data(), part.size())) > 0;) {
    said.append(part.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  const int code = child.wait();
  return code == 0 ? said : "ended by " + std::to_string(code);
}
