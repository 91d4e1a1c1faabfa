// Shared state in a file. Linux only: files are not shared elsewhere yet.
#ifdef __linux__

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "engine/sharing/shared_state.h"
#include "platform/error.h"
#include "temporary_folder.h"

using namespace pacegate;
using platform::Fault;

namespace {

constexpr std::size_t kBytes = 192;

SharedFormat format(double rate = 50) {
  return {SharedFormat::kBucket, 1, kBytes, {rate, 10}, {"rate", "burst"}};
}

void no_create(std::byte*) {
  FAIL("made for a second time");
}

void fill(std::byte* state) {
  std::memset(state, 7, kBytes);
}

/// "<fault>: <message>" of a refusal, "" when there was none.
std::string refusal(const std::string& path, const SharedFormat& wanted = format(),
                    const SharedState::Create& create = no_create) {
  try {
    (void)SharedState::over_file(path, wanted, create);
  } catch (const platform::PlatformError& error) {
    return std::string(fault_name(error.fault())) + ": " + error.what();
  }
  return "";
}

std::string unfit(const std::string& path, const std::string& problem) {
  return "shared_state: cannot share the file \"" + path + "\": " + problem;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// Overwrites a part of the header: 8 is the layout version, 16 the clock, 32 the PID namespace, ...
void patch(const std::string& path, std::size_t at, std::uint64_t value) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(pwrite(file, &value, sizeof value, static_cast<off_t>(at)) == sizeof value);
  close(file);
}

constexpr std::size_t kMark = 0;
constexpr std::size_t kLayoutVersion = 8;
constexpr std::size_t kClock = 16;
constexpr std::size_t kProcesses = 32;
constexpr std::size_t kAbi = 40;

}  // namespace

TEST_SUITE("shared file") {
  TEST_CASE("H2 the first who comes makes it, the others map the same") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    const SharedState first = SharedState::over_file(path, format(), fill);
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_size == 256 + kBytes);
    const SharedState second = SharedState::over_file(path, format(), no_create);
    CHECK(second.state() != first.state());
    CHECK(second.state()[0] == std::byte{7});
    second.state()[0] = std::byte{8};
    CHECK(first.state()[0] == std::byte{8});
  }

  TEST_CASE("H2 it outlives those who use it") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    (void)SharedState::over_file(path, format(), fill);
    CHECK(SharedState::over_file(path, format(), no_create).state()[5] == std::byte{7});
  }

  TEST_CASE("H2 an empty file is taken, whatever the umask made of it") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    write_file(path, "");
    const mode_t before = umask(0777);
    (void)SharedState::over_file(path, format(), fill);
    const SharedState fresh = SharedState::over_file(folder / "other", format(), fill);
    umask(before);
    CHECK(refusal(folder / "other") == "");
  }

  TEST_CASE("H2 what does not fit is refused, stays as it is, and the reason is named") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    (void)SharedState::over_file(path, format(), fill);
    CHECK(refusal(path, format(60)) == unfit(path, "it was made with rate 50, not 60"));
    const std::string good = contents(path);
    const auto patched = [&](std::size_t at, std::uint64_t value) {
      write_file(path, good);
      patch(path, at, value);
      const std::string before = contents(path);
      const std::string message = refusal(path);
      CHECK(contents(path) == before);
      return message;
    };
    CHECK(patched(kLayoutVersion, 2) == unfit(path, "a newer version of pacegate made it"));
    CHECK(patched(kLayoutVersion, 0) == unfit(path, "an older version of pacegate made it"));
    CHECK(patched(kAbi, 7) == unfit(path, "a pacegate for another C library or processor made it"));
    CHECK(patched(kMark, 1) == unfit(path, "it is no file of pacegate's"));
    write_file(path, good.substr(0, good.size() - 1));
    CHECK(refusal(path) == unfit(path, "it has 447 bytes and was made with 448"));
    write_file(path, good + "x");
    CHECK(refusal(path) == unfit(path, "it has 449 bytes and was made with 448"));
    write_file(path, good.substr(0, 100));
    CHECK(refusal(path) == unfit(path, "it is no file of pacegate's"));
    write_file(path, good);
    CHECK(refusal(path) == "");
  }

  TEST_CASE("H2 a file of somebody else is refused and stays as it is") {
    const TemporaryFolder folder;
    const std::string path = folder / "letter";
    for (const std::string& text :
         {std::string("x"), std::string("a letter to a friend"), std::string(4096, '\0')}) {
      write_file(path, text);
      CHECK(refusal(path) == unfit(path, "it is no file of pacegate's"));
      CHECK(contents(path) == text);
    }
  }

  TEST_CASE("H2 places where no file can be are named") {
    const TemporaryFolder folder;
    const auto fault = [](const std::string& path, const std::string& problem) {
      return "shared_state: the shared file \"" + path + "\" " + problem;
    };
    const std::string missing = folder / "missing/limit";
    CHECK(refusal(missing) ==
          "system: cannot open the shared file \"" + missing + "\": No such file or directory");
    CHECK(refusal(folder / "") == fault(folder / "", "is a directory"));
    REQUIRE(symlink("/dev/null", (folder / "link").c_str()) == 0);
    CHECK(refusal(folder / "link") == fault(folder / "link", "is a symbolic link"));
    REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(refusal(folder / "pipe") == fault(folder / "pipe", "is no regular file"));
    CHECK(refusal("/dev/null") == fault("/dev/null", "is no regular file"));
  }

  TEST_CASE("H2 what an earlier boot left starts anew, whatever it was") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    (void)SharedState::over_file(path, format(), fill);
    patch(path, kClock, 1);
    patch(path, kLayoutVersion, 9);
    int made = 0;
    const auto create = [&](std::byte* state) {
      ++made;
      CHECK(state[0] == std::byte{});
    };
    const SharedState state = SharedState::over_file(path, format(70), create);
    CHECK(made == 1);
    CHECK(refusal(path, format(70)) == "");
    // Not under somebody who uses it.
    patch(path, kClock, 1);
    CHECK(refusal(path, format(70)) ==
          unfit(path, "it is in use under another clock (another host, or a time namespace)"));
  }

  TEST_CASE("H2 another PID namespace may take it over, but not share it") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    (void)SharedState::over_file(path, format(), fill);
    patch(path, kProcesses, 1);
    const SharedState state = SharedState::over_file(path, format(), no_create);
    CHECK(state.state()[0] == std::byte{7});
    CHECK(refusal(path) == "");
    patch(path, kProcesses, 1);
    CHECK(refusal(path) == unfit(path, "it is in use in another PID namespace (container)"));
  }

  TEST_CASE("H2 when making it fails the next one makes it") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    const auto fail = [](std::byte*) { throw std::runtime_error("on purpose"); };
    CHECK_THROWS_AS((void)SharedState::over_file(path, format(), fail), std::runtime_error);
    CHECK(SharedState::over_file(path, format(60), fill).state()[0] == std::byte{7});
  }
}

#endif
