#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/security/java_profile.hpp"

namespace kferry::security {

using Properties = std::map<std::string, std::string>;

/// What make_profile says to some properties, and what must hold whatever it says.
struct ProfileCase {
  ProfileOutcome outcome;

  std::string text(ProfileNote::Kind kind) const {
    std::string text;
    for (const auto& note : outcome.notes) {
      if (note.kind == kind) text += note.property + ": " + note.text + "\n";
    }
    return text;
  }
  std::string mistakes() const { return text(ProfileNote::Kind::mistake); }
  std::string warnings() const { return text(ProfileNote::Kind::warning); }
  std::string infos() const { return text(ProfileNote::Kind::info); }
  std::string all() const {
    return mistakes() + warnings() + infos() + text(ProfileNote::Kind::became);
  }
  std::size_t count(ProfileNote::Kind kind) const {
    std::size_t count = 0;
    for (const auto& note : outcome.notes) count += note.kind == kind ? 1 : 0;
    return count;
  }
};

/// Any text with this in it is a secret of a test.
inline constexpr std::string_view k_test_secret = "s3cr3t";

inline ProfileCase profile_of(const Properties& properties,
                              const std::optional<std::string>& jaas_file = std::nullopt) {
  ProfileInput input;
  for (const auto& [name, value] : properties) input.properties.emplace(name, Secret(value));
  if (jaas_file) input.jaas_file = JaasFile{"client_jaas.conf", Secret(*jaas_file)};
  input.system_properties = [](std::string_view name) -> std::optional<std::string> {
    return name == "user.home" ? std::optional<std::string>("/home/mirror") : std::nullopt;
  };
  ProfileCase made{make_profile(input)};
  std::set<std::string> noted;
  for (const auto& note : made.outcome.notes) noted.insert(note.property);
  for (const auto& [name, value] : properties) {
    EXPECT_TRUE(noted.count(name) == 1) << name << " has no note";
  }
  EXPECT_TRUE(!jaas_file || noted.count("") == 1) << "the JAAS file has no note";
  EXPECT_EQ(made.outcome.profile.has_value(), made.count(ProfileNote::Kind::mistake) == 0)
      << made.all();
  EXPECT_EQ(made.all().find(k_test_secret), std::string::npos) << made.all();
  return made;
}

}  // namespace kferry::security
