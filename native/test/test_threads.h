/// \file
/// Threads of tests that hammer one object.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace pacegate {

/// Runs `body(thread number)` in `count` threads that begin together. doctest's checks are not used
/// in them: results are returned and summed.
inline std::uint64_t sum_over_threads(unsigned count,
                                      const std::function<std::uint64_t(unsigned)>& body) {
  std::atomic<unsigned> ready{0};
  std::atomic<std::uint64_t> sum{0};
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < count; ++number) {
    threads.emplace_back([&, number] {
      ready.fetch_add(1);
      while (ready.load() < count) std::this_thread::yield();
      sum.fetch_add(body(number));
    });
  }
  for (std::thread& thread : threads) thread.join();
  return sum.load();
}

}  // namespace pacegate
