#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "responder/engine.h"

namespace pacegate::responder {
namespace {

std::runtime_error refused(const std::string& what, int error) {
  return std::runtime_error(what + ": " +
                            std::generic_category().message(error < 0 ? -error : error));
}

/// The object file, opened; what it holds goes with it.
using Object = std::shared_ptr<bpf_object>;

Object open_object(const std::string& file) {
  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
  bpf_object* object = bpf_object__open(file.c_str());
  if (object == nullptr) throw refused("cannot open " + file, errno);
  return {object, bpf_object__close};
}

void load(const Object& object) {
  const int error = bpf_object__load(object.get());
  if (error != 0) throw refused("the kernel refused the program", error);
}

/// Attached as long as it lives, and never after this process: the attachment is a descriptor.
using Attachment = std::shared_ptr<bpf_link>;

Attachment attach(const Object& object, const char* program, const std::string& interface) {
  const unsigned index = if_nametoindex(interface.c_str());
  if (index == 0) throw refused("no interface " + interface, errno);
  bpf_program* found = bpf_object__find_program_by_name(object.get(), program);
  bpf_link* link = bpf_program__attach_xdp(found, static_cast<int>(index));
  if (link == nullptr) throw refused("cannot attach to " + interface, errno);
  return {link, bpf_link__destroy};
}

bpf_map* map_of(const Object& object, const char* name) {
  return bpf_object__find_map_by_name(object.get(), name);
}

/// A map's values in this process.
template <typename T>
std::span<T> mapped(const Object& object, const char* name) {
  bpf_map* map = map_of(object, name);
  // The kernel rounds every value up to eight bytes.
  const std::size_t value = (std::size_t{bpf_map__value_size(map)} + 7) / 8 * 8;
  const std::size_t bytes = value * bpf_map__max_entries(map);
  void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (start == MAP_FAILED) throw refused(std::string("cannot map ") + name, errno);
  return {static_cast<T*>(start), bytes / sizeof(T)};
}

class XdpEngine final : public Engine {
 public:
  XdpEngine(const std::string& program, const std::string& interface,
            const responder_settings& settings)
      : object_(open_object(program)), settings_(settings) {
    bpf_map__set_max_entries(map_of(object_, "pairs_map"), settings.pairs / 2 + 1);
    bpf_map__set_max_entries(map_of(object_, "arrivals_map"), settings.arrivals + 1);
    load(object_);
    mapped<responder_settings>(object_, "settings_map").front() = settings;
    counters_ = mapped<responder_counters>(object_, "counters_map").data();
    pairs_ = mapped<std::uint32_t>(object_, "pairs_map");
    arrivals_ = mapped<std::uint64_t>(object_, "arrivals_map");
    attachment_ = attach(object_, "respond", interface);
  }

  // The mappings go with the process.

  responder_counters counters() const override { return *counters_; }
  std::span<const std::uint32_t> pairs() const override { return pairs_.first(settings_.pairs); }
  std::span<const std::uint64_t> arrivals() const override {
    return arrivals_.first(settings_.arrivals);
  }
  std::uint64_t missed() const override { return 0; }
  void stop() override { attachment_.reset(); }

 private:
  Object object_;
  responder_settings settings_;
  const responder_counters* counters_ = nullptr;
  std::span<std::uint32_t> pairs_;
  std::span<std::uint64_t> arrivals_;
  Attachment attachment_;  // last: detached before anything it uses goes
};

}  // namespace

std::unique_ptr<Engine> open_xdp_engine(const std::string& program, const std::string& interface,
                                        const responder_settings& settings) {
  return std::make_unique<XdpEngine>(program, interface, settings);
}

std::shared_ptr<void> let_everything_pass(const std::string& program,
                                          const std::string& interface) {
  const Object object = open_object(program);
  load(object);
  return attach(object, "pass", interface);
}

}  // namespace pacegate::responder
