/// \file
/// The BPF programs this kernel holds, whoever loaded them: for tests that look for what was left behind.
#pragma once

#include <string>

namespace pacegate::responder {

/// A JSON list of {"id", "name"}. Needs CAP_SYS_ADMIN. \throws std::runtime_error
[[nodiscard]] std::string loaded_programs();

}  // namespace pacegate::responder
