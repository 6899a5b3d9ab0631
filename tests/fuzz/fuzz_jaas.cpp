#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kferry/base/check.hpp"
#include "kferry/security/jaas.hpp"
#include "security/tokenizer.hpp"

namespace {

using kferry::security::LoginModule;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '\n' || c == '\r') out += '\\';
    out += c;
  }
  return out + '"';
}

/// A module as it would have to be written, so that a reader has to give back what was read.
std::string written(const LoginModule& module) {
  std::string out = quoted(module.class_name) + ' ' + module.flag;
  for (const auto& [name, value] : module.options) {
    out += ' ' + quoted(name) + '=' + quoted(value.reveal());
  }
  return out + ";\n";
}

/// Some names are set, some to nothing, some not.
std::optional<std::string> system_property(std::string_view name) {
  if (name.size() > 8) return std::nullopt;
  return std::string(name.size() / 2, 'p');
}

void check_tokens(std::string_view text) {
  kferry::security::Tokenizer tokens(text, "-_$*");
  int line = 1;
  // Every token takes at least a byte.
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const auto token = tokens.next();
    KF_CHECK(token.line >= line && static_cast<std::size_t>(token.line) <= text.size() + 1);
    line = token.line;
    if (token.kind == kferry::security::Token::Kind::end) return;
  }
  KF_CHECK(false);
}

void check_config(std::string_view text) {
  const auto module = kferry::security::parse_jaas_config(text);
  if (!module) {
    KF_CHECK(!module.error().text.empty());
    return;
  }
  const auto again = kferry::security::parse_jaas_config(written(*module));
  KF_CHECK(again && *again == *module);
}

bool holds_dollar(const LoginModule& module) {
  for (const auto& [name, value] : module.options) {
    if (value.reveal().find('$') != std::string::npos) return true;
  }
  return false;
}

void check_file(std::string_view text) {
  const auto file = kferry::security::parse_jaas_file(text, system_property);
  if (!file) {
    KF_CHECK(file.error().text.find("line ") == 0);
    return;
  }
  std::string all;
  for (const auto& [application, modules] : *file) {
    all += quoted(application) + " {\n";
    for (const auto& module : modules) {
      // It would be expanded again.
      if (holds_dollar(module)) return;
      all += written(module);
    }
    all += "};\n";
  }
  const auto again = kferry::security::parse_jaas_file(all, system_property);
  KF_CHECK(again && *again == *file);
}

}  // namespace

/// Both readers of login configurations.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_tokens(text);
  check_config(text);
  check_file(text);
  return 0;
}
