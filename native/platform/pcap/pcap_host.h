/// \file
/// What the pcap backend asks of the system below; posix/ and windows/ each answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/interface.h"
#include "platform/pcap/libpcap_abi.h"

namespace pacegate::platform {

/// Files that may be libpcap, best first.
[[nodiscard]] std::vector<std::string> pcap_library_names();
/// How a user gets libpcap, e.g. "install Npcap from https://npcap.com".
[[nodiscard]] const char* how_to_get_pcap() noexcept;

/// Loads a library for the rest of the process's life. \return null, and why in `complaint`
[[nodiscard]] void* load_library(const std::string& name, std::string& complaint);
/// \return null when the library has no such function
[[nodiscard]] void* find_function(void* library, const char* name) noexcept;

/// The device's name as libpcap knows it. \throws PlatformError no_such_interface
[[nodiscard]] std::string pcap_device_name(const Interface& interface);

/// Whether a packet injected into the loopback device reaches the sockets behind it.
[[nodiscard]] bool loopback_answers_pcap() noexcept;

/// The errno that an injection just now ended with.
[[nodiscard]] int last_injection_error() noexcept;

/// Sleeping until a capture has packets. One thread waits, any may wake it.
class CaptureWait {
 public:
  enum class For : std::uint8_t { wake, wake_or_packets };

  virtual ~CaptureWait() = default;
  /// Returns at the deadline at the latest, though up to a millisecond late, and possibly sooner
  /// for no reason: not every system tells of each packet. \return whether wake() ended it
  [[nodiscard]] virtual bool wait(std::uint64_t deadline_ns, For what) noexcept = 0;
  /// Makes the running or the next wait() return true. Thread-safe.
  virtual void wake() noexcept = 0;
};

/// \param handle in use as long as the result lives \throws PlatformError
[[nodiscard]] std::unique_ptr<CaptureWait> make_capture_wait(const libpcap::Functions& functions,
                                                             libpcap::Handle* handle);

}  // namespace pacegate::platform
