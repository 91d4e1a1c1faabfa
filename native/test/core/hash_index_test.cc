#include "core/hash_index.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace pacegate {

TEST_SUITE("core") {
  TEST_CASE("an index of hashes agrees with a map, also where all hashes collide") {
    for (const std::uint32_t hash_mask : {0U, 7U, 0xffffU, 0xffffffffU}) {
      CAPTURE(hash_mask);
      HashIndex index;
      std::vector<std::uint64_t> keys;  // by index
      std::vector<std::uint32_t> unused;
      std::map<std::uint64_t, std::uint32_t> plain;
      std::mt19937_64 random(hash_mask);
      const auto hash = [&](std::uint64_t key) {
        return static_cast<std::uint32_t>(key * 0x9e3779b97f4a7c15U >> 32) & hash_mask;
      };
      const auto find = [&](std::uint64_t key) {
        return index.find(hash(key), [&](std::uint32_t i) { return keys[i] == key; });
      };
      for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t key = random() % 300;
        const auto known = plain.find(key);
        REQUIRE(find(key) == (known == plain.end() ? HashIndex::kNone : known->second));
        if (known == plain.end()) {
          std::uint32_t i = static_cast<std::uint32_t>(keys.size());
          if (unused.empty()) {
            keys.push_back(key);
          } else {
            i = unused.back();
            unused.pop_back();
            keys[i] = key;
          }
          index.insert(hash(key), i);
          plain[key] = i;
        } else if (random() % 2 == 0) {
          index.erase(hash(key), known->second);
          unused.push_back(known->second);
          plain.erase(known);
        }
        REQUIRE(index.size() == plain.size());
      }
    }
  }
}

}  // namespace pacegate
