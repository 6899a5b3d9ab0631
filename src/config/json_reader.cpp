#include "config/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "config/text.hpp"
#include "kferry/base/check.hpp"

namespace kferry::config {

JsonReader::JsonReader(const JsonValue& object, std::string file, std::string path,
                       std::span<const std::string_view> names, Findings& findings)
    : object_(object),
      file_(std::move(file)),
      path_(std::move(path)),
      names_(names),
      findings_(findings) {
  if (object.kind != JsonValue::Kind::object) {
    findings_.mistake({file_, object.line},
                      fmt::format("{}: must be an object, is {}",
                                  path_.empty() ? "the document" : path_, to_string(object.kind)));
  }
  std::set<std::string_view> seen;
  for (const auto& member : object.members) {
    const Origin at{file_, member.line};
    if (std::find(names_.begin(), names_.end(), member.name) == names_.end()) {
      findings_.mistake(at, fmt::format("{}: not a known key{}", this->path(member.name),
                                        did_you_mean(member.name, names_)));
    } else if (!seen.insert(member.name).second) {
      findings_.mistake(at, fmt::format("{}: given twice", this->path(member.name)));
    }
  }
}

const JsonValue* JsonReader::find(std::string_view name) const {
  KF_CHECK(std::find(names_.begin(), names_.end(), name) != names_.end());
  const auto at = std::find_if(object_.members.begin(), object_.members.end(),
                               [&](const JsonMember& member) { return member.name == name; });
  return at == object_.members.end() ? nullptr : &at->value;
}

const JsonValue* JsonReader::find(std::string_view name, JsonValue::Kind kind) const {
  const auto* const value = find(name);
  if (value == nullptr || value->kind == kind) return value;
  mistake(*value, name, fmt::format("must be {}, is {}", to_string(kind), to_string(value->kind)));
  return nullptr;
}

std::optional<std::string> JsonReader::string(std::string_view name) const {
  const auto* const value = find(name, JsonValue::Kind::string);
  return value == nullptr ? std::nullopt : std::optional(value->text);
}

std::optional<std::string> JsonReader::required_string(std::string_view name) const {
  if (find(name) == nullptr) missing(name, "");
  return string(name);
}

void JsonReader::mistake(const JsonValue& at, std::string_view name, std::string_view text) const {
  findings_.mistake(origin(at), fmt::format("{}: {}", path(name), text));
}

void JsonReader::missing(std::string_view name, std::string_view text) const {
  if (object_.kind != JsonValue::Kind::object) return;
  findings_.mistake(origin(),
                    fmt::format("{} is missing{}{}", path(name), text.empty() ? "" : ": ", text));
}

std::string JsonReader::path(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

}  // namespace kferry::config
