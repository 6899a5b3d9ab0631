#include "security/java_sasl.hpp"

#include <fmt/format.h>

#include <array>

#include "security/java_text.hpp"

namespace kferry::security {
namespace {

constexpr std::array k_mechanisms{SaslMechanism::plain, SaslMechanism::scram_sha_256,
                                  SaslMechanism::scram_sha_512, SaslMechanism::gssapi,
                                  SaslMechanism::oauthbearer};

std::optional<SaslMechanism> mechanism_of(std::string_view name) {
  for (const auto mechanism : k_mechanisms) {
    if (name == to_string(mechanism)) return mechanism;
  }
  return std::nullopt;
}

std::string mechanism_remedy(const std::string& written) {
  for (const auto mechanism : k_mechanisms) {
    if (equals_any_case(written, to_string(mechanism))) {
      return fmt::format("brokers take the name letter by letter: write {}", to_string(mechanism));
    }
  }
  if (upper(written) == "AWS_MSK_IAM") {
    return "let the cluster offer SASL/SCRAM too and use SCRAM-SHA-512 with ScramLoginModule";
  }
  return "use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or OAUTHBEARER";
}

/// Nothing: a mistake. Unset it is GSSAPI, which nobody means who has not set it.
std::optional<SaslMechanism> read_mechanism(ProfileDraft& draft) {
  const auto written = draft.text(k_mechanism_property);
  if (!written) {
    draft.info(k_mechanism_property, "not set: GSSAPI (Kerberos), as in Java");
    return SaslMechanism::gssapi;
  }
  const auto mechanism = mechanism_of(*written);
  if (mechanism) {
    draft.became(k_mechanism_property, to_string(*mechanism));
  } else {
    draft.mistake(k_mechanism_property, fmt::format("{} is not supported: {}", in_quotes(*written),
                                                    mechanism_remedy(*written)));
  }
  return mechanism;
}

/// Java collects what all modules have; what comes first is used.
const Secret* first_option(const std::vector<const LoginModule*>& modules, std::string_view name) {
  for (const auto* const module : modules) {
    if (const auto* const value = find_option(*module, name)) return value;
  }
  return nullptr;
}

void read_password(ProfileDraft& draft, const LoginModules& login,
                   const std::vector<const LoginModule*>& modules, SaslProfile& profile) {
  const auto before = draft.mistakes();
  const auto* const username = first_option(modules, "username");
  const auto* const password = first_option(modules, "password");
  std::vector<std::string> missing;
  if (username == nullptr) missing.emplace_back("username");
  if (password == nullptr) missing.emplace_back("password");
  if (!missing.empty()) {
    draft.mistake(login.property,
                  fmt::format("{}the login module has no {}: add {}", login.where,
                              join_words(missing), join_words(missing) + "=\"...\""));
  }
  for (const auto* const module : modules) {
    if (profile.mechanism == SaslMechanism::plain || !is_true(*module, "tokenauth")) continue;
    draft.mistake(login.property,
                  fmt::format("{}tokenauth=true: delegation tokens run out and nobody would renew "
                              "them here; use the user's own name and password",
                              login.where));
  }
  if (draft.mistakes() != before) return;
  profile.username = username->reveal();
  profile.password = *password;
  if (!profile.username.empty() && !profile.password.empty()) {
    draft.became(login.property, login.where + "the user's name and password");
  } else {
    draft.warning(login.property,
                  login.where + "the user's name or password is empty: brokers refuse that");
  }
}

void read_login(ProfileDraft& draft, SaslProfile& profile) {
  const auto login = find_login_modules(draft, profile.mechanism);
  if (!login) return;
  const auto modules = fitting_modules(draft, *login, profile.mechanism);
  if (modules.empty()) return;
  if (profile.mechanism == SaslMechanism::gssapi) {
    profile.kerberos = read_kerberos(draft, *login, *modules.front());
  } else if (profile.mechanism == SaslMechanism::oauthbearer) {
    profile.oauth_bearer = read_oauth_bearer(draft, *login, *modules.front());
  } else {
    read_password(draft, *login, modules, profile);
  }
}

/// Java code of the user's. A property with nothing in it asks for none.
void refuse_classes(ProfileDraft& draft, SaslMechanism mechanism) {
  std::vector<std::string_view> names{"sasl.client.callback.handler.class", "sasl.login.class"};
  if (mechanism != SaslMechanism::oauthbearer) names.push_back(k_login_handler_property);
  for (const auto name : names) {
    const auto value = draft.text(name);
    if (!value) continue;
    if (value->empty()) {
      draft.info(name, "empty: none");
    } else {
      draft.mistake(name, fmt::format("a Java class can not run here: remove it and give the "
                                      "credentials in {}",
                                      k_jaas_property));
    }
  }
}

void note_ignored(ProfileDraft& draft, SaslMechanism mechanism) {
  if (draft.has("sasl.kerberos.kinit.cmd")) {
    draft.warning("sasl.kerberos.kinit.cmd",
                  "ignored: no command of a configuration file is ever run; the key tab is used");
  }
  if (mechanism != SaslMechanism::gssapi) {
    draft.info_for_prefix("sasl.kerberos.", "ignored: only for sasl.mechanism=GSSAPI");
  }
  if (mechanism != SaslMechanism::oauthbearer) {
    draft.info_for_prefix("sasl.oauthbearer.", "ignored: only for sasl.mechanism=OAUTHBEARER");
  }
  draft.info_for_prefix("sasl.kerberos.", "ignored: tickets are renewed when it is time");
  draft.info_for_prefix("sasl.login.", "ignored: logins are renewed when it is time");
  draft.info_for_prefix("sasl.oauthbearer.assertion.",
                        "ignored: only for JwtBearerJwtRetriever, as in Java");
  draft.info_for_prefix("sasl.oauthbearer.", "ignored: it is for those who check tokens");
  draft.info_if_set({"sasl.enabled.mechanisms", "sasl.mechanism.inter.broker.protocol",
                     "sasl.server.callback.handler.class", "sasl.server.max.receive.size"},
                    "ignored: a property of brokers");
}

}  // namespace

SaslProfile read_sasl(ProfileDraft& draft) {
  SaslProfile profile;
  const auto mechanism = read_mechanism(draft);
  if (mechanism) {
    profile.mechanism = *mechanism;
    read_login(draft, profile);
  }
  refuse_classes(draft, mechanism.value_or(SaslMechanism::oauthbearer));
  draft.info_if_set({k_jaas_property}, "not read, since the mechanism is not known");
  note_ignored(draft, profile.mechanism);
  return profile;
}

}  // namespace kferry::security
