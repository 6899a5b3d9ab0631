#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "kferry/base/secret.hpp"

/// A case of the stores judge is the lines "<word> <value>", an empty line, and the store. Words:
/// use (store, trust, key, pair), password, key_password, key_bytes (of a pair: so many bytes of
/// the key's PEM come before the chain). Our counterpart of java/StoreCase.java.
namespace kferry::judge {

struct StoreCase {
  std::string use;
  std::optional<Secret> password;
  std::optional<Secret> key_password;
  std::string key;
  std::string bytes;
};

inline StoreCase store_case(std::string_view text) {
  StoreCase found;
  std::size_t key_bytes = 0;
  for (;;) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) throw std::runtime_error("a case without an empty line");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) break;
    const auto blank = line.find(' ');
    const auto word = line.substr(0, blank);
    const std::string value(line.substr(blank + 1));
    if (word == "use") found.use = value;
    if (word == "password") found.password = Secret(value);
    if (word == "key_password") found.key_password = Secret(value);
    if (word == "key_bytes") key_bytes = std::stoul(value);
  }
  found.key = text.substr(0, key_bytes);
  found.bytes = text.substr(key_bytes);
  return found;
}

}  // namespace kferry::judge
