// What a system can refuse to a shared file. Linux only: files are not shared elsewhere yet.
#ifdef __linux__

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <string>

#include "child_process.h"
#include "engine/sharing/shared_state.h"
#include "temporary_folder.h"

using namespace pacegate;

namespace {

/// "joined", or why not.
std::string join(const std::string& path, std::size_t bytes = 4096) {
  const SharedFormat format{SharedFormat::kBucket, 1, bytes, {50}, {"rate"}};
  try {
    (void)SharedState::over_file(path, format, [](std::byte*) {});
    return "joined";
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// For a child: from now on nobody in particular, when it was root.
void give_up_root() {
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(1);
}

/// For a child: a file system of its own, of 64 KiB. \return whether it may
bool mount_small(const std::string& at) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount("tmpfs", at.c_str(), "tmpfs", 0, "size=64k") == 0;
}

void fill_up(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  while (write(file, page.data(), page.size()) > 0) {
  }
  close(file);
}

void check_or_skip(const std::string& said, const std::string& expected) {
  if (said == "skipped") {
    MESSAGE("skipped: no file system may be mounted here");
  } else {
    CHECK(said == expected);
  }
}

}  // namespace

TEST_SUITE("shared file, refused") {
  TEST_CASE("H2 a folder that may not be written to") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    REQUIRE(chmod((folder / "").c_str(), 0555) == 0);
    CHECK(said_by_child([&] {
            give_up_root();
            return join(path);
          }) == "cannot open the shared file \"" + path + "\": Permission denied");
    CHECK(chmod((folder / "").c_str(), 0755) == 0);
  }

  TEST_CASE("H2 a file of another user, even one that anybody may write to") {
    if (geteuid() != 0) {
      MESSAGE("skipped: only root can become another user");
      return;
    }
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    REQUIRE(chmod((folder / "").c_str(), 0755) == 0);
    REQUIRE(join(path) == "joined");
    const auto other = [&] {
      return said_by_child([&] {
        give_up_root();
        return join(path);
      });
    };
    CHECK(other() == "cannot open the shared file \"" + path + "\": Permission denied");
    REQUIRE(chmod(path.c_str(), 0666) == 0);
    CHECK(other() == "the shared file \"" + path + "\" belongs to user 0, and this is user 65534");
  }

  TEST_CASE("H2 a full disk is an error at once and not a crash later; with room it goes on") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    const std::string full =
        "cannot make room for the shared file \"" + path + "\": No space left on device";
    check_or_skip(said_by_child([&]() -> std::string {
                    if (!mount_small(folder / "")) return "skipped";
                    const std::string refused = join(path, 100'000);
                    return refused + "; " + join(path);
                  }),
                  full + "; joined");
    check_or_skip(said_by_child([&]() -> std::string {
                    if (!mount_small(folder / "")) return "skipped";
                    fill_up(folder / "other");
                    const std::string refused = join(path);
                    unlink((folder / "other").c_str());
                    return refused + "; " + join(path);
                  }),
                  "cannot write the shared file \"" + path + "\": No space left on device; joined");
  }

  TEST_CASE("H2 a file with holes on a full disk is an error and not a crash") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    check_or_skip(said_by_child([&]() -> std::string {
                    if (!mount_small(folder / "")) return "skipped";
                    if (join(path, 16384) != "joined") return "not made";
                    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
                    fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096);
                    fill_up(folder / "other");
                    return join(path, 16384);
                  }),
                  "cannot make room for the shared file \"" + path + "\": No space left on device");
  }

  TEST_CASE(
      "H2 no descriptor is left to others: a program that is started does not stay attached") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    REQUIRE(join(path) == "joined");
    const SharedFormat format{SharedFormat::kBucket, 1, 4096, {50}, {"rate"}};
    const SharedState state = SharedState::over_file(path, format, [](std::byte*) {});
    const std::string links = folder / "links";
    CHECK(std::system(("ls -l /proc/self/fd > " + links).c_str()) == 0);
    std::ifstream file(links);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK(text.find("links") != std::string::npos);
    CHECK(text.find(path + "\n") == std::string::npos);
  }

  TEST_CASE("H2 whoever keeps the file to himself is waited for 5 seconds, and then reported") {
    const TemporaryFolder folder;
    const std::string path = folder / "limit";
    const platform::SharedMemory alone(path);
    CHECK(alone.alone());
    CHECK(join(path) ==
          "the shared file \"" + path + "\" is kept locked by another process that does not go on");
  }
}

#endif
