#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/result.hpp"

namespace kferry::topics {

/// Bounds of one match; what Java would run on for minutes or years stops here. One step is one
/// call of PCRE2's matcher, about 20 ns.
inline constexpr std::uint32_t k_match_steps_max = 1'000'000;
inline constexpr std::uint32_t k_match_depth_max = 250'000;
inline constexpr std::uint32_t k_match_heap_kib_max = 64 * 1024;
inline constexpr std::size_t k_pattern_bytes_max = 1024 * 1024;

/// A regex of the kind that Java users write, matched by PCRE2 against a whole text. Where PCRE2
/// would read a construct differently than Java (class intersections, nested and POSIX classes),
/// compile() refuses it by name. A long list of alternatives may exceed what PCRE2 compiles at
/// once; it is then compiled in parts. Text and pattern are UTF-8. A text that is not (a binary
/// key) is matched byte by byte. Known difference: '.' matches the line terminators U+0085, U+2028
/// and U+2029. Immutable after compile(); thread: any.
class JavaRegex {
 public:
  /// Errors: kind configuration; the text says what is wrong and where, but not in which pattern.
  static Result<JavaRegex> compile(std::string_view pattern);
  JavaRegex(JavaRegex&&) noexcept;
  JavaRegex& operator=(JavaRegex&&) noexcept;
  ~JavaRegex();

  /// Whether the whole text matches. A text that exhausts a limit does not match.
  bool full_match(std::string_view text) const;
  /// The same, but a text that exhausts a limit is an error (kind configuration).
  Result<bool> try_full_match(std::string_view text) const;
  /// The capture groups of a whole match, [0] the match itself; empty when there is none. A group
  /// that took no part is an empty text.
  std::vector<std::string> groups(std::string_view text) const;
  /// How many capture groups there are, without [0].
  std::size_t group_count() const noexcept;
  const std::string& pattern() const noexcept;

 private:
  struct Inside;
  explicit JavaRegex(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace kferry::topics
