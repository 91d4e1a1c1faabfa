/// \file
/// Counts the SYNs that reach a device in its driver, which keeps up with every sender. Linux only.
///
/// usage: pacegate_bench_counter IFACE PROGRAM [pass]
/// Answers lines on standard input: `reset` by `done`, `read` by one line of JSON; ends with the input. With `pass` the
/// packets go on to the kernel instead of being dropped.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/counter_counts.h"

namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
struct DestroyLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

class Counter {
 public:
  Counter(const char* interface, const char* program, bool pass)
      : object_(bpf_object__open(program)) {
    if (!object_) fail(std::string("cannot open ") + program);
    if (pass) set_verdict(XDP_PASS);
    if (bpf_object__load(object_.get()) != 0) fail("cannot load the program");
    bpf_map* map = bpf_object__find_map_by_name(object_.get(), "counts_map");
    void* mapped = mmap(nullptr, sizeof(counter_counts), PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(map), 0);
    if (mapped == MAP_FAILED) fail("cannot map the counts");
    counts_ = static_cast<volatile counter_counts*>(mapped);
    bpf_program* count = bpf_object__find_program_by_name(object_.get(), "count_probes");
    link_.reset(bpf_program__attach_xdp(count, static_cast<int>(if_nametoindex(interface))));
    if (!link_) fail(std::string("cannot attach to ") + interface);
  }

  void reset() {
    counts_->packets = 0;
    counts_->last_ns = 0;
    for (volatile __u64& window : counts_->per_ms) window = 0;
    counts_->first_ns = 0;
  }

  void print() const {
    const std::uint64_t first = counts_->first_ns;
    const std::uint64_t last = counts_->last_ns;
    std::printf(R"({"count":%llu,"firstNs":%llu,"lastNs":%llu,"perMs":[)",
                static_cast<unsigned long long>(counts_->packets),
                static_cast<unsigned long long>(first), static_cast<unsigned long long>(last));
    for (std::uint64_t ms = first / kNsPerMs; first != 0 && ms <= last / kNsPerMs; ++ms) {
      std::printf("%s%llu", ms == first / kNsPerMs ? "" : ",",
                  static_cast<unsigned long long>(counts_->per_ms[ms % COUNTER_WINDOWS]));
    }
    std::puts("]}");
  }

 private:
  void set_verdict(int verdict) {
    bpf_map* constants = bpf_object__find_map_by_name(object_.get(), ".rodata");
    if (bpf_map__set_initial_value(constants, &verdict, sizeof verdict) != 0)
      fail("cannot set the verdict");
  }

  std::unique_ptr<bpf_object, CloseObject> object_;
  std::unique_ptr<bpf_link, DestroyLink> link_;
  volatile counter_counts* counts_ = nullptr;  // unmapped with the process
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: pacegate_bench_counter IFACE PROGRAM [pass]\n", stderr);
    return 2;
  }
  try {
    Counter counter(argv[1], argv[2], argc > 3 && std::string(argv[3]) == "pass");
    std::puts("ready");
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
      if (line == "reset") {
        counter.reset();
        std::puts("done");
      } else {
        counter.print();
      }
      std::fflush(stdout);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pacegate_bench_counter: %s\n", error.what());
    return 1;
  }
}
