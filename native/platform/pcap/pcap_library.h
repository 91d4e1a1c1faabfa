/// \file
/// libpcap (or Npcap), looked for when it is first wanted: whoever does without it needs no such
/// library.
#pragma once

#include <string>
#include <vector>

#include "platform/pcap/libpcap_abi.h"

namespace pacegate::platform {

/// What came of looking for the library.
struct PcapLibrary {
  bool available = false;
  libpcap::Functions functions{};  ///< when available
  std::string why_not;             ///< else: what is missing and how to get it, in one sentence
};

/// Tries the files in order; the first that has all functions is it.
[[nodiscard]] PcapLibrary load_pcap_library(const std::vector<std::string>& names);

/// This system's, loaded at the first call and kept. Thread-safe.
[[nodiscard]] const PcapLibrary& pcap_library();

/// \throws PlatformError not_supported when there is none
[[nodiscard]] const libpcap::Functions& require_pcap();

}  // namespace pacegate::platform
