#include "core/latency_histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace pacegate {

TEST_SUITE("latency_histogram") {
  TEST_CASE("empty: zeros") {
    const auto histogram = std::make_unique<LatencyHistogram>();
    CHECK(histogram->count() == 0);
    CHECK(histogram->max() == 0);
    CHECK(histogram->percentile(0.5) == 0);
  }

  TEST_CASE("values below 64 are exact") {
    const auto histogram = std::make_unique<LatencyHistogram>();
    for (std::uint64_t value = 0; value < 64; ++value) histogram->record(value);
    CHECK(histogram->count() == 64);
    for (std::uint64_t value = 0; value < 64; ++value) {
      CHECK(histogram->percentile(static_cast<double>(value + 1) / 64) == value);
    }
    CHECK(histogram->percentile(0) == 0);
    CHECK(histogram->percentile(-1) == 0);
    CHECK(histogram->percentile(2) == 63);
  }

  TEST_CASE("one value of any size: at most 1/32 too high, never too low") {
    for (unsigned bit = 6; bit < 64; ++bit) {
      for (const std::int64_t offset : {-1, 0, 1, 12345}) {
        const std::uint64_t value = (std::uint64_t{1} << bit) + static_cast<std::uint64_t>(offset);
        const auto histogram = std::make_unique<LatencyHistogram>();
        histogram->record(value);
        CHECK(histogram->max() == value);
        CHECK(histogram->percentile(0.5) == value);  // held back by the exact maximum
        histogram->record(std::numeric_limits<std::uint64_t>::max());
        const std::uint64_t seen = histogram->percentile(0.5);
        CHECK(seen >= value);
        CHECK(seen - value <= value / 32);
      }
    }
  }

  TEST_CASE("percentiles of random values agree with the sorted list") {
    std::mt19937_64 random(11);
    const auto histogram = std::make_unique<LatencyHistogram>();
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 50'000; ++i) {
      const std::uint64_t value = random() >> (20 + random() % 40);
      values.push_back(value);
      histogram->record(value);
    }
    std::sort(values.begin(), values.end());
    for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      CAPTURE(q);
      const auto rank =
          static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()))) - 1;
      const std::uint64_t exact = values[rank];
      const std::uint64_t seen = histogram->percentile(q);
      CHECK(seen >= exact);
      CHECK(seen - exact <= exact / 32);
    }
    CHECK(histogram->max() == values.back());
    histogram->clear();
    CHECK(histogram->count() == 0);
    CHECK(histogram->max() == 0);
    CHECK(histogram->percentile(1) == 0);
  }

  TEST_CASE("one thread records while another reads") {
    const auto histogram = std::make_unique<LatencyHistogram>();
    constexpr std::uint64_t kRecords = 50'000;
    std::atomic<bool> finished{false};
    std::thread writer([&] {
      for (std::uint64_t i = 0; i < kRecords; ++i) histogram->record(1000 + i % 1000);
      finished.store(true);
    });
    std::uint64_t last = 0;
    while (!finished.load()) {
      const std::uint64_t count = histogram->count();
      CHECK(count >= last);
      last = count;
      const std::uint64_t median = histogram->percentile(0.5);
      CHECK((median == 0 || (median >= 1000 && median <= 1999)));
    }
    writer.join();
    CHECK(histogram->count() == kRecords);
    CHECK(histogram->max() == 1999);
  }
}

}  // namespace pacegate
