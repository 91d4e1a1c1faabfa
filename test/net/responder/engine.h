/// \file
/// What answers probes: an XDP program in the kernel, or a thread of this process.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "responder/settings.h"

namespace pacegate::responder {

/// Answers from its making to its end. What it has counted may be read at any time.
class Engine {
 public:
  virtual ~Engine() = default;

  [[nodiscard]] virtual responder_counters counters() const = 0;
  /// Probes a pair, in the order of the prefixes, their addresses and the ports.
  [[nodiscard]] virtual std::span<const std::uint32_t> pairs() const = 0;
  /// When the first probes arrived, on the scale of monotonic_ns(); 0 for those that did not yet.
  [[nodiscard]] virtual std::span<const std::uint64_t> arrivals() const = 0;
  /// Packets that came and found no room on their way here.
  [[nodiscard]] virtual std::uint64_t missed() const = 0;
  /// Answers nothing any more; the figures stay. Once.
  virtual void stop() = 0;
};

/// \param program the compiled responder.bpf.c
/// \throws std::runtime_error where the kernel refuses
[[nodiscard]] std::unique_ptr<Engine> open_xdp_engine(const std::string& program,
                                                      const std::string& interface,
                                                      const responder_settings& settings);
/// \throws platform::PlatformError
[[nodiscard]] std::unique_ptr<Engine> open_packet_engine(const std::string& interface,
                                                         const responder_settings& settings);

/// Attaches a program that lets everything pass, for as long as the object lives: frames that the peer of a veth
/// sends by XDP arrive only at a device with one.
[[nodiscard]] std::shared_ptr<void> let_everything_pass(const std::string& program,
                                                        const std::string& interface);

}  // namespace pacegate::responder
