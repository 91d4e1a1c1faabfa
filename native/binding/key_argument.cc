#include "binding/key_argument.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "core/ip_text.h"

namespace pacegate::binding {
namespace {

constexpr std::size_t kShortKey = 256;       // code units, the closing zero included
constexpr std::size_t kLongestAddress = 45;  // ffff:...:255.255.255.255

bool may_begin_address(char16_t c) noexcept {
  return c == u':' || (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f') ||
         (c >= u'A' && c <= u'F');
}

std::optional<IpAddress> read_address(std::u16string_view text) noexcept {
  if (text.size() < 2 || text.size() > kLongestAddress || !may_begin_address(text.front())) {
    return std::nullopt;
  }
  std::array<char, kLongestAddress> narrow;
  bool has_separator = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] > 0x7f) return std::nullopt;
    narrow[i] = static_cast<char>(text[i]);
    has_separator |= text[i] == u'.' || text[i] == u':';
  }
  if (!has_separator) return std::nullopt;
  return parse_ip_address({narrow.data(), text.size()});
}

KeyId id_of(std::u16string_view text, const KeyedObject& object) noexcept {
  if (object.reads_addresses) {
    if (const std::optional<IpAddress> address = read_address(text)) {
      return object.store.hasher().of(*address);
    }
  }
  return object.store.hasher().of(std::span<const std::uint8_t>(
      reinterpret_cast<const std::uint8_t*>(text.data()), text.size() * sizeof(char16_t)));
}

KeyId read_long_key(const Call& call, napi_value value, const KeyedObject& object) {
  std::size_t length = 0;
  if (napi_get_value_string_utf16(call.env(), value, nullptr, 0, &length) != napi_ok) {
    throw CallError("a key cannot be read");
  }
  const auto text = std::make_unique<char16_t[]>(length + 1);
  if (napi_get_value_string_utf16(call.env(), value, text.get(), length + 1, &length) != napi_ok) {
    throw CallError("a key cannot be read");
  }
  return id_of({text.get(), length}, object);
}

}  // namespace

KeyId read_key(const Call& call, std::size_t index, const KeyedObject& object) {
  napi_value value = call.value(index);
  std::uint32_t number = 0;
  if (napi_get_value_uint32(call.env(), value, &number) == napi_ok) {
    return object.store.hasher().of(number);
  }
  std::array<char16_t, kShortKey> text;
  std::size_t length = 0;
  if (napi_get_value_string_utf16(call.env(), value, text.data(), text.size(), &length) !=
      napi_ok) {
    throw CallError("a key must be a number or a string");
  }
  if (length + 1 == text.size()) return read_long_key(call, value, object);
  return id_of({text.data(), length}, object);
}

}  // namespace pacegate::binding
