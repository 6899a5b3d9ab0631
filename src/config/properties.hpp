#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kferry::config {

/// One property of a Java properties file, both texts in UTF-8 and not trimmed.
struct Property {
  std::string name;
  std::string value;
  int line = 0;      ///< 1-based line on which the property begins
  int replaces = 0;  ///< line of an earlier property of the same name, which this one wins over
};

struct PropertiesError {
  int line = 0;
  std::string text;
};

struct Properties {
  std::vector<Property> entries;  ///< each name once, in the order of the lines that won
  std::vector<PropertiesError> errors;
};

/// Reads bytes as java.util.Properties.load(InputStream) does: ISO-8859-1, comments with # and !,
/// lines joined by a trailing backslash, keys that end at '=', ':' or a blank, escapes. Where Java
/// gives up at the first malformed \u escape, every one is reported here. Takes any input.
Properties parse_properties(std::string_view bytes);

}  // namespace kferry::config
