#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace kferry::security {

struct Token {
  enum class Kind { end, word, number, quoted, symbol };
  Kind kind = Kind::end;
  std::string text;      ///< of a word, or what stands between the quotes; may be a secret
  char symbol = 0;       ///< the quote, or the character; 0 for one beyond ASCII
  int line = 1;          ///< on which it begins, 1-based
  bool closed = true;    ///< its quote has a second one
  bool slashed = false;  ///< a lone slash before it made the rest of a line a comment

  /// What Java calls sval: numbers and symbols have none.
  bool has_text() const noexcept { return kind == Kind::word || kind == Kind::quoted; }
  bool is(char c) const noexcept { return kind == Kind::symbol && symbol == c; }
};

/// java.io.StreamTokenizer in its default syntax with comments of // and /*: letters and everything
/// from U+00A0 make words (digits, '.' and '-' inside them), texts stand in double or single
/// quotes, '/' comments, digits, '.' and '-' begin numbers, all else is a symbol. Takes any bytes;
/// what is not UTF-8 it leaves as it is.
class Tokenizer {
 public:
  /// Neither text is copied. `letters`: ASCII that makes words as well.
  Tokenizer(std::string_view text, std::string_view letters);

  Token next();

 private:
  void skip_blanks_and_comments();
  void skip_line() noexcept;
  void skip_block_comment() noexcept;
  void take_line_end() noexcept;
  void take_quoted(Token& token);
  void take_escape(std::string& out);
  void take_number(Token& token) noexcept;
  void take_symbol(Token& token) noexcept;
  bool at(std::string_view wanted) const noexcept {
    return rest_.substr(0, wanted.size()) == wanted;
  }
  bool at_line_end() const noexcept { return at("\n") || at("\r"); }
  bool at_word() const noexcept;
  bool at_number_part() const noexcept;

  std::string_view rest_;
  std::array<bool, 128> is_letter_{};
  int line_ = 1;
  bool slashed_ = false;
};

/// Bytes as Java's UTF-8 decoder reads them: U+FFFD where they are malformed.
std::string as_java_decodes(std::string_view bytes);

}  // namespace kferry::security
