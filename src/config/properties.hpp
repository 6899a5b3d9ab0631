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
  bool raw_letters = false;  ///< the value is written with bytes above 0x7F, not with \u escapes
};

struct PropertiesError {
  int line = 0;
  std::string text;
};

struct Properties {
  std::vector<Property> entries;  ///< each name once, in the order of the lines that won
  std::vector<PropertiesError> errors;
};

/// ISO-8859-1 is Properties.load(InputStream), with which clients read their files; UTF-8 is
/// load(Reader) of Kafka's FileConfigProvider, and its bytes have to be well-formed.
enum class Charset { iso_8859_1, utf_8 };

/// Reads bytes as java.util.Properties does: comments with # and !, lines joined by a trailing
/// backslash, keys that end at '=', ':' or a blank, escapes. Where Java gives up at the first
/// malformed \u escape, every one is reported here. Takes any input.
Properties parse_properties(std::string_view bytes, Charset charset = Charset::iso_8859_1);

}  // namespace kferry::config
