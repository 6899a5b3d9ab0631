#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kferry::config {

/// Options of a Java machine, as KAFKA_OPTS holds them.
struct JavaOptions {
  std::map<std::string, std::string, std::less<>> properties;  ///< of -Dname=value; the last wins
  std::vector<std::string> others;  ///< names alone, up to '=' or ':', since the rest may be secret
  bool open_quote = false;          ///< a quote is not closed
};

/// Splits at blanks. Quotes of both kinds join, and outside single quotes a backslash takes the
/// next quote, blank or backslash as it is: a shell's rules, which Kafka's own scripts lack.
JavaOptions parse_java_options(std::string_view text);

}  // namespace kferry::config
