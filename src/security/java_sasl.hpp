#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kferry/security/jaas.hpp"
#include "kferry/security/profile.hpp"
#include "security/profile_draft.hpp"

/// The sasl. properties and the login modules, each as Kafka's clients take them.
namespace kferry::security {

inline constexpr std::string_view k_mechanism_property = "sasl.mechanism";
inline constexpr std::string_view k_jaas_property = "sasl.jaas.config";
inline constexpr std::string_view k_login_handler_property = "sasl.login.callback.handler.class";

/// The login modules and where they were written.
struct LoginModules {
  std::string_view property;  ///< sasl.jaas.config, or empty for the JAAS file
  std::string where;          ///< what a message begins with: empty, or the file's path and ": "
  std::vector<LoginModule> modules;
};

/// Everything about SASL; what is wrong is a mistake in the draft.
SaslProfile read_sasl(ProfileDraft& draft);

/// sasl.jaas.config, or the section KafkaClient of the JAAS file. Nothing: there is a mistake.
/// An operator without any is shown what to write for this mechanism.
std::optional<LoginModules> find_login_modules(ProfileDraft& draft, SaslMechanism mechanism);

/// The modules that this mechanism can use. Optional ones of another kind are left out with a
/// warning, all others are mistakes.
std::vector<const LoginModule*> fitting_modules(ProfileDraft& draft, const LoginModules& login,
                                                SaslMechanism mechanism);

/// Null when the module does not have this option.
const Secret* find_option(const LoginModule& module, std::string_view name);
/// As Java's login modules read their switches.
bool is_true(const LoginModule& module, std::string_view name);

Kerberos read_kerberos(ProfileDraft& draft, const LoginModules& login, const LoginModule& module);
OAuthBearer read_oauth_bearer(ProfileDraft& draft, const LoginModules& login,
                              const LoginModule& module);

}  // namespace kferry::security
