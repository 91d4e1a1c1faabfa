/// \file
/// Text as Windows has it and as everything here has it.
#pragma once

#include <string>

namespace pacegate::platform {

[[nodiscard]] std::string utf8_from_wide(const wchar_t* text);
[[nodiscard]] std::wstring wide_from_utf8(const std::string& text);

}  // namespace pacegate::platform
