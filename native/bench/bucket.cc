/// \file
/// pacegate_bench_bucket --threads N: what one decision of a shared TokenBucket costs, beside a bare
/// compare-and-swap loop with the same reading of the clock, which is the least any such limiter can
/// cost. N is 1 (by default) to 64.
///
/// Both run in short rounds, turn about, because machines drift; the medians are printed as one line
/// of JSON, in nanoseconds a call of one thread.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "core/limit/token_bucket.h"
#include "core/time.h"
#include "platform/clock.h"

namespace {

using pacegate::Ticks;
using pacegate::TokenBucket;
using pacegate::platform::monotonic_ns;

constexpr int kRounds = 41;
constexpr std::uint64_t kCallsPerRound = 400'000;

Ticks now_ticks() {
  return pacegate::ticks_from_ns(monotonic_ns());
}

/// Every request is granted, as in the loop it is compared with: 1e9/s with room for hours.
struct Bucket {
  TokenBucket bucket{*pacegate::make_quota(1e9, 1e13), 1e13, now_ticks()};

  bool call() { return bucket.try_acquire(1, now_ticks()).allowed(); }
};

struct BareLoop {
  alignas(pacegate::kCacheLine) std::atomic<Ticks> word{0};

  bool call() {
    const Ticks now = now_ticks();
    Ticks seen = word.load(std::memory_order_relaxed);
    while (!word.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
    }
    return now != 0;
  }
};

/// One round of every thread. \return nanoseconds a call
template <typename Subject>
double time_round(Subject& subject, unsigned threads) {
  std::atomic<unsigned> ready{0};
  std::atomic<std::uint64_t> spent_ns{0};
  std::atomic<std::uint64_t> refused{0};
  const auto work = [&] {
    ready.fetch_add(1);
    while (ready.load() < threads) {
    }
    std::uint64_t denied = 0;
    const std::uint64_t start_ns = monotonic_ns();
    for (std::uint64_t i = 0; i < kCallsPerRound; ++i) denied += subject.call() ? 0 : 1;
    spent_ns.fetch_add(monotonic_ns() - start_ns);
    refused.fetch_add(denied);
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  if (refused.load() != 0) std::fprintf(stderr, "the bucket refused: its figure is of no use\n");
  return static_cast<double>(spent_ns.load()) / static_cast<double>(kCallsPerRound * threads);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

unsigned threads_of(int argc, char** argv) {
  unsigned threads = 1;
  if (argc == 1) return threads;
  if (argc != 3 || std::strcmp(argv[1], "--threads") != 0) return 0;
  const char* end = argv[2] + std::strlen(argv[2]);
  const auto [rest, error] = std::from_chars(argv[2], end, threads);
  return error == std::errc{} && rest == end && threads <= 64 ? threads : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned threads = threads_of(argc, argv);
  if (threads == 0) {
    std::fprintf(stderr, "usage: pacegate_bench_bucket [--threads 1..64]\n");
    return 2;
  }
  Bucket bucket;
  BareLoop bare;
  std::vector<double> bucket_ns;
  std::vector<double> bare_ns;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    bucket_ns.push_back(time_round(bucket, threads));
    bare_ns.push_back(time_round(bare, threads));
    ratios.push_back(bucket_ns.back() / bare_ns.back());
  }
  std::printf(R"({"threads":%u,"rounds":%d,"callsPerRound":%llu,"bucketNs":%.2f,"bareNs":%.2f,)"
              R"("ratio":%.3f})"
              "\n",
              threads, kRounds, static_cast<unsigned long long>(kCallsPerRound), median(bucket_ns),
              median(bare_ns), median(ratios));
  return 0;
}
