/// \file
/// pacegate_responder's arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "responder/settings.h"

namespace pacegate::responder {

enum class Mode { xdp, packet, pass, programs, truth };

struct Command {
  Mode mode = Mode::packet;
  std::string interface;
  responder_settings settings{};
  std::string pairs_file;     ///< empty: not written
  std::string arrivals_file;  ///< empty: not written
};

extern const char* const kUsage;

/// \throws std::invalid_argument naming what is wrong
[[nodiscard]] Command parse_command(const std::vector<std::string_view>& arguments);

}  // namespace pacegate::responder
