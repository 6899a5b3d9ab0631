#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/explainer.hpp"
#include "config/findings.hpp"
#include "config/values.hpp"
#include "kferry/config/settings.hpp"
#include "kferry/security/java_profile.hpp"

/// What happens to each property of Kafka's Java clients (2.2 to 4.1) and to some that only older
/// ones knew. One row per property and side; the rows feed validation, translation and the
/// documentation.
namespace kferry::config {

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
  bool secret = false;  ///< no output may repeat it, nor what it became
};

/// One client's settings while its properties are applied.
struct Draft {
  Draft(Side its_side, Origin its_origin, Findings& its_findings)
      : side(its_side), origin(std::move(its_origin)), findings(its_findings) {}

  Side side;
  SourceSettings source;
  TargetSettings target;
  std::map<std::string, Value, std::less<>> values;  ///< the valid ones, by name
  /// Written, with a value that could not be read, which is said already: not missing.
  std::set<std::string, std::less<>> unread;
  security::JavaProperties security;  ///< those of TLS and SASL among them
  Origin origin;                      ///< for what is missing or unset
  Findings& findings;
  Explainer explainer;
  std::string applying;  ///< the property whose translation runs; empty: none

  const Value* find(std::string_view name) const {
    const auto at = values.find(name);
    return at == values.end() ? nullptr : &at->second;
  }
  std::vector<LibraryProperty>& library() {
    return side == Side::source ? source.library : target.library;
  }
  /// Adds or replaces; it is what became of the property that is being applied.
  void set_library(std::string_view name, std::string value);
  /// To the findings, and to the property's explanation. A text that repeats a secret value is
  /// replaced by one that does not.
  void mistake(const Value& value, std::string_view text);
  /// As mistake, with a text that does not depend on the value.
  void refuse(const Value& value, std::string_view text);
  void info(const Value& value, std::string_view text);
  void warning(const Value& value, std::string_view text);
  /// As info, of a property without any effect.
  void ignored(const Value& value, std::string_view text);
  /// For explanations: kferry's own word for what the property set.
  void became(const Value& value, std::string_view text);
};

using Translate = void (*)(Draft& draft, const Value& value);

struct PropertyRule {
  std::string_view name;
  Fate fate = Fate::ignored;
  Type type = Type::string;
  Limits limits = {};             ///< Java's
  std::string_view allowed = "";  ///< Java's words, joined by '|'; empty: any
  bool any_case = false;          ///< of the words
  bool not_empty = false;         ///< Java refuses an empty text
  bool not_zero = false;          ///< Java refuses 0, although it lies within the limits
  std::string_view library = "";  ///< passed: librdkafka's name
  Limits library_limits = {};  ///< passed: a value outside is moved to the limit, and that is said
  std::string_view ours = "";  ///< decided: kferry's value, which needs no notice
  Translate translate = nullptr;  ///< translated
  std::string_view text = "";     ///< what the operator is told, and the documentation says
  bool security = false;          ///< judged together with all others of TLS and SASL
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

/// Whether its value is a secret by its type or its name.
bool is_secret(const PropertyRule& rule) noexcept;

/// Validates as Kafka's ConfigDef does. Nothing (and a mistake) when the value is not of its type,
/// out of its range or not one of its words. `secret`: whatever its name says.
std::optional<Value> validate(const PropertyRule& rule, std::string_view name,
                              std::string_view text, const Origin& origin, Findings& findings,
                              bool secret = false);

/// One of Kafka's own classes of which bytes come out as they went in; `what` is "Serializer" or
/// "Deserializer". No class at all is one, too.
bool is_plain_serialization(std::string_view class_name, std::string_view what);

inline constexpr Limits at_least(std::int64_t min) noexcept { return {min, INT64_MAX}; }

}  // namespace kferry::config
