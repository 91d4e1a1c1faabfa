/// \file
/// A folder that is gone when the test is over.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

class TemporaryFolder {
 public:
  /// \param where "/tmp" is on a disk in most systems, "/dev/shm" in memory
  explicit TemporaryFolder(const std::string& where = "/tmp") : path_(where + "/pacegate-XXXXXX") {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};
