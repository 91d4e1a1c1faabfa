/// \file
/// pacegate_responder: the ground truth of tests and benches. See kUsage.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

#include "platform/interface.h"
#include "responder/command_line.h"
#include "responder/engine.h"
#include "responder/programs.h"
#include "responder/report.h"

namespace {

using namespace pacegate::responder;

/// Beside the executable, where the build puts it.
std::string program_file() {
  return std::filesystem::read_symlink("/proc/self/exe").replace_filename("responder.bpf.o");
}

std::unique_ptr<Engine> open_engine(const Command& command) {
  return command.mode == Mode::xdp
             ? open_xdp_engine(program_file(), command.interface, command.settings)
             : open_packet_engine(command.interface, command.settings);
}

void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
}

void serve(Command& command) {
  const auto mac = pacegate::platform::find_interface(command.interface).mac.bytes;
  std::memcpy(command.settings.mac, mac.data(), mac.size());
  // Who probes by XDP reaches this end only while a program is attached: the XDP engine is one.
  const auto passing = command.mode == Mode::packet
                           ? let_everything_pass(program_file(), command.interface)
                           : nullptr;
  const auto engine = open_engine(command);
  say_ready();
  for (std::string line; std::getline(std::cin, line);) {
    std::puts(json_of(*engine, command.settings).c_str());
    std::fflush(stdout);
  }
  engine->stop();
  write_files(*engine, command);
  std::puts(json_of(*engine, command.settings).c_str());
}

void let_pass(const Command& command) {
  const auto attachment = let_everything_pass(program_file(), command.interface);
  say_ready();
  for (std::string line; std::getline(std::cin, line);) {
  }
}

void print_open_ports(const responder_settings& settings) {
  for (std::uint32_t i = 0; i < settings.prefixes; ++i) {
    const responder_prefix& prefix = settings.prefix[i];
    truth_address address = prefix.first;
    const std::uint64_t addresses = std::uint64_t{1} << (32 - prefix.bits);
    for (std::uint64_t n = 0; n < addresses; ++n, ++address.word[0]) {
      const std::uint32_t word = address.word[0];
      for (std::uint32_t port = settings.first_port; port < settings.first_port + settings.ports;
           ++port) {
        const std::uint32_t hash = truth_hash(settings.key, &address, port);
        if (truth_kind_of(&settings.shares, hash) == TRUTH_OPEN) {
          std::printf("%u.%u.%u.%u %u\n", word >> 24, (word >> 16) & 255, (word >> 8) & 255,
                      word & 255, port);
        }
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Command command = parse_command({argv + 1, argv + argc});
    switch (command.mode) {
      case Mode::programs:
        std::puts(loaded_programs().c_str());
        break;
      case Mode::pass:
        let_pass(command);
        break;
      case Mode::truth:
        print_open_ports(command.settings);
        break;
      default:
        serve(command);
    }
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "pacegate_responder: %s\n\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pacegate_responder: %s\n", error.what());
    return 1;
  }
}
