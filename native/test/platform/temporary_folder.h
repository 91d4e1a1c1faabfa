/// \file
/// A folder that is gone when the test is over.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <random>
#include <string>

class TemporaryFolder {
 public:
  /// \param where "/dev/shm" is in memory
  explicit TemporaryFolder(
      const std::string& where = std::filesystem::temp_directory_path().string())
      : path_(where + "/pacegate-" + std::to_string(std::random_device{}())) {
    REQUIRE(std::filesystem::create_directory(path_));
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};
