#include "security/tokenizer.hpp"

#include <algorithm>
#include <cstddef>

namespace kferry::security {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_octal(char c) noexcept { return c >= '0' && c <= '7'; }

/// Whether it is a control character between U+0080 and U+009F, the only ones beyond ASCII that are
/// no letters.
bool is_high_control(std::string_view text) noexcept {
  const auto second = byte_at(text, 1);
  return byte_at(text, 0) == 0xC2 && second >= 0x80 && second < 0xA0;
}

char escaped(char c) noexcept {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;
  }
}

struct Sequence {
  std::size_t length = 1;
  bool good = false;
};

bool continues(std::string_view text, std::size_t at, std::uint8_t low = 0x80,
               std::uint8_t high = 0xBF) noexcept {
  const auto byte = byte_at(text, at);
  return byte >= low && byte <= high;
}

/// What Java takes as one character, or replaces as one: the longest begin of a good sequence, and
/// all of an encoded surrogate.
Sequence sequence_of(std::string_view text) noexcept {
  const auto first = byte_at(text, 0);
  if (first < 0x80) return {1, true};
  if (first >= 0xC2 && first < 0xE0) {
    return continues(text, 1) ? Sequence{2, true} : Sequence{1, false};
  }
  if (first >= 0xE0 && first < 0xF0) {
    if (!continues(text, 1, first == 0xE0 ? 0xA0 : 0x80)) return {1, false};
    if (!continues(text, 2)) return {2, false};
    const bool surrogate = first == 0xED && byte_at(text, 1) >= 0xA0;
    return {3, !surrogate};
  }
  if (first >= 0xF0 && first < 0xF5) {
    const std::uint8_t low = first == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
    if (!continues(text, 1, low, high)) return {1, false};
    if (!continues(text, 2)) return {2, false};
    return continues(text, 3) ? Sequence{4, true} : Sequence{3, false};
  }
  return {1, false};
}

}  // namespace

std::string as_java_decodes(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto [length, good] = sequence_of(bytes);
    out += good ? bytes.substr(0, length) : std::string_view("\xEF\xBF\xBD");
    bytes.remove_prefix(length);
  }
  return out;
}

Tokenizer::Tokenizer(std::string_view text, std::string_view letters) : rest_(text) {
  for (char c = 'a'; c <= 'z'; ++c) is_letter_[static_cast<std::size_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) is_letter_[static_cast<std::size_t>(c)] = true;
  for (const char c : letters) is_letter_[static_cast<std::size_t>(c)] = true;
}

Token Tokenizer::next() {
  slashed_ = false;
  skip_blanks_and_comments();
  Token token;
  token.line = line_;
  token.slashed = slashed_;
  if (rest_.empty()) return token;
  // Numbers first: '-' and '.' are theirs where they begin a token, even if they are letters too.
  if (at_number_part()) {
    take_number(token);
  } else if (at_word()) {
    token.kind = Token::Kind::word;
    const auto begin = rest_;
    while (at_word() || at_number_part()) rest_.remove_prefix(1);
    token.text = begin.substr(0, begin.size() - rest_.size());
  } else if (at("\"") || at("'")) {
    take_quoted(token);
  } else {
    take_symbol(token);
  }
  return token;
}

bool Tokenizer::at_word() const noexcept {
  if (rest_.empty()) return false;
  const auto first = byte_at(rest_, 0);
  return first < 0x80 ? is_letter_[first] : !is_high_control(rest_);
}

bool Tokenizer::at_number_part() const noexcept {
  return !rest_.empty() && (is_digit(rest_[0]) || rest_[0] == '.' || rest_[0] == '-');
}

void Tokenizer::skip_blanks_and_comments() {
  while (!rest_.empty()) {
    if (at_line_end()) {
      take_line_end();
    } else if (byte_at(rest_, 0) <= 0x20) {
      rest_.remove_prefix(1);
    } else if (at("/*")) {
      skip_block_comment();
    } else if (at("//")) {
      skip_line();
    } else if (at("/")) {
      // Java reads on behind the character that follows: when that ends the line, the next line is
      // part of the comment.
      slashed_ = true;
      rest_.remove_prefix(1);
      if (at_line_end()) {
        line_ += at("\r\n") ? 0 : 1;
        rest_.remove_prefix(1);
      }
      skip_line();
    } else {
      return;
    }
  }
}

void Tokenizer::skip_line() noexcept {
  rest_.remove_prefix(std::min(rest_.find_first_of("\n\r"), rest_.size()));
}

void Tokenizer::skip_block_comment() noexcept {
  rest_.remove_prefix(2);
  while (!rest_.empty() && !at("*/")) {
    if (at_line_end()) {
      take_line_end();
    } else {
      rest_.remove_prefix(1);
    }
  }
  rest_.remove_prefix(std::min<std::size_t>(2, rest_.size()));
}

void Tokenizer::take_line_end() noexcept {
  rest_.remove_prefix(at("\r\n") ? 2 : 1);
  ++line_;
}

void Tokenizer::take_number(Token& token) noexcept {
  if (at("-")) {
    rest_.remove_prefix(1);
    if (rest_.empty() || (rest_[0] != '.' && !is_digit(rest_[0]))) {
      token.kind = Token::Kind::symbol;
      token.symbol = '-';
      return;
    }
  }
  token.kind = Token::Kind::number;
  bool dot = false;
  while (!rest_.empty() && (is_digit(rest_[0]) || (rest_[0] == '.' && !dot))) {
    dot = dot || rest_[0] == '.';
    rest_.remove_prefix(1);
  }
}

void Tokenizer::take_symbol(Token& token) noexcept {
  token.kind = Token::Kind::symbol;
  const bool ascii = byte_at(rest_, 0) < 0x80;
  token.symbol = ascii ? rest_[0] : '\0';
  rest_.remove_prefix(ascii ? 1 : 2);
}

void Tokenizer::take_quoted(Token& token) {
  token.kind = Token::Kind::quoted;
  token.symbol = rest_[0];
  rest_.remove_prefix(1);
  while (!rest_.empty() && !at_line_end()) {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    if (c == token.symbol) return;
    if (c == '\\') {
      take_escape(token.text);
    } else {
      token.text += c;
    }
  }
  token.closed = false;
}

/// Behind the backslash. One that ends the text ends it as well for Java, in its own odd way.
void Tokenizer::take_escape(std::string& out) {
  if (rest_.empty()) return;
  const char first = rest_[0];
  if (!is_octal(first)) {
    // A line end is kept too, and does not end the text.
    if (first == '\n' || (first == '\r' && !at("\r\n"))) ++line_;
    out += escaped(first);
    rest_.remove_prefix(1);
    return;
  }
  // Up to \377: a third digit only where the number stays a byte.
  const std::size_t digits_max = first <= '3' ? 3 : 2;
  unsigned code = 0;
  for (std::size_t i = 0; i < digits_max && !rest_.empty() && is_octal(rest_[0]); ++i) {
    code = code * 8 + static_cast<unsigned>(rest_[0] - '0');
    rest_.remove_prefix(1);
  }
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else {
    out += static_cast<char>(0xC0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

}  // namespace kferry::security
