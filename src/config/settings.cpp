#include "kferry/config/settings.hpp"

#include <fmt/format.h>

#include "kferry/config/command_line.hpp"

namespace kferry::config {

std::string to_string(const Origin& origin) {
  if (origin.file.empty()) return "command line";
  return origin.line == 0 ? origin.file : fmt::format("{}:{}", origin.file, origin.line);
}

std::string to_string(const Mistake& mistake) {
  return fmt::format("{}: {}", to_string(mistake.origin), mistake.text);
}

std::string to_string(const Notice& notice) {
  return fmt::format("{}: {}", to_string(notice.origin), notice.text);
}

}  // namespace kferry::config
