#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/result.hpp"

namespace kferry::topics {

/// A regex of the kind that Java users write, matched by PCRE2 against a whole text. Where PCRE2
/// would read a construct differently than Java (class intersections, nested and POSIX classes),
/// compile() refuses it by name. Match limits bound the work; a match that hits one is an error.
/// Immutable after compile(); thread: any.
class JavaRegex {
 public:
  static Result<JavaRegex> compile(std::string_view pattern);
  JavaRegex(JavaRegex&&) noexcept;
  JavaRegex& operator=(JavaRegex&&) noexcept;
  ~JavaRegex();

  /// Whether the whole text matches. A text that exhausts the match limit does not match.
  bool full_match(std::string_view text) const;
  /// The capture groups of a whole match, [0] the match itself; empty when there is none.
  std::vector<std::string> groups(std::string_view text) const;
  const std::string& pattern() const noexcept;

 private:
  struct Inside;
  explicit JavaRegex(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace kferry::topics
