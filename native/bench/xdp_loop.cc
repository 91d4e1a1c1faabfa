/// \file
/// A bare XDP live-frames loop: what a device takes from a program that does nothing but patch one template. The
/// measure for backend xdp. Linux only.
///
/// usage: pacegate_bench_xdp_loop IFACE PROGRAM SECONDS
/// Sends SYNs from 10.77.0.1 to 10.77.0.0/16 on the device for that long, then prints one line of JSON: packets that
/// the program sent off (ask the other end what arrived), seconds, packetsPerSecond.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/xdp_loop_fields.h"
#include "core/time.h"
#include "packet/build.h"
#include "packet/parse.h"
#include "platform/clock.h"

namespace {

constexpr std::size_t kIpAt = 14;
constexpr std::size_t kTcpAt = kIpAt + 20;
using Frame = std::array<std::uint8_t, kTcpAt + 20>;

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

Frame probe(std::uint32_t number) {
  Frame frame{0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00};
  pacegate::packet::TcpFields fields;
  fields.source = pacegate::IpAddress::v4(0x0a4d0001);
  fields.destination = pacegate::IpAddress::v4(0x0a4d0000 + (number & 0xffff));
  fields.source_port = 61000;
  fields.destination_port = static_cast<std::uint16_t>(number * 40503U);
  fields.sequence = number * 2654435761U;
  fields.flags = pacegate::packet::kTcpSyn;
  (void)pacegate::packet::build_tcp(fields, std::span(frame).subspan(kIpAt));
  return frame;
}

template <class Field>
void take(const Frame& frame, std::size_t at, Field& field) {
  std::memcpy(&field, frame.data() + at, sizeof field);
}

class Loop {
 public:
  Loop(const char* interface, const char* program) : object_(bpf_object__open(program)) {
    if (!object_) fail(std::string("cannot open ") + program);
    int device = static_cast<int>(if_nametoindex(interface));
    if (device == 0) fail(std::string("no interface ") + interface);
    bpf_map* constants = bpf_object__find_map_by_name(object_.get(), ".rodata");
    if (bpf_map__set_initial_value(constants, &device, sizeof device) != 0) fail("no constant");
    if (bpf_object__load(object_.get()) != 0) fail("cannot load the program");
    auto* fields = map<xdp_loop_fields>("fields_map", XDP_LOOP_FIELDS);
    for (std::uint32_t i = 0; i < XDP_LOOP_FIELDS; ++i) fill(fields[i], probe(i));
    counts_ = map<xdp_loop_counts>("counts_map", 1);
  }

  /// One call after the other, until a signal comes.
  void run(const volatile std::sig_atomic_t& is_over) {
    bpf_program* program = bpf_object__find_program_by_name(object_.get(), "send_template");
    Frame frame = probe(0);
    xdp_md context{};
    context.data_end = frame.size();
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_size_in = frame.size(),
                .ctx_in = &context, .ctx_size_in = sizeof context, .repeat = INT_MAX,
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);
    while (is_over == 0) {
      const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
      if (error != 0 && error != -EINTR) fail("cannot run the program");
    }
  }

  void print(std::uint64_t end_ns) const {
    const double seconds = static_cast<double>(end_ns - counts_->first_ns) / pacegate::kNsPerSecond;
    const auto packets = static_cast<double>(counts_->packets);
    std::printf(R"({"packets":%.0f,"seconds":%.6f,"packetsPerSecond":%.0f})", packets, seconds,
                packets / seconds);
    std::puts("");
  }

 private:
  template <class Value>
  Value* map(const char* name, std::size_t values) {
    bpf_map* found = bpf_object__find_map_by_name(object_.get(), name);
    void* memory = mmap(nullptr, values * sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(found), 0);
    if (memory == MAP_FAILED) fail(std::string("cannot map ") + name);
    return static_cast<Value*>(memory);  // unmapped with the process
  }

  static void fill(xdp_loop_fields& fields, const Frame& frame) {
    take(frame, kIpAt + 16, fields.destination);
    take(frame, kIpAt + 10, fields.ip_checksum);
    take(frame, kTcpAt + 2, fields.port);
    take(frame, kTcpAt + 4, fields.sequence);
    take(frame, kTcpAt + 16, fields.tcp_checksum);
  }

  std::unique_ptr<bpf_object, CloseObject> object_;
  const xdp_loop_counts* counts_ = nullptr;
};

volatile std::sig_atomic_t is_over = 0;

/// Signals that end a call; again and again, as one that comes between two calls ends none.
void set_alarm(double seconds) {
  struct sigaction action{};
  action.sa_handler = [](int) { is_over = 1; };
  sigaction(SIGALRM, &action, nullptr);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  timer.it_value.tv_usec =
      static_cast<suseconds_t>((seconds - static_cast<double>(timer.it_value.tv_sec)) * 1e6);
  timer.it_interval.tv_usec = 10'000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc == 4 ? std::strtod(argv[3], nullptr) : 0;
  if (!(seconds > 0 && seconds <= 3600)) {
    std::fputs("usage: pacegate_bench_xdp_loop IFACE PROGRAM SECONDS\n", stderr);
    return 2;
  }
  try {
    Loop loop(argv[1], argv[2]);
    set_alarm(seconds);
    loop.run(is_over);
    loop.print(pacegate::platform::monotonic_ns());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pacegate_bench_xdp_loop: %s\n", error.what());
    return 1;
  }
}
