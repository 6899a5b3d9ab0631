#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "security/java_sasl.hpp"
#include "security/java_text.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_section = "KafkaClient";

enum class ModuleKind { plain, scram, kerberos, oauth_bearer, other };

struct KnownModule {
  ModuleKind kind;
  std::string_view class_name;
};

constexpr std::array k_known_modules{
    KnownModule{ModuleKind::plain, "org.apache.kafka.common.security.plain.PlainLoginModule"},
    KnownModule{ModuleKind::scram, "org.apache.kafka.common.security.scram.ScramLoginModule"},
    KnownModule{ModuleKind::kerberos, "com.sun.security.auth.module.Krb5LoginModule"},
    KnownModule{ModuleKind::oauth_bearer,
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"}};

/// Products that carry Kafka's client under another package keep its names behind their own.
bool is_relocated(std::string_view written, std::string_view class_name) {
  return class_name.starts_with("org.apache.kafka.") && written.size() > class_name.size() + 1 &&
         written.ends_with(class_name) && written[written.size() - class_name.size() - 1] == '.';
}

ModuleKind kind_of(const LoginModule& module) {
  for (const auto& known : k_known_modules) {
    if (module.class_name == known.class_name ||
        is_relocated(module.class_name, known.class_name)) {
      return known.kind;
    }
  }
  return ModuleKind::other;
}

ModuleKind kind_for(SaslMechanism mechanism) noexcept {
  switch (mechanism) {
    case SaslMechanism::plain:
      return ModuleKind::plain;
    case SaslMechanism::scram_sha_256:
    case SaslMechanism::scram_sha_512:
      return ModuleKind::scram;
    case SaslMechanism::gssapi:
      return ModuleKind::kerberos;
    case SaslMechanism::oauthbearer:
      return ModuleKind::oauth_bearer;
  }
  return ModuleKind::other;
}

std::string_view class_name_of(ModuleKind kind) {
  const auto* const found =
      std::find_if(k_known_modules.begin(), k_known_modules.end(),
                   [&](const KnownModule& known) { return known.kind == kind; });
  return found->class_name;
}

/// Java's PLAIN is the JDK's and takes the name and password that any module left behind; its
/// SCRAM is Kafka's and comes only with ScramLoginModule.
bool fits(ModuleKind kind, SaslMechanism mechanism) {
  return kind == kind_for(mechanism) ||
         (kind == ModuleKind::scram && mechanism == SaslMechanism::plain);
}

std::string example(SaslMechanism mechanism) {
  const auto module = class_name_of(kind_for(mechanism));
  switch (mechanism) {
    case SaslMechanism::plain:
    case SaslMechanism::scram_sha_256:
    case SaslMechanism::scram_sha_512:
      return fmt::format(R"({}={} required username="..." password="...";)", k_jaas_property,
                         module);
    case SaslMechanism::gssapi:
      return fmt::format(R"({}={} required useKeyTab=true keyTab="..." principal="...";)",
                         k_jaas_property, module);
    case SaslMechanism::oauthbearer:
      return fmt::format(R"({}={} required clientId="..." clientSecret="...";)", k_jaas_property,
                         module);
  }
  return {};
}

/// The last part of a class's name, for messages; it is what people know.
std::string short_name(std::string_view class_name) {
  return std::string(class_name.substr(class_name.rfind('.') + 1));
}

std::string shown_class(std::string_view class_name) {
  const bool is_name = std::all_of(class_name.begin(), class_name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '.' || c == '$';
  });
  // A word that is no class may be a piece of a password whose quotes are missing.
  return is_name && class_name.find('.') != std::string_view::npos ? std::string(class_name)
                                                                   : "the login module";
}

std::string remedy_for(const LoginModule& module, ModuleKind kind, SaslMechanism mechanism) {
  if (module.class_name == "software.amazon.msk.auth.iam.IAMLoginModule") {
    return "IAM of Amazon MSK is not supported: let the cluster offer SASL/SCRAM too and use "
           "sasl.mechanism=SCRAM-SHA-512 with ScramLoginModule";
  }
  if (kind == ModuleKind::other) {
    return fmt::format("a Java class can not run here: use {}", class_name_of(kind_for(mechanism)));
  }
  const char* const own = kind == ModuleKind::plain      ? "PLAIN"
                          : kind == ModuleKind::scram    ? "SCRAM-SHA-256 or SCRAM-SHA-512"
                          : kind == ModuleKind::kerberos ? "GSSAPI"
                                                         : "OAUTHBEARER";
  return fmt::format("set {}={}, or use {}", k_mechanism_property, own,
                     class_name_of(kind_for(mechanism)));
}

std::optional<LoginModules> from_property(ProfileDraft& draft, const Secret& text) {
  if (draft.input().jaas_file) {
    draft.info("", fmt::format("{}: not read, since {} is set", draft.input().jaas_file->path,
                               k_jaas_property));
  }
  auto module = parse_jaas_config(text.reveal());
  if (!module) {
    draft.mistake(k_jaas_property, module.error().text);
    return std::nullopt;
  }
  return LoginModules{k_jaas_property, "", {*std::move(module)}};
}

std::optional<LoginModules> from_file(ProfileDraft& draft, const JaasFile& file) {
  const std::string where = file.path + ": ";
  auto sections = parse_jaas_file(file.text.reveal(), draft.input().system_properties);
  if (!sections) {
    draft.mistake("", where + sections.error().text);
    return std::nullopt;
  }
  const auto found = sections->find(std::string(k_section));
  if (found == sections->end()) {
    std::vector<std::string> names;
    for (const auto& [name, modules] : *sections) names.push_back(in_quotes(name));
    draft.mistake(
        "", fmt::format("{}there is no section {}, which is what Kafka's clients read{}", where,
                        k_section, names.empty() ? "" : ", only " + join_words(names)));
    return std::nullopt;
  }
  return LoginModules{"", where, std::move(found->second)};
}

}  // namespace

std::optional<LoginModules> find_login_modules(ProfileDraft& draft, SaslMechanism mechanism) {
  if (const auto* const text = draft.find(k_jaas_property)) return from_property(draft, *text);
  if (draft.input().jaas_file) return from_file(draft, *draft.input().jaas_file);
  draft.mistake(k_jaas_property,
                fmt::format("not set, and no JAAS file is named by "
                            "-Djava.security.auth.login.config in KAFKA_OPTS or by --jaas: write "
                            "{}",
                            example(mechanism)));
  return std::nullopt;
}

std::vector<const LoginModule*> fitting_modules(ProfileDraft& draft, const LoginModules& login,
                                                SaslMechanism mechanism) {
  const auto before = draft.mistakes();
  std::vector<const LoginModule*> fitting;
  for (const auto& module : login.modules) {
    const auto kind = kind_of(module);
    if (fits(kind, mechanism)) {
      fitting.push_back(&module);
      continue;
    }
    const auto name = shown_class(module.class_name);
    if (module.flag == "optional" && login.modules.size() > 1) {
      draft.warning(login.property,
                    fmt::format("{}{} is optional and left out", login.where, name));
      continue;
    }
    draft.mistake(login.property, fmt::format("{}{} does not go with {} {}: {}", login.where, name,
                                              k_mechanism_property, to_string(mechanism),
                                              remedy_for(module, kind, mechanism)));
  }
  if (fitting.empty() && draft.mistakes() == before) {
    draft.mistake(login.property, fmt::format("{}there is no {} in it", login.where,
                                              short_name(class_name_of(kind_for(mechanism)))));
  }
  if (draft.mistakes() != before) fitting.clear();
  return fitting;
}

const Secret* find_option(const LoginModule& module, std::string_view name) {
  const auto found = module.options.find(std::string(name));
  return found == module.options.end() ? nullptr : &found->second;
}

bool is_true(const LoginModule& module, std::string_view name) {
  const auto* const value = find_option(module, name);
  return value != nullptr && equals_any_case(value->reveal(), "true");
}

}  // namespace kferry::security
