#include "responder/report.h"

#include <bit>
#include <fstream>
#include <span>
#include <stdexcept>
#include <utility>

namespace pacegate::responder {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

using Figure = std::pair<const char*, std::uint64_t>;

std::string object_of(std::initializer_list<Figure> figures) {
  std::string text;
  for (const auto& [name, value] : figures) {
    text += (text.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + std::to_string(value);
  }
  return text + "}";
}

template <typename T>
void write_file(const std::string& name, std::span<const T> values) {
  if (name.empty()) return;
  std::ofstream file(name, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size_bytes()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + name);
}

}  // namespace

std::string json_of(const Engine& engine, const responder_settings& settings) {
  const responder_counters c = engine.counters();
  const bool counted = settings.ports != 0;
  const std::string pairs = counted ? object_of({{"planned", settings.pairs},
                                                 {"distinct", c.distinct},
                                                 {"repeated", c.received - c.outside - c.distinct},
                                                 {"outside", c.outside}})
                                    : "null";
  return "{\"received\":" + std::to_string(c.received) + ",\"pairs\":" + pairs + ",\"answers\":" +
         object_of({{"open", c.open},
                    {"closed", c.closed},
                    {"prohibited", c.prohibited},
                    {"complained", c.complained}}) +
         ",\"unanswered\":" +
         object_of({{"silent", c.silent}, {"lost", c.lost}, {"limited", c.limited}}) +
         ",\"beyond\":" + object_of({{"twice", c.twice}, {"garbage", c.garbage}}) +
         ",\"faults\":" + object_of({{"missed", engine.missed()}, {"unsent", c.unsent}}) +
         ",\"neighbours\":" + std::to_string(c.neighbours) +
         ",\"strangers\":" + std::to_string(c.strangers) + "}";
}

void write_files(const Engine& engine, const Command& command) {
  write_file(command.pairs_file, engine.pairs());
  write_file(command.arrivals_file, engine.arrivals());
}

}  // namespace pacegate::responder
