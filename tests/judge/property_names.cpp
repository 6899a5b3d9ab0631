#include <array>
#include <cstdio>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "config/property_table.hpp"

namespace {

using namespace kferry::config;
using Json = nlohmann::json;

/// The same as Java's, PropertyNamesJudge.java.
constexpr std::array k_values{"",
                              "-2",
                              "-1",
                              "0",
                              "1",
                              "13",
                              "1000",
                              "2147483647",
                              "2147483648",
                              "9223372036854775807",
                              "9223372036854775808",
                              " 1 ",
                              "+1",
                              "0x1",
                              "1.5",
                              "0.5",
                              "1e3",
                              "true",
                              "TRUE",
                              " False ",
                              "yes",
                              "none",
                              "NONE",
                              "all",
                              "some words",
                              "a, b,c"};

const char* java_name(Type type) {
  switch (type) {
    case Type::string:
      return "STRING";
    case Type::integer:
      return "INT";
    case Type::short_integer:
      return "SHORT";
    case Type::long_integer:
      return "LONG";
    case Type::real:
      return "DOUBLE";
    case Type::boolean:
      return "BOOLEAN";
    case Type::list:
      return "LIST";
    case Type::password:
      return "PASSWORD";
    case Type::class_name:
      return "CLASS";
  }
  return "none of Java's";
}

Json takes(const PropertyRule& rule) {
  Json taken = Json::array();
  if (rule.type == Type::class_name || rule.type == Type::password) return taken;
  for (const char* value : k_values) {
    Findings findings;
    if (validate(rule, rule.name, value, {"judge", 1}, findings)) taken.push_back(value);
  }
  return taken;
}

/// "<version>/<consumer or producer>/<property>"
Json answer(const std::string& name) {
  const auto version_end = name.find('/');
  const auto side_end = name.find('/', version_end + 1);
  const auto side = name.substr(version_end + 1, side_end - version_end - 1);
  const auto* rule = find_rule(side == "consumer" ? Side::source : Side::target,
                               std::string_view(name).substr(side_end + 1));
  if (rule == nullptr) return {{"case", name}, {"type", "no rule"}};
  return {{"case", name}, {"type", java_name(rule->type)}, {"takes", takes(*rule)}};
}

}  // namespace

/// What kferry knows of each property whose name stands in a line of the input.
int main() try {
  std::string name;
  while (std::getline(std::cin, name)) std::puts(answer(name).dump(-1, ' ', true).c_str());
  return std::fflush(stdout) == 0 ? 0 : 74;
} catch (const std::exception& wrong) {
  std::fprintf(stderr, "%s\n", wrong.what());
  return 70;
}
