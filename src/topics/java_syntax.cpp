#include "java_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace kferry::topics {
namespace {

using namespace std::string_view_literals;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_not_ascii(char c) noexcept { return static_cast<unsigned char>(c) > 0x7f; }
constexpr bool is_hex_digit(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Escapes that are one letter and the same in both worlds; \p, \x, \u, \k, \c and \Q have more to
/// them.
constexpr std::string_view k_escapes = "tnrfaedDsSwWhHvVRbBAzZG";
constexpr std::string_view k_class_escapes = "tnrfaedDsSwWhHvV";

/// General categories: the only properties with the same name and the same content.
constexpr std::array k_categories = {
    "L"sv,  "Lu"sv, "Ll"sv, "Lt"sv, "Lm"sv, "Lo"sv, "M"sv,  "Mn"sv, "Mc"sv, "Me"sv, "N"sv,  "Nd"sv,
    "Nl"sv, "No"sv, "P"sv,  "Pc"sv, "Pd"sv, "Ps"sv, "Pe"sv, "Pi"sv, "Pf"sv, "Po"sv, "S"sv,  "Sm"sv,
    "Sc"sv, "Sk"sv, "So"sv, "Z"sv,  "Zs"sv, "Zl"sv, "Zp"sv, "C"sv,  "Cc"sv, "Cf"sv, "Co"sv, "Cs"sv};

using Refusal = std::optional<Error>;

class Reader {
 public:
  explicit Reader(std::string_view pattern) : rest_(pattern), whole_(pattern) {}

  Result<JavaSyntax> read() {
    while (!rest_.empty()) {
      if (Refusal refusal = read_item()) return *std::move(refusal);
    }
    // Java's (?i) knows the case of ASCII letters only, PCRE2's that of all.
    if (caseless_ && std::any_of(whole_.begin(), whole_.end(), is_not_ascii)) {
      return Error{ErrorKind::configuration, "the flag i goes with ASCII characters only"};
    }
    return std::move(syntax_);
  }

 private:
  Refusal read_item();
  Refusal read_group_start();
  Refusal read_group_name();
  Refusal read_flags();
  Refusal read_quantifier();
  Refusal read_class();
  Refusal read_escape(bool in_class);
  Refusal read_property(bool in_class);
  Refusal read_number(std::string_view escape);
  Refusal read_back_reference();
  Refusal read_quote();

  void take(std::size_t count) {
    syntax_.pattern += rest_.substr(0, count);
    rest_.remove_prefix(count);
  }

  /// Error about what stands at the front: the first length characters of what is left.
  Error refuse(std::size_t length, std::string_view why) const {
    return Error{ErrorKind::configuration,
                 fmt::format("'{}' at character {}: {}", rest_.substr(0, length),
                             whole_.size() - rest_.size() + 1, why)};
  }

  std::string_view rest_;
  std::string_view whole_;
  JavaSyntax syntax_;
  std::vector<std::string_view> names_;
  std::size_t depth_ = 0;
  bool after_quantifier_ = false;
  bool caseless_ = false;
};

Refusal Reader::read_item() {
  const char c = rest_.front();
  if (c == '*' || c == '+' || c == '?' || c == '{') return read_quantifier();
  after_quantifier_ = false;
  if (c == '\\') return read_escape(false);
  if (c == '[') return read_class();
  if (c == '(') return read_group_start();
  if (c == ')') {
    if (depth_ == 0) return refuse(1, "closes a group that was not opened");
    --depth_;
  }
  if (c == '|' && depth_ == 0) syntax_.top_level_bars.push_back(syntax_.pattern.size());
  take(1);
  return std::nullopt;
}

Refusal Reader::read_quantifier() {
  // Java ignores the second of two counts, PCRE2 multiplies them.
  if (after_quantifier_) return refuse(1, "a quantifier may not follow another one");
  std::size_t length = 1;
  if (rest_.front() == '{') {
    const std::size_t end = rest_.find('}');
    const std::string_view count = rest_.substr(1, end == rest_.npos ? end : end - 1);
    const std::size_t comma = std::min(count.find(','), count.size());
    const std::string_view upper = count.substr(std::min(comma + 1, count.size()));
    if (end == rest_.npos || comma == 0 ||
        !std::all_of(count.begin(), count.begin() + static_cast<std::ptrdiff_t>(comma), is_digit) ||
        !std::all_of(upper.begin(), upper.end(), is_digit)) {
      return refuse(1, "starts a count like {2}, {2,} or {2,5}; for the brace itself write \\{");
    }
    length = end + 1;
  }
  if (rest_.size() > length && (rest_[length] == '?' || rest_[length] == '+')) ++length;
  take(length);
  after_quantifier_ = true;
  return std::nullopt;
}

Refusal Reader::read_group_start() {
  if (rest_.starts_with("(*")) return refuse(2, "Java has no verbs; for a star write \\*");
  ++depth_;
  if (!rest_.starts_with("(?")) {
    take(1);
    return std::nullopt;
  }
  for (const std::string_view start : {"(?:"sv, "(?="sv, "(?!"sv, "(?>"sv, "(?<="sv, "(?<!"sv}) {
    if (rest_.starts_with(start)) {
      take(start.size());
      return std::nullopt;
    }
  }
  if (rest_.starts_with("(?<")) return read_group_name();
  const char flag = rest_.size() > 2 ? rest_[2] : '\0';
  if (is_letter(flag) && flag != 'P' && flag != 'R' && flag != 'C') return read_flags();
  if (flag == '-' && rest_.size() > 3 && is_letter(rest_[3])) return read_flags();
  return refuse(3, "Java has no such group (subroutines, conditions, comments, branch resets)");
}

Refusal Reader::read_group_name() {
  std::size_t end = 3;
  while (end < rest_.size() && (is_letter(rest_[end]) || (end > 3 && is_digit(rest_[end])))) ++end;
  if (end == 3 || end == rest_.size() || rest_[end] != '>') {
    return refuse(end, "a group's name is made of letters and digits");
  }
  syntax_.alternatives_stand_alone = false;
  names_.emplace_back(rest_.substr(3, end - 3));
  take(end + 1);
  return std::nullopt;
}

Refusal Reader::read_flags() {
  std::size_t end = 2;
  bool minus = false;
  for (; end < rest_.size() && rest_[end] != ')' && rest_[end] != ':'; ++end) {
    const char flag = rest_[end];
    if (flag == '-' && !minus) {
      minus = true;
    } else if (flag != 'i' && flag != 'm' && flag != 's') {
      return refuse(end + 1, "only the flags i, m and s mean the same in Java and here");
    } else if (flag == 'i' && !minus) {
      caseless_ = true;
    }
  }
  if (end == rest_.size()) return refuse(end, "the flags are not closed");
  if (rest_[end] == ')') {
    --depth_;
    if (depth_ == 0) syntax_.alternatives_stand_alone = false;
  }
  take(end + 1);
  return std::nullopt;
}

Refusal Reader::read_class() {
  take(rest_.starts_with("[^") ? 2 : 1);
  for (bool first = true; !rest_.empty(); first = false) {
    const char c = rest_.front();
    if (c == ']' && !first) {
      take(1);
      return std::nullopt;
    }
    if (rest_.starts_with("[:") || rest_.starts_with("[.") || rest_.starts_with("[=")) {
      return refuse(2, "a POSIX class means something else in Java; write its characters");
    }
    if (c == '[') {
      return refuse(1, "a class within a class is a union in Java; write one class, or \\[");
    }
    if (rest_.starts_with("&&")) {
      return refuse(2, "class intersections are Java's own; write the class that is meant, or \\&");
    }
    if (c == '\\') {
      if (Refusal refusal = read_escape(true)) return refusal;
    } else {
      take(1);
    }
  }
  return Error{ErrorKind::configuration, "a '[' is not closed; for the bracket itself write \\["};
}

Refusal Reader::read_escape(bool in_class) {
  if (rest_.size() < 2) return refuse(1, "a backslash at the end escapes nothing");
  const char c = rest_[1];
  if (c == 'p' || c == 'P') return read_property(in_class);
  if (c == 'x' || c == 'u') return read_number(rest_.substr(0, 2));
  if (c == 'Q') return read_quote();
  if (c == '0') return refuse(2, "octal numbers differ from Java's; write \\x and two hex digits");
  if (!in_class && (is_digit(c) || c == 'k')) return read_back_reference();
  if (c == 'c') {
    if (rest_.size() < 3 || rest_[2] < 'A' || rest_[2] > 'Z') {
      return refuse(3, "a control character is \\c and one of A to Z");
    }
    take(3);
    return std::nullopt;
  }
  const std::string_view known = in_class ? k_class_escapes : k_escapes;
  if ((is_letter(c) || is_digit(c)) && known.find(c) == known.npos) {
    return refuse(2, in_class ? "not an escape that Java knows in a class"
                              : "not an escape that means the same in Java and here");
  }
  // What follows the backslash may be the first byte of a longer character; its other bytes are
  // ordinary text.
  take(2);
  return std::nullopt;
}

Refusal Reader::read_property(bool in_class) {
  std::size_t length = 3;
  std::string_view name = rest_.substr(2, 1);
  if (name == "{") {
    const std::size_t end = rest_.find('}');
    if (end == rest_.npos) return refuse(rest_.size(), "the property's name is not closed");
    length = end + 1;
    name = rest_.substr(3, end - 3);
  }
  if (std::find(k_categories.begin(), k_categories.end(), name) == k_categories.end()) {
    return refuse(std::min(length, rest_.size()),
                  in_class ? "this property differs from Java's; write its characters, like a-z"
                           : "this property differs from Java's; write a class, like [a-z]");
  }
  if (caseless_ && (name == "Lu" || name == "Ll" || name == "Lt")) {
    return refuse(length, "under the flag i Java takes letters of every case; write \\p{L}");
  }
  take(length);
  return std::nullopt;
}

Refusal Reader::read_number(std::string_view escape) {
  if (escape == "\\x" && rest_.substr(2, 1) == "{") {
    const std::size_t end = rest_.find('}');
    const std::string_view digits = rest_.substr(3, end == rest_.npos ? end : end - 3);
    if (end == rest_.npos || digits.empty() ||
        !std::all_of(digits.begin(), digits.end(), is_hex_digit)) {
      return refuse(3, "is followed by hex digits and a closing brace");
    }
    take(end + 1);
    return std::nullopt;
  }
  const std::size_t count = escape == "\\x" ? 2 : 4;
  const std::string_view digits = rest_.substr(2, count);
  if (digits.size() < count || !std::all_of(digits.begin(), digits.end(), is_hex_digit)) {
    return refuse(
        2, escape == "\\x" ? "is followed by two hex digits" : "is followed by four hex digits");
  }
  if (escape == "\\x") {
    take(4);
    return std::nullopt;
  }
  if ((digits[0] == 'd' || digits[0] == 'D') && digits[1] >= '8') {
    return refuse(6, "half of a surrogate pair; write the whole character as \\x{...}");
  }
  syntax_.pattern += fmt::format("\\x{{{}}}", digits);
  rest_.remove_prefix(6);
  return std::nullopt;
}

Refusal Reader::read_back_reference() {
  syntax_.alternatives_stand_alone = false;
  if (rest_[1] != 'k') {
    // Java reads \12 by the number of groups, PCRE2 by groups or else as an octal number.
    if (rest_.size() > 2 && is_digit(rest_[2])) {
      return refuse(3, "back-references go from \\1 to \\9; name the group and write \\k<name>");
    }
    take(2);
    return std::nullopt;
  }
  std::size_t end = 3;
  while (end < rest_.size() && (is_letter(rest_[end]) || is_digit(rest_[end]))) ++end;
  if (!rest_.starts_with("\\k<") || end == rest_.size() || rest_[end] != '>') {
    return refuse(2, "a reference to a named group is written \\k<name>");
  }
  if (std::find(names_.begin(), names_.end(), rest_.substr(3, end - 3)) == names_.end()) {
    return refuse(end + 1, "no group before it has this name");
  }
  take(end + 1);
  return std::nullopt;
}

Refusal Reader::read_quote() {
  const std::size_t end = rest_.find("\\E");
  take(end == rest_.npos ? rest_.size() : end + 2);
  return std::nullopt;
}

}  // namespace

Result<JavaSyntax> read_java_syntax(std::string_view pattern) { return Reader(pattern).read(); }

}  // namespace kferry::topics
