#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/result.hpp"

namespace kferry::topics {

/// A Java regex in PCRE2's spelling, which differs only in \uhhhh.
struct JavaSyntax {
  std::string pattern;
  /// Where the alternatives of the whole pattern are parted: indexes of '|' outside of every group.
  std::vector<std::size_t> top_level_bars;
  /// Whether each alternative means the same when it stands alone: nothing in it speaks of another
  /// one, as back-references and flags do.
  bool alternatives_stand_alone = true;
};

/// Reads a pattern by Java's grammar (java.util.regex.Pattern) and lets through what PCRE2 takes in
/// the same sense. All else, above all what PCRE2 knows and Java does not, is refused by name.
/// Errors: kind configuration; the text names the construct and its place, counted from 1.
Result<JavaSyntax> read_java_syntax(std::string_view pattern);

}  // namespace kferry::topics
