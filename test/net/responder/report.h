/// \file
/// What the responder saw, for programs to read.
#pragma once

#include <string>

#include "responder/command_line.h"
#include "responder/engine.h"

namespace pacegate::responder {

/// The figures so far on one line.
[[nodiscard]] std::string json_of(const Engine& engine, const responder_settings& settings);

/// Writes what the command wants kept, little-endian. \throws std::runtime_error
void write_files(const Engine& engine, const Command& command);

}  // namespace pacegate::responder
