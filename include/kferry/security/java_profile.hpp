#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kferry/base/secret.hpp"
#include "kferry/security/jaas.hpp"
#include "kferry/security/profile.hpp"

namespace kferry::security {

/// A Java client's security., ssl. and sasl. properties, valid by type, after value providers. Any
/// of them may hold a secret.
using JavaProperties = std::map<std::string, Secret, std::less<>>;

struct JaasFile {
  std::string path;
  Secret text;
};

struct ProfileInput {
  JavaProperties properties;
  std::optional<JaasFile> jaas_file;  ///< used when sasl.jaas.config is not set, as in Java
  SystemProperties system_properties;
};

/// What one property came to, for messages and `check --explain`.
struct ProfileNote {
  enum class Kind {
    became,   ///< honoured; text says what it is now
    info,     ///< ignored or decided otherwise, without harm
    warning,  ///< as info, or honoured but dangerous
    mistake   ///< nothing starts
  };
  Kind kind = Kind::became;
  std::string property;  ///< its name; empty: the JAAS file
  std::string text;      ///< never holds a secret
};

struct ProfileOutcome {
  std::optional<SecurityProfile> profile;  ///< unset when there is a mistake
  std::vector<ProfileNote> notes;          ///< every property of the input has at least one
};

/// Reads every file that the properties name (stores, JAAS) and finds all mistakes at once.
/// Relative paths are relative to the working directory, as Java's are.
ProfileOutcome make_profile(const ProfileInput& input);

}  // namespace kferry::security
