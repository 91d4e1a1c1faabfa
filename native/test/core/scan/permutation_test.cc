#include "core/scan/permutation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace pacegate {
namespace {

/// Whether map() hits every index once and inverse() leads back.
bool is_bijection(const Permutation& order) {
  std::vector<bool> hit(order.size(), false);
  for (std::uint64_t position = 0; position < order.size(); ++position) {
    const std::uint64_t index = order.map(position);
    if (index >= order.size() || hit[index] || order.inverse(index) != position) return false;
    hit[index] = true;
  }
  return true;
}

/// Chi-square of `counts` against one expectation, in standard deviations from its mean.
double chi_square_z(const std::vector<double>& counts, double expected, double freedom) {
  double sum = 0;
  for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
  return (sum - freedom) / std::sqrt(2 * freedom);
}

}  // namespace

TEST_SUITE("permutation") {
  TEST_CASE("a bijection with its inverse for every size up to 2049") {
    for (std::uint64_t size = 1; size <= 2049; ++size) {
      CAPTURE(size);
      REQUIRE(is_bijection(Permutation(size, size * 977)));
    }
  }

  TEST_CASE("a bijection for every seed of a few sizes, around powers of two") {
    for (const std::uint64_t size : {1U, 2U, 3U, 5U, 8U, 255U, 256U, 257U}) {
      for (std::uint64_t seed = 0; seed < 64; ++seed) {
        REQUIRE(is_bijection(Permutation(size, seed)));
      }
    }
    REQUIRE(is_bijection(Permutation(65535, 1)));
    REQUIRE(is_bijection(Permutation(65536, 2)));
    REQUIRE(is_bijection(Permutation(65537, 3)));
  }

  TEST_CASE("the inverse leads back at any size up to 2^63") {
    const std::uint64_t one = 1;
    for (const std::uint64_t size :
         {(one << 32) - 1, one << 32, (one << 32) + 1, (one << 48) + 12345, (one << 53) - 1,
          one << 53, (one << 62) + 1, (one << 63) - 1, one << 63}) {
      CAPTURE(size);
      const Permutation order(size, 0xfeedface);
      std::uint64_t position = 0;
      for (int i = 0; i < 2000; ++i) {
        const std::uint64_t index = order.map(position);
        REQUIRE(index < size);
        REQUIRE(order.inverse(index) == position);
        REQUIRE(order.map(order.inverse(position)) == position);
        position = (position + size / 1999 + 1) % size;
      }
      CHECK(order.inverse(order.map(size - 1)) == size - 1);
    }
  }

  TEST_CASE("sizes out of range become the nearest one") {
    CHECK(Permutation(0, 7).size() == 1);
    CHECK(Permutation(0, 7).map(0) == 0);
    CHECK(Permutation(~std::uint64_t{0}, 7).size() == Permutation::kMaxSize);
  }

  TEST_CASE("the order of a size and seed is pinned: a resume file relies on it") {
    const Permutation small(1000, 42);
    const Permutation large(std::uint64_t{1} << 40, 42);
    CHECK(small.map(0) == 584);
    CHECK(small.map(1) == 935);
    CHECK(small.map(999) == 352);
    CHECK(large.map(0) == 54392922965U);
    CHECK(large.map(123456789) == 700234600061U);
  }

  TEST_CASE("seeds give different orders") {
    const Permutation a(1 << 20, 1);
    const Permutation b(1 << 20, 2);
    int same = 0;
    for (std::uint64_t position = 0; position < 10'000; ++position) {
      same += a.map(position) == b.map(position) ? 1 : 0;
    }
    CHECK(same <= 3);  // expected: 0.01
  }

  // Over many seeds each position must meet each index equally often, and the step between the
  // images of two neighbours must be as likely as any other. Fixed seeds: the outcome never varies.
  TEST_CASE("images and steps are uniform over the seeds") {
    for (const std::size_t size : {8U, 17U, 31U, 64U, 100U}) {
      CAPTURE(size);
      const std::size_t seeds = 200 * size;
      std::vector<double> images(size * size, 0);
      std::vector<double> steps(size, 0);
      for (std::size_t seed = 0; seed < seeds; ++seed) {
        const Permutation order(size, seed * 104729 + 5);
        for (std::size_t position = 0; position < size; ++position) {
          ++images[position * size + order.map(position)];
        }
        ++steps[(order.map(1) + size - order.map(0)) % size];
      }
      steps.erase(steps.begin());  // a step of 0 cannot be
      const auto n = static_cast<double>(size);
      CHECK(std::abs(chi_square_z(images, 200, (n - 1) * (n - 1))) < 4);
      CHECK(std::abs(chi_square_z(steps, static_cast<double>(seeds) / (n - 1), n - 2)) < 4);
    }
  }

  TEST_CASE("a run of positions spreads over the whole range") {
    // The probes of one second must not fall on one network: 4096 probes over 256 equal parts.
    const std::uint64_t size = std::uint64_t{1} << 32;
    const Permutation order(size, 99);
    std::vector<double> parts(256, 0);
    for (std::uint64_t position = 1'000'000; position < 1'004'096; ++position) {
      ++parts[order.map(position) >> 24];
    }
    CHECK(std::abs(chi_square_z(parts, 16, 255)) < 4);
  }
}

}  // namespace pacegate
