#include "config/properties.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "config/text.hpp"

namespace kferry::config {
namespace {

constexpr char32_t k_replacement = 0xFFFD;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\f'; }
bool is_line_end(char c) noexcept { return c == '\n' || c == '\r'; }

struct LogicalLine {
  std::string text;  ///< joined, still escaped; never ends in an unescaped backslash
  int number = 0;
};

/// Cuts the input into logical lines.
class LineReader {
 public:
  explicit LineReader(std::string_view bytes) : rest_(bytes) {}

  std::optional<LogicalLine> next() {
    LogicalLine line;
    while (!rest_.empty()) {
      skip_blanks();
      // Java looks for a comment while the logical line is still empty, also on a line that a lone
      // backslash joined to it.
      if (line.text.empty() && !rest_.empty() && (rest_[0] == '#' || rest_[0] == '!')) {
        take_natural_line();
        continue;
      }
      if (line.text.empty()) line.number = number_;
      const auto before = rest_.size();
      const auto natural = take_natural_line();
      line.text += natural;
      if (!ends_in_open_backslash(line.text)) {
        if (!line.text.empty()) return line;
        continue;
      }
      line.text.pop_back();
      // A lone backslash before the very end is an empty property to Java, unless \r\n follows it.
      if (rest_.empty() && before - natural.size() < 2) return line;
    }
    if (line.text.empty()) return std::nullopt;
    return line;
  }

 private:
  void skip_blanks() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_blank);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
  }

  std::string_view take_natural_line() {
    const auto end = std::find_if(rest_.begin(), rest_.end(), is_line_end);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    const auto line = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (!rest_.empty()) {
      const bool two = rest_[0] == '\r' && rest_.size() > 1 && rest_[1] == '\n';
      rest_.remove_prefix(two ? 2 : 1);
      ++number_;
    }
    return line;
  }

  static bool ends_in_open_backslash(std::string_view text) noexcept {
    const auto last = text.find_last_not_of('\\');
    const auto backslashes = text.size() - (last == std::string_view::npos ? 0 : last + 1);
    return backslashes % 2 == 1;
  }

  std::string_view rest_;
  int number_ = 1;
};

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// A half of a surrogate pair becomes '?', as when Java encodes it.
std::string to_utf8(const std::u16string& units) {
  std::string out;
  out.reserve(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::uint32_t unit = units[i];
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    if (high && i + 1 < units.size() && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (units[++i] - 0xDC00U));
    } else if (unit >= 0xD800 && unit < 0xE000) {
      out += '?';
    } else {
      append_utf8(out, unit);
    }
  }
  return out;
}

std::optional<char16_t> four_hex_digits(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t code = 0;
  for (const char c : text.substr(0, 4)) {
    const bool digit = c >= '0' && c <= '9';
    const char low = static_cast<char>(c | 0x20);
    if (!digit && (low < 'a' || low > 'f')) return std::nullopt;
    code = code * 16 + static_cast<std::uint32_t>(digit ? c - '0' : low - 'a' + 10);
  }
  return static_cast<char16_t>(code);
}

char16_t escaped(char c) noexcept {
  switch (c) {
    case 't':
      return u'\t';
    case 'n':
      return u'\n';
    case 'r':
      return u'\r';
    case 'f':
      return u'\f';
    default:
      return static_cast<unsigned char>(c);
  }
}

/// What is neither a backslash nor part of an escape, in UTF-16.
void append_plain(std::u16string& units, std::string_view text, Charset charset) {
  if (charset == Charset::iso_8859_1) {
    for (const char c : text) units += static_cast<unsigned char>(c);
    return;
  }
  for (std::size_t i = 0; i < text.size();) {
    const auto code = next_utf8(text, i).value_or(k_replacement);
    if (code >= 0x10000) {
      units += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
      units += static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      units += static_cast<char16_t>(code);
    }
  }
}

/// Nothing when a \u escape is malformed.
std::optional<std::string> unescape(std::string_view text, Charset charset) {
  std::u16string units;
  units.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto plain = std::min(text.find('\\', i), text.size()) - i;
    append_plain(units, text.substr(i, plain), charset);
    i += plain;
    // A backslash at the very end stands for nothing.
    if (i == text.size() || ++i == text.size()) break;
    if (text[i] == 'u') {
      const auto unit = four_hex_digits(text.substr(i + 1));
      if (!unit) return std::nullopt;
      units += *unit;
      i += 4;
    } else if (static_cast<unsigned char>(text[i]) < 0x80 || charset == Charset::iso_8859_1) {
      units += escaped(text[i]);
    } else {
      --i;  // the letter has several bytes and comes with what follows
    }
  }
  return to_utf8(units);
}

/// Where the key ends: at the first separator or blank without a backslash of its own before it.
std::size_t key_length(std::string_view line) noexcept {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || is_blank(line[i])) {
      return i;
    }
  }
  return line.size();
}

/// Blanks, at most one separator, blanks.
std::string_view after_separator(std::string_view text) noexcept {
  const auto skip = [&] {
    while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
  };
  skip();
  if (!text.empty() && (text[0] == '=' || text[0] == ':')) {
    text.remove_prefix(1);
    skip();
  }
  return text;
}

}  // namespace

Properties parse_properties(std::string_view bytes, Charset charset) {
  Properties result;
  std::unordered_map<std::string, int> last_line;
  LineReader reader(bytes);
  while (const auto line = reader.next()) {
    const std::string_view text = line->text;
    const auto length = key_length(text);
    const auto written_value = after_separator(text.substr(length));
    auto name = unescape(text.substr(0, length), charset);
    auto value = unescape(written_value, charset);
    if (!name || !value) {
      result.errors.push_back({line->number, "malformed \\u escape: four hex digits must follow"});
      continue;
    }
    const auto [known, is_new] = last_line.try_emplace(*name, line->number);
    const int replaced = is_new ? 0 : std::exchange(known->second, line->number);
    const bool raw = std::any_of(written_value.begin(), written_value.end(),
                                 [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
    result.entries.push_back({std::move(*name), std::move(*value), line->number, replaced, raw});
  }
  std::erase_if(result.entries,
                [&](const Property& entry) { return last_line.at(entry.name) != entry.line; });
  return result;
}

}  // namespace kferry::config
