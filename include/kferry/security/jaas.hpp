#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/result.hpp"
#include "kferry/base/secret.hpp"

/// Java's login configurations. Both readers follow java.io.StreamTokenizer as set up by Kafka's
/// JaasConfig and by the JDK's sun.security.provider.ConfigFile.
namespace kferry::security {

struct LoginModule {
  std::string class_name;
  std::string flag;  ///< lower case: required, requisite, sufficient, optional
  std::map<std::string, Secret> options;
  bool operator==(const LoginModule&) const = default;
};

/// The value of sasl.jaas.config: exactly one login module. Errors: configuration, with a hint
/// where Java's rules surprise (an unquoted '/' or digit, a missing ';').
Result<LoginModule> parse_jaas_config(std::string_view text);

/// Looks up a Java system property for ${name} in a file; nothing: an error.
using SystemProperties = std::function<std::optional<std::string>(std::string_view name)>;

/// A whole file of java.security.auth.login.config, by application name ("KafkaClient"). Errors:
/// configuration, with the line.
Result<std::map<std::string, std::vector<LoginModule>>> parse_jaas_file(
    std::string_view text, const SystemProperties& system_properties);

}  // namespace kferry::security
