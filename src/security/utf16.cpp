#include "security/utf16.hpp"

#include <cstdint>

namespace kferry::security {

namespace {

constexpr char32_t k_malformed = 0xFFFFFFFF;

unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

/// The character at `i`, which moves past it. `surrogates`: whether halves of pairs may be there.
char32_t next_character(std::string_view text, std::size_t& i, bool surrogates) noexcept {
  const unsigned first = byte_at(text, i++);
  if (first < 0x80) return first;
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC0 || first > 0xF4) return k_malformed;
  char32_t character = first & (0x3FU >> more);
  for (std::size_t n = 0; n < more; ++n) {
    const unsigned byte = byte_at(text, i++);
    if ((byte & 0xC0) != 0x80) return k_malformed;
    character = (character << 6) | (byte & 0x3F);
  }
  constexpr char32_t k_least[] = {0, 0x80, 0x800, 0x10000};
  const bool half = character >= 0xD800 && character <= 0xDFFF;
  if (surrogates) return more == 3 ? k_malformed : character;
  return half || character < k_least[more] || character > 0x10FFFF ? k_malformed : character;
}

void append_utf8(std::string& out, char32_t character) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | (character >> 6));
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | (character >> 18));
    put(0x80 | ((character >> 12) & 0x3F));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

}  // namespace

std::optional<WipedBytes> to_utf16be(const Secret& text) {
  const std::string& utf8 = text.reveal();
  std::size_t units = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto character = next_character(utf8, i, false);
    if (character == k_malformed) return std::nullopt;
    units += character > 0xFFFF ? 2 : 1;
  }
  WipedBytes bytes(units * 2);
  unsigned char* out = bytes.data();
  const auto put = [&](char32_t unit) {
    *out++ = static_cast<unsigned char>(unit >> 8);
    *out++ = static_cast<unsigned char>(unit & 0xFF);
  };
  for (std::size_t i = 0; i < utf8.size();) {
    const auto character = next_character(utf8, i, false);
    if (character > 0xFFFF) {
      put(0xD800 + ((character - 0x10000) >> 10));
      put(0xDC00 + ((character - 0x10000) & 0x3FF));
    } else {
      put(character);
    }
  }
  return bytes;
}

std::optional<std::string> from_modified_utf8(std::string_view bytes) {
  std::string utf8;
  for (std::size_t i = 0; i < bytes.size();) {
    char32_t character = next_character(bytes, i, true);
    if (character == k_malformed) return std::nullopt;
    if (character >= 0xD800 && character <= 0xDBFF && i < bytes.size()) {
      std::size_t after = i;
      const auto low = next_character(bytes, after, true);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
        i = after;
      }
    }
    const bool half = character >= 0xD800 && character <= 0xDFFF;
    append_utf8(utf8, half ? 0xFFFD : character);
  }
  return utf8;
}

}  // namespace kferry::security
