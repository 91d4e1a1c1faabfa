#include "core/slot_table.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace pacegate {

TEST_SUITE("slot_table") {
  TEST_CASE("slots begin at zero, keep what is set, and add up") {
    SlotTable<40> table;
    for (std::size_t slot = 0; slot < table.size(); ++slot) CHECK(table.get(slot) == 0.0);
    table.set(3, 2.5);
    table.add(3, 0.25);
    table.add_shared(3, -1);
    CHECK(table.get(3) == 1.75);
    CHECK(table.get(2) == 0.0);
    CHECK(table.get(4) == 0.0);
  }

  TEST_CASE("the block is 8 bytes a slot, in order, with nothing around it") {
    SlotTable<40> table;
    for (std::size_t slot = 0; slot < 40; ++slot) table.set(slot, static_cast<double>(slot) + 0.5);
    CHECK(sizeof(table) == std::size_t{40} * 8);
    for (std::size_t slot = 0; slot < 40; ++slot) {
      double value = 0;
      std::memcpy(&value, reinterpret_cast<const std::uint8_t*>(table.data()) + 8 * slot, 8);
      CHECK(value == static_cast<double>(slot) + 0.5);
    }
  }

  TEST_CASE("several threads add to one slot and nothing is lost") {
    const auto table = std::make_unique<SlotTable<2>>();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&table] {
        for (int i = 0; i < 20'000; ++i) table->add_shared(1, 1);
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(table->get(1) == 80'000);
    CHECK(table->get(0) == 0);
  }

  TEST_CASE("a reader sees a slot of one writer only grow") {
    const auto table = std::make_unique<SlotTable<1>>();
    std::thread writer([&table] {
      for (int i = 0; i < 100'000; ++i) table->add(0, 1);
    });
    double last = 0;
    while (last < 100'000) {
      const double seen = table->get(0);
      REQUIRE(seen >= last);
      last = seen;
    }
    writer.join();
    CHECK(table->get(0) == 100'000);
  }
}

}  // namespace pacegate
