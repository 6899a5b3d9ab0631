#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/findings.hpp"
#include "config/json_document.hpp"

namespace kferry::config {

/// Reads the members of one JSON object, each at most once, and reports what does not belong.
/// `path` is its place for messages, e.g. "flows[0].topics"; empty for the document.
class JsonReader {
 public:
  /// An object that is none is a mistake, and reads as an empty one.
  JsonReader(const JsonValue& object, std::string file, std::string path,
             std::span<const std::string_view> names, Findings& findings);

  /// Null when absent.
  const JsonValue* find(std::string_view name) const;
  /// Nothing, and a mistake, when it is not of the kind.
  const JsonValue* find(std::string_view name, JsonValue::Kind kind) const;
  std::optional<std::string> string(std::string_view name) const;
  /// A mistake when absent.
  std::optional<std::string> required_string(std::string_view name) const;

  void mistake(const JsonValue& at, std::string_view name, std::string_view text) const;
  void missing(std::string_view name, std::string_view text) const;
  Origin origin() const { return {file_, object_.line}; }
  Origin origin(const JsonValue& value) const { return {file_, value.line}; }
  std::string path(std::string_view name) const;
  const std::string& file() const noexcept { return file_; }
  Findings& findings() const noexcept { return findings_; }

 private:
  const JsonValue& object_;
  std::string file_;
  std::string path_;
  std::span<const std::string_view> names_;
  Findings& findings_;
};

}  // namespace kferry::config
