#include "config/property_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

#include "config/text.hpp"

namespace kferry::config {
namespace {

constexpr Limits k_int{INT32_MIN, INT32_MAX};
constexpr Limits k_short{INT16_MIN, INT16_MAX};

Limits of_type(Type type, Limits rule) noexcept {
  const Limits limits = type == Type::integer         ? k_int
                        : type == Type::short_integer ? k_short
                                                      : Limits{};
  return {std::max(limits.min, rule.min), std::min(limits.max, rule.max)};
}

bool is_real(std::string_view text) noexcept {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc{} && stop == end;
}

bool is_allowed(const PropertyRule& rule, std::string_view text) {
  if (rule.allowed.empty()) return true;
  const auto words = split(rule.allowed, '|');
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return rule.any_case ? equals_any_case(word, text) : word == text;
  });
}

/// What is wrong with the text, or nothing; fills in the typed part of the value.
std::string read_as(const PropertyRule& rule, Value& value) {
  switch (rule.type) {
    case Type::integer:
    case Type::short_integer:
    case Type::long_integer: {
      const auto parsed = parse_integer(value.text, of_type(rule.type, rule.limits));
      value.number = parsed.value.value_or(0);
      if (parsed && rule.not_zero && value.number == 0) return "must not be 0";
      return parsed.wrong;
    }
    case Type::boolean: {
      const auto parsed = parse_boolean(value.text);
      value.flag = parsed.value.value_or(false);
      return parsed.wrong;
    }
    case Type::real:
      return is_real(value.text) ? "" : in_quotes(value.text) + " is not a number";
    case Type::list:
      value.items = split_list(value.text);
      return "";
    case Type::string:
    case Type::password:
    case Type::class_name:
      return rule.not_empty && value.text.empty() ? "is empty" : "";
  }
  return "";
}

using Rules = std::span<const PropertyRule>;

std::array<Rules, 4> rules_of(Side side) noexcept {
  return {common_rules(), side == Side::source ? source_rules() : target_rules(), security_rules(),
          old_rules()};
}

}  // namespace

std::string_view to_string(Type type) noexcept {
  switch (type) {
    case Type::string:
      return "string";
    case Type::integer:
      return "int";
    case Type::short_integer:
      return "short";
    case Type::long_integer:
      return "long";
    case Type::real:
      return "double";
    case Type::boolean:
      return "boolean";
    case Type::list:
      return "list";
    case Type::password:
      return "password";
    case Type::class_name:
      return "class";
  }
  return "";
}

bool is_secret(const PropertyRule& rule) noexcept {
  return rule.type == Type::password || is_secret_name(rule.name);
}

const PropertyRule* find_rule(Side side, std::string_view name) noexcept {
  for (const Rules rules : rules_of(side)) {
    for (const auto& rule : rules) {
      if (rule.name == name) return &rule;
    }
  }
  return nullptr;
}

std::vector<const PropertyRule*> all_rules(Side side) {
  std::vector<const PropertyRule*> all;
  for (const Rules rules : rules_of(side)) {
    for (const auto& rule : rules) all.push_back(&rule);
  }
  return all;
}

bool is_plain_serialization(std::string_view class_name, std::string_view what) {
  static constexpr std::string_view k_package = "org.apache.kafka.common.serialization.";
  static constexpr std::array k_types{"ByteArray", "ByteBuffer", "Bytes", "String"};
  return class_name.empty() ||
         std::any_of(k_types.begin(), k_types.end(), [&](std::string_view type) {
           return class_name == fmt::format("{}{}{}", k_package, type, what);
         });
}

std::optional<Value> validate(const PropertyRule& rule, std::string_view name,
                              std::string_view text, const Origin& origin, Findings& findings,
                              bool secret) {
  secret = secret || is_secret(rule);
  Value value{std::string(name), std::string(java_trim(text)), 0, false, {}, origin, secret};
  auto wrong = read_as(rule, value);
  if (wrong.empty() && !is_allowed(rule, value.text)) {
    wrong = fmt::format("{} is not one of {}", in_quotes(value.text),
                        fmt::join(split(rule.allowed, '|'), ", "));
  }
  if (wrong.empty()) return value;
  // A value that may be a credential is not repeated, not even a wrong one.
  if (secret) wrong = fmt::format("not a valid {}", to_string(rule.type));
  findings.mistake(origin, fmt::format("{}: {}", name, wrong));
  return std::nullopt;
}

}  // namespace kferry::config
