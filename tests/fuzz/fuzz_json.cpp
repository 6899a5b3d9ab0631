#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/json_document.hpp"
#include "kferry/base/check.hpp"

namespace {

using kferry::config::JsonValue;

/// Lines never go back, and none lies outside of the text.
int check(const JsonValue& value, int line, int last_line) {
  KF_CHECK(value.line >= line && value.line <= last_line);
  line = value.line;
  for (const auto& item : value.items) line = check(item, line, last_line);
  for (const auto& member : value.members) {
    KF_CHECK(member.line >= line);
    line = check(member.value, member.line, last_line);
  }
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  int lines = 1;
  for (const char c : bytes) lines += c == '\n' ? 1 : 0;
  const auto document = kferry::config::parse_json(bytes);
  if (document.value) {
    check(*document.value, 1, lines);
  } else {
    KF_CHECK(!document.error.empty());
    KF_CHECK(document.error_line >= 1 && document.error_line <= lines);
  }
  return 0;
}
