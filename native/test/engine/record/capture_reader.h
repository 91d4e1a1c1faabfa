/// \file
/// What a capture file holds, read as other programs read it.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pacegate::test {

struct Recorded {
  std::uint64_t wall_ns = 0;
  std::uint32_t wire_bytes = 0;
  std::vector<std::uint8_t> bytes;
};

struct Capture {
  std::uint32_t link = 0;
  std::vector<Recorded> records;
  std::size_t left_over = 0;  ///< bytes behind the last whole record
};

inline std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Capture read_capture(const std::string& path) {
  const std::string text = file_text(path);
  REQUIRE(text.size() >= 24);
  const auto word = [&text](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, text.data() + at, sizeof value);
    return value;
  };
  CHECK(word(0) == 0xa1b23c4d);
  CHECK(word(4) == (2U | 4U << 16));
  Capture capture;
  capture.link = word(20);
  std::size_t at = 24;
  while (at + 16 <= text.size() && at + 16 + word(at + 8) <= text.size()) {
    const auto* const start = reinterpret_cast<const std::uint8_t*>(text.data()) + at + 16;
    CHECK(word(at + 8) <= word(16));
    capture.records.push_back({.wall_ns = word(at) * std::uint64_t{1'000'000'000} + word(at + 4),
                               .wire_bytes = word(at + 12),
                               .bytes = {start, start + word(at + 8)}});
    at += 16 + word(at + 8);
  }
  capture.left_over = text.size() - at;
  return capture;
}

}  // namespace pacegate::test
