#include "platform/windows/wide_text.h"

#include <windows.h>

namespace pacegate::platform {

std::string utf8_from_wide(const wchar_t* text) {
  const int room = WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  if (room <= 0) return {};
  std::string result(static_cast<std::size_t>(room), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text, -1, result.data(), room, nullptr, nullptr);
  result.pop_back();  // the terminating zero was counted
  return result;
}

std::wstring wide_from_utf8(const std::string& text) {
  const int size = static_cast<int>(text.size());
  const int room = MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0);
  if (room <= 0) return {};
  std::wstring result(static_cast<std::size_t>(room), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), size, result.data(), room);
  return result;
}

}  // namespace pacegate::platform
