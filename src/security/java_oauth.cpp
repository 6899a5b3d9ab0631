#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "security/java_sasl.hpp"
#include "security/java_text.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_endpoint = "sasl.oauthbearer.token.endpoint.url";
constexpr std::string_view k_client_id = "sasl.oauthbearer.client.credentials.client.id";
constexpr std::string_view k_client_secret = "sasl.oauthbearer.client.credentials.client.secret";
constexpr std::string_view k_scope = "sasl.oauthbearer.scope";
constexpr std::string_view k_urlencode = "sasl.oauthbearer.header.urlencode";
constexpr std::string_view k_sub_claim = "sasl.oauthbearer.sub.claim.name";
constexpr std::string_view k_retriever = "sasl.oauthbearer.jwt.retriever.class";
constexpr std::string_view k_package = "org.apache.kafka.common.security.oauthbearer.";
constexpr std::string_view k_claim_prefix = "unsecuredLogin";
constexpr std::string_view k_oidc_extension = "extension_";

struct Reader {
  ProfileDraft& draft;
  const LoginModules& login;
  const LoginModule& module;

  void option_mistake(const std::string& text) {
    draft.mistake(login.property, login.where + text);
  }
};

/// Letters only, and no way to pose as the token itself: RFC 7628 3.1.
bool is_extension_name(std::string_view name) {
  return !name.empty() && name != "auth" && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

bool has_any(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != std::string_view::npos;
}

/// "name=value", joined by `separator`, which therefore can not be part of a value.
std::string read_extensions(Reader& reader, std::string_view option_prefix,
                            std::string_view written_prefix, char separator) {
  std::string text;
  for (const auto& [option, value] : reader.module.options) {
    if (!option.starts_with(option_prefix)) continue;
    const auto name = std::string_view(option).substr(option_prefix.size());
    if (!is_extension_name(name)) {
      reader.option_mistake(
          fmt::format("{}: the name of an extension is letters only, and not "
                      "'auth'",
                      in_quotes(option)));
    } else if (value.reveal().find(separator) != std::string::npos) {
      reader.option_mistake(
          fmt::format("{}: an extension with '{}' in it can not be sent", option, separator));
    } else {
      if (!text.empty()) text += separator;
      text += fmt::format("{}{}={}", written_prefix, name, value.reveal());
    }
  }
  return text;
}

/// A property of Kafka 4.1 and its older spelling as an option of the login module.
std::optional<Secret> property_or_option(Reader& reader, std::string_view property,
                                         std::string_view option) {
  const auto* const old = find_option(reader.module, option);
  if (auto value = reader.draft.secret(property)) {
    if (old == nullptr) {
      reader.draft.became(property, "sent to the token endpoint");
    } else {
      reader.draft.became(property, fmt::format("sent to the token endpoint; {} of the login "
                                                "module is ignored, as in Java",
                                                option));
    }
    return value;
  }
  return old == nullptr ? std::nullopt : std::optional(*old);
}

void read_endpoint(Reader& reader, OAuthBearer& oauth) {
  auto& draft = reader.draft;
  const auto url = draft.text(k_endpoint);
  if (!url || url->empty()) {
    return draft.mistake(k_endpoint, "not set: set it to the token endpoint of the OAuth provider");
  }
  const std::string scheme = upper(url->substr(0, url->find(':')));
  if (scheme == "FILE") {
    return draft.mistake(k_endpoint,
                         "tokens from a file are not supported: use an https URL with "
                         "clientId and clientSecret");
  }
  if (scheme != "HTTP" && scheme != "HTTPS") {
    return draft.mistake(k_endpoint, "neither an http nor an https URL: correct it");
  }
  oauth.token_endpoint_url = *url;
  draft.became(k_endpoint, "tokens are fetched from there");
  if (scheme == "HTTP")
    draft.warning(k_endpoint, "the client's secret travels in clear: use https");
}

void read_client(Reader& reader, OAuthBearer& oauth) {
  const auto id = property_or_option(reader, k_client_id, "clientId");
  const auto secret = property_or_option(reader, k_client_secret, "clientSecret");
  const auto scope = property_or_option(reader, k_scope, "scope");
  if (id && !id->empty()) {
    oauth.client_id = id->reveal();
  } else {
    reader.option_mistake(
        fmt::format("no client id: set {}, or clientId of the login module", k_client_id));
  }
  if (secret && !secret->empty()) {
    oauth.client_secret = *secret;
  } else {
    reader.option_mistake(fmt::format(
        "no client secret: set {}, or clientSecret of the login module", k_client_secret));
  }
  if (scope) oauth.scope = scope->reveal();
}

bool needs_url_encoding(std::string_view text) {
  return !std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-' || c == '*' || c == '_';
  });
}

/// What the fetching of tokens can not do otherwise than it does.
void check_token_rules(Reader& reader, const OAuthBearer& oauth) {
  auto& draft = reader.draft;
  if (const auto encode = draft.text(k_urlencode)) {
    if (equals_any_case(*encode, "true") &&
        (needs_url_encoding(oauth.client_id) || needs_url_encoding(oauth.client_secret.reveal()))) {
      draft.mistake(k_urlencode,
                    "not supported for a client id or secret with characters that "
                    "have to be encoded: have other credentials issued");
    } else {
      draft.info(k_urlencode, "makes no difference for these credentials");
    }
  }
  if (const auto claim = draft.text(k_sub_claim)) {
    if (*claim == "sub") {
      draft.became(k_sub_claim, "as it is");
    } else {
      draft.mistake(k_sub_claim, "only 'sub' is supported: remove it");
    }
  }
  if (const auto retriever = draft.text(k_retriever)) {
    const std::string package(k_package);
    if (*retriever == package + "DefaultJwtRetriever" ||
        *retriever == package + "ClientCredentialsJwtRetriever") {
      draft.became(k_retriever, "tokens are fetched with the client's credentials");
    } else {
      draft.mistake(k_retriever,
                    "not supported: remove it, so that tokens are fetched with the "
                    "client's credentials");
    }
  }
  for (const auto& [option, value] : reader.module.options) {
    if (!option.starts_with("ssl.")) continue;
    draft.warning(reader.login.property,
                  fmt::format("{}{} is ignored: the token endpoint has to be trusted by the "
                              "system's CA certificates",
                              reader.login.where, in_quotes(option)));
  }
}

OAuthBearer read_client_credentials(Reader& reader) {
  const auto before = reader.draft.mistakes();
  OAuthBearer oauth;
  read_endpoint(reader, oauth);
  read_client(reader, oauth);
  check_token_rules(reader, oauth);
  oauth.extensions = read_extensions(reader, k_oidc_extension, "", ',');
  if (reader.draft.mistakes() == before) {
    reader.draft.became(reader.login.property,
                        reader.login.where + "tokens for this client of the OAuth provider");
  }
  return oauth;
}

/// Java's string and list claims of a scope mean the same set.
std::string scope_list(const std::string& value, bool is_list) {
  const char delimiter = is_list && !value.empty() ? value.front() : ' ';
  std::string list = is_list && !value.empty() ? value.substr(1) : value;
  std::replace(list.begin(), list.end(), delimiter, ',');
  return list;
}

bool is_lifetime(std::string_view text) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && end == text.data() + text.size() && seconds > 0;
}

/// Of Java's options, those that a token of the library's can carry.
class UnsecuredClaims {
 public:
  explicit UnsecuredClaims(Reader& reader)
      : reader_(reader),
        principal_claim_(name_of("PrincipalClaimName", "sub")),
        scope_claim_(name_of("ScopeClaimName", "scope")) {}

  std::string read() {
    for (const auto& [option, value] : reader_.module.options) {
      if (option.starts_with(k_claim_prefix)) {
        take(std::string_view(option).substr(k_claim_prefix.size()), value.reveal());
      }
    }
    if (!has_principal_) {
      reader_.option_mistake(fmt::format(
          "the token has no principal: set {} to Kafka's own OAuthBearerLoginCallbackHandler for "
          "tokens of an OAuth provider, or add unsecuredLoginStringClaim_{}=\"...\" for tokens "
          "that nobody signs",
          k_login_handler_property, principal_claim_));
    }
    const auto extensions = read_extensions(reader_, "unsecuredLoginExtension_", "extension_", ' ');
    if (!extensions.empty()) add(extensions);
    return text_;
  }

 private:
  std::string name_of(std::string_view option, std::string_view otherwise) const {
    const auto* const value =
        find_option(reader_.module, std::string(k_claim_prefix).append(option));
    return value == nullptr || value->empty() ? std::string(otherwise) : value->reveal();
  }

  void add(const std::string& word) { text_ += (text_.empty() ? "" : " ") + word; }

  void take(std::string_view name, const std::string& value) {
    if (name.starts_with("Extension_")) return;
    const std::string list = scope_list(value, true);
    if (name == "PrincipalClaimName") {
      put("principalClaimName", name, principal_claim_);
    } else if (name == "ScopeClaimName") {
      put("scopeClaimName", name, scope_claim_);
    } else if (name == "LifetimeSeconds") {
      is_lifetime(value) ? put("lifeSeconds", name, value) : refuse(name, "seconds, more than 0");
    } else if (name == "StringClaim_" + principal_claim_) {
      has_principal_ = true;
      put("principal", name, value);
    } else if (name == "StringClaim_" + scope_claim_) {
      put("scope", name, scope_list(value, false));
    } else if (name == "ListClaim_" + scope_claim_) {
      put("scope", name, list);
    } else {
      refuse(name, "only the principal's and the scope's claim can be sent: remove it");
    }
  }

  void put(std::string_view key, std::string_view name, const std::string& value) {
    if (value.empty() || has_any(value, " \"")) {
      return refuse(name, "must have a value, without blanks and quotes");
    }
    add(fmt::format("{}={}", key, value));
  }

  void refuse(std::string_view name, std::string_view text) {
    reader_.option_mistake(
        fmt::format("{}: {}", in_quotes(std::string(k_claim_prefix).append(name)), text));
  }

  Reader& reader_;
  std::string principal_claim_;
  std::string scope_claim_;
  std::string text_;
  bool has_principal_ = false;
};

OAuthBearer read_unsecured(Reader& reader) {
  const auto before = reader.draft.mistakes();
  OAuthBearer oauth;
  oauth.unsecured_claims = UnsecuredClaims(reader).read();
  reader.draft.info_for_prefix("sasl.oauthbearer.",
                               fmt::format("ignored: only with {} set to Kafka's own "
                                           "OAuthBearerLoginCallbackHandler, as in Java",
                                           k_login_handler_property));
  if (reader.draft.mistakes() == before) {
    reader.draft.warning(
        reader.login.property,
        reader.login.where + "tokens that nobody signs: only brokers for tests take them");
  }
  return oauth;
}

enum class Handler { unsecured, client_credentials, unknown };

Handler read_handler(ProfileDraft& draft) {
  static constexpr std::array<std::string_view, 2> k_known{
      "OAuthBearerLoginCallbackHandler", "secured.OAuthBearerLoginCallbackHandler"};
  const auto written = draft.text(k_login_handler_property);
  if (!written) return Handler::unsecured;
  const std::string package(k_package);
  if (written->empty() ||
      *written == package + "internals.unsecured.OAuthBearerUnsecuredLoginCallbackHandler") {
    draft.became(k_login_handler_property, "unsigned tokens, made here");
    return Handler::unsecured;
  }
  for (const auto name : k_known) {
    if (*written == package + std::string(name)) {
      draft.became(k_login_handler_property, "tokens of an OAuth provider, for this client");
      return Handler::client_credentials;
    }
  }
  draft.mistake(k_login_handler_property,
                fmt::format("a Java class can not run here: use {}{}, {} and the client's id and "
                            "secret if the provider offers the grant of client credentials",
                            k_package, k_known[0], k_endpoint));
  return Handler::unknown;
}

}  // namespace

OAuthBearer read_oauth_bearer(ProfileDraft& draft, const LoginModules& login,
                              const LoginModule& module) {
  Reader reader{draft, login, module};
  if (login.modules.size() != 1) {
    reader.option_mistake("there must be one login module for OAUTHBEARER, not several");
  }
  switch (read_handler(draft)) {
    case Handler::unsecured:
      return read_unsecured(reader);
    case Handler::client_credentials:
      return read_client_credentials(reader);
    case Handler::unknown:
      break;
  }
  draft.info_if_set({k_jaas_property}, "not read, since the callback handler is not known");
  return {};
}

}  // namespace kferry::security
