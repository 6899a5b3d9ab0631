#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kferry::config {

struct JsonMember;

/// A JSON value that knows its line, for messages about what it means.
struct JsonValue {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  int line = 0;      ///< 1-based line on which it begins
  std::string text;  ///< of a boolean, number (as written) or string
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;  ///< in the order of writing; a name may repeat

  bool is_scalar() const noexcept {
    return kind == Kind::boolean || kind == Kind::number || kind == Kind::string;
  }
};

struct JsonMember {
  std::string name;
  int line = 0;
  JsonValue value;
};

std::string_view to_string(JsonValue::Kind kind) noexcept;

/// Limits: k_json_depth_max.
struct JsonDocument {
  std::optional<JsonValue> value;
  int error_line = 0;
  std::string error;
};
inline constexpr std::size_t k_json_depth_max = 32;

/// Reads JSON with comments (// and /* */). Takes any input.
JsonDocument parse_json(std::string_view bytes);

}  // namespace kferry::config
