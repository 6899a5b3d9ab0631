#pragma once

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/client_properties.hpp"
#include "config/surroundings.hpp"

namespace kferry::config {

using Variables = std::map<std::string, std::string, std::less<>>;

inline Environment environment_of(const Variables& variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
}

/// One producer, read with variables of its own; what it needs stands in line 1.
struct Reading {
  using List = std::initializer_list<std::pair<std::string, std::string>>;

  explicit Reading(List list, const Variables& variables = {}, const std::string& jaas = "",
                   bool strict = false) {
    findings.strict = strict;
    WrittenProperties written{{"f.properties", 0}, {{"bootstrap.servers", "a:1", {"f", 1}}}};
    int line = 1;
    for (const auto& [name, value] : list) {
      written.entries.push_back({name, value, {"f.properties", ++line}});
    }
    const auto around = read_surroundings(environment_of(variables), jaas, findings);
    target = read_target(written, findings, around);
  }

  std::string mistakes() const {
    std::string all;
    for (const auto& mistake : findings.mistakes) all += to_string(mistake) + "\n";
    return all;
  }
  std::string notices() const {
    std::string all;
    for (const auto& notice : findings.notices) all += to_string(notice) + "\n";
    return all;
  }
  std::string explained() const {
    std::string all;
    for (const auto& row : findings.explanations) {
      all +=
          row.property + "|" + row.value + "|" + row.fate + "|" + row.became + "|" + row.why + "\n";
    }
    return all;
  }
  bool says(std::string_view text) const {
    return (mistakes() + notices() + explained()).find(text) != std::string::npos;
  }
  const Explanation& row(std::string_view property) const {
    const auto at = std::find_if(findings.explanations.begin(), findings.explanations.end(),
                                 [&](const auto& each) { return each.property == property; });
    static const Explanation k_none{};
    return at == findings.explanations.end() ? k_none : *at;
  }

  Findings findings;
  TargetSettings target;
};

}  // namespace kferry::config
