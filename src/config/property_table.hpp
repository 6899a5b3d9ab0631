#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.hpp"
#include "config/values.hpp"
#include "kferry/config/settings.hpp"

/// What happens to each property of Kafka's Java clients (2.2 to 4.1) and to some that only older
/// ones knew. One row per property and side; the rows feed validation, translation and the
/// documentation.
namespace kferry::config {

enum class Side { source, target };

enum class Fate {
  passed,      ///< to librdkafka, perhaps under another name
  translated,  ///< by a function, into settings or library properties
  decided,     ///< kferry has its own value; said when the user's differs
  ignored,     ///< has no meaning here; said
  refused,     ///< honouring it is not possible and ignoring it would change what is mirrored
  security,    ///< of TLS and SASL
};
std::string_view to_string(Fate fate) noexcept;

/// The types of Kafka's ConfigDef.
enum class Type {
  string,
  integer,
  short_integer,
  long_integer,
  real,
  boolean,
  list,
  password,
  class_name
};
std::string_view to_string(Type type) noexcept;

/// A property as written, with what its type made of it.
struct Value {
  std::string name;
  std::string text;  ///< trimmed as Kafka trims
  std::int64_t number = 0;
  bool flag = false;
  std::vector<std::string> items;
  Origin origin;
};

/// One client's settings while its properties are applied.
struct Draft {
  Side side = Side::source;
  SourceSettings source;
  TargetSettings target;
  std::map<std::string, Value, std::less<>> values;  ///< the valid ones, by name
  Origin origin;                                     ///< for what is missing or unset
  Findings& findings;

  const Value* find(std::string_view name) const {
    const auto at = values.find(name);
    return at == values.end() ? nullptr : &at->second;
  }
  std::vector<LibraryProperty>& library() {
    return side == Side::source ? source.library : target.library;
  }
  /// Adds or replaces.
  void set_library(std::string_view name, std::string value);
  void mistake(const Value& value, std::string_view text) const {
    findings.mistake(value.origin, value.name + ": " + std::string(text));
  }
  void info(const Value& value, std::string_view text) const {
    findings.info(value.origin, value.name + ": " + std::string(text));
  }
  void warning(const Value& value, std::string_view text) const {
    findings.warning(value.origin, value.name + ": " + std::string(text));
  }
};

using Translate = void (*)(Draft& draft, const Value& value);

struct PropertyRule {
  std::string_view name;
  Fate fate = Fate::ignored;
  Type type = Type::string;
  Limits limits = {};             ///< Java's
  std::string_view allowed = "";  ///< Java's words, joined by '|'; empty: any
  bool any_case = false;          ///< of the words
  std::string_view library = "";  ///< passed: librdkafka's name
  Limits library_limits = {};  ///< passed: a value outside is moved to the limit, and that is said
  std::string_view ours = "";  ///< decided: kferry's value, which needs no notice
  Translate translate = nullptr;  ///< translated
  std::string_view text = "";     ///< what the operator is told, and the documentation says
};

/// Defaults that differ from librdkafka's or Java's, and what the properties say together. After
/// all of them were applied.
void finish_source(Draft& draft);
void finish_target(Draft& draft);

std::span<const PropertyRule> common_rules() noexcept;
std::span<const PropertyRule> source_rules() noexcept;
std::span<const PropertyRule> target_rules() noexcept;
std::span<const PropertyRule> security_rules() noexcept;
std::span<const PropertyRule> old_rules() noexcept;

const PropertyRule* find_rule(Side side, std::string_view name) noexcept;
std::vector<const PropertyRule*> all_rules(Side side);

/// Validates as Kafka's ConfigDef does. Nothing (and a mistake) when the value is not of its type,
/// out of its range or not one of its words.
std::optional<Value> validate(const PropertyRule& rule, std::string_view name,
                              std::string_view text, const Origin& origin, Findings& findings);

inline constexpr Limits at_least(std::int64_t min) noexcept { return {min, INT64_MAX}; }

}  // namespace kferry::config
