#include <fmt/format.h>

#include "kferry/security/stores.hpp"
#include "security/java_text.hpp"
#include "security/java_tls.hpp"
#include "security/store_file.hpp"
#include "security/tls_parts.hpp"
#include "security/validity.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_pem = "PEM";

/// The properties of one of the two stores.
struct StoreProperties {
  std::string_view store;  ///< for messages
  std::string_view location;
  std::string_view password;
  std::string_view type;
};

constexpr StoreProperties k_trust{"truststore", "ssl.truststore.location",
                                  "ssl.truststore.password", "ssl.truststore.type"};
constexpr StoreProperties k_key{"keystore", "ssl.keystore.location", "ssl.keystore.password",
                                "ssl.keystore.type"};
constexpr std::string_view k_trusted_text = "ssl.truststore.certificates";
constexpr std::string_view k_private_key = "ssl.keystore.key";
constexpr std::string_view k_chain = "ssl.keystore.certificate.chain";
constexpr std::string_view k_key_password = "ssl.key.password";

/// Kafka compares with "PEM" letter by letter; all else goes to Java, which takes any case.
bool is_pem(const ProfileDraft& draft, const StoreProperties& names) {
  return draft.text(names.type) == k_pem;
}

/// Whether the type is a word that Java and we know. Unset it is JKS.
bool check_type(ProfileDraft& draft, const StoreProperties& names) {
  const auto type = draft.text(names.type);
  if (!type || *type == k_pem) return true;
  const std::string word = upper(*type);
  if (word == "JKS" || word == "PKCS12" || word == "CASEEXACTJKS") return true;
  std::string remedy = "use JKS, PKCS12 or PEM";
  if (word == k_pem) remedy = "spell it PEM, in capital letters";
  if (word == "P12" || word == "PFX") remedy = "use PKCS12";
  if (word == "JCEKS" || word == "BCFKS" || word == "BKS" || word == "DKS") {
    remedy = "convert the file by keytool -importkeystore -deststoretype PKCS12 and use PKCS12";
  }
  draft.mistake(names.type, fmt::format("{} is not supported: {}", in_quotes(*type), remedy));
  return false;
}

/// Java opens JKS as PKCS12 and the reverse, but never PEM as one of these or the reverse.
bool fits_type(ProfileDraft& draft, const StoreProperties& names, const std::string& path,
               StoreLook look) {
  const std::string type = draft.text(names.type).value_or("JKS");
  const bool looks_pem = look == StoreLook::pem;
  if (look == StoreLook::unknown) {
    draft.mistake(names.location,
                  fmt::format("{}: neither a JKS nor a PKCS12 nor a PEM file", path));
    return false;
  }
  if (is_pem(draft, names) != looks_pem) {
    draft.mistake(names.location,
                  fmt::format("{}: a {} file, but {} is {}: set {}={}", path, to_string(look),
                              names.type, type, names.type, to_string(look)));
    return false;
  }
  if (!looks_pem && !upper(type).ends_with(to_string(look))) {
    draft.info(names.type,
               fmt::format("the file is {} and read as such, as Java does too", to_string(look)));
  }
  return true;
}

std::optional<Secret> open_store(ProfileDraft& draft, const StoreProperties& names) {
  const std::string path = draft.text(names.location).value_or("");
  auto content = read_store_file(path);
  if (!content) {
    draft.mistake(names.location, content.error().text);
    return std::nullopt;
  }
  if (!fits_type(draft, names, path, look_at_store(content->reveal()))) return std::nullopt;
  return *std::move(content);
}

/// What DefaultSslEngineFactory says to properties that do not go together. False: refused.
bool check_inline(ProfileDraft& draft, const StoreProperties& names, std::string_view property) {
  const auto before = draft.mistakes();
  if (!is_pem(draft, names)) {
    draft.mistake(property, fmt::format("taken by Java only with {}=PEM: set it", names.type));
  } else if (draft.has(names.location)) {
    draft.mistake(property,
                  fmt::format("given together with {}: remove one of them", names.location));
  } else if (draft.has(names.password)) {
    draft.mistake(names.password, fmt::format("PEM has no {} password: remove it", names.store));
  }
  return draft.mistakes() == before;
}

bool check_file(ProfileDraft& draft, const StoreProperties& names, bool needs_password) {
  const auto before = draft.mistakes();
  const bool has_location = draft.has(names.location);
  const bool has_password = draft.has(names.password);
  if (has_location && is_pem(draft, names)) {
    if (has_password) {
      draft.mistake(names.password, fmt::format("PEM has no {} password: remove it", names.store));
    }
  } else if (has_password && !has_location) {
    draft.mistake(names.password, fmt::format("set without {}: Java refuses this; set both or none",
                                              names.location));
  } else if (has_location && !has_password && needs_password) {
    draft.mistake(names.location,
                  fmt::format("set without {}: Java refuses this; set both", names.password));
  }
  return draft.mistakes() == before;
}

void warn(ProfileDraft& draft, std::string_view property, const std::string& prefix,
          const std::vector<std::string>& warnings) {
  for (const auto& text : warnings) draft.warning(property, prefix + text);
}

std::optional<std::string> take_trusted(ProfileDraft& draft, std::string_view property,
                                        const std::string& where, Result<TrustStore> store) {
  if (!store) {
    draft.mistake(property, where + store.error().text);
    return std::nullopt;
  }
  draft.became(property, fmt::format("{}{} trusted certificate{} ({})", where, store->certificates,
                                     store->certificates == 1 ? "" : "s", to_string(store->kind)));
  warn(draft, property, where, store->warnings);
  warn(draft, property, where, date_warnings(store->certificates_pem));
  return std::move(store->certificates_pem);
}

std::optional<Identity> take_identity(ProfileDraft& draft, std::string_view property,
                                      const std::string& where, Result<KeyStore> store) {
  if (!store) {
    draft.mistake(property, where + store.error().text);
    return std::nullopt;
  }
  draft.became(property, fmt::format("{}the client's own key and certificate ({}{}{})", where,
                                     to_string(store->kind), store->alias.empty() ? "" : ", alias ",
                                     store->alias));
  warn(draft, property, where, store->warnings);
  warn(draft, property, where, date_warnings(store->identity.chain_pem));
  return std::move(store->identity);
}

/// Properties of a store that were right and have no words of their own yet.
void note_the_rest(ProfileDraft& draft, const StoreProperties& names) {
  if (draft.has(names.password) && !draft.noted(names.password)) {
    draft.became(names.password, fmt::format("opens {}", names.location));
  }
  if (draft.has(names.type) && !draft.noted(names.type)) {
    const bool used = draft.has(names.location) || is_pem(draft, names);
    draft.became(names.type, used ? fmt::format("the {} is read as such", names.store)
                                  : "nothing to read, since there is no file");
  }
  if (draft.has(names.location) && !draft.noted(names.location)) {
    draft.info(names.location, fmt::format("not read, since there is a mistake in the properties "
                                           "of this {}",
                                           names.store));
  }
}

std::optional<std::string> find_trusted(ProfileDraft& draft) {
  if (!check_type(draft, k_trust)) return std::nullopt;
  if (const auto text = draft.text(k_trusted_text)) {
    if (!check_inline(draft, k_trust, k_trusted_text)) return std::nullopt;
    return take_trusted(draft, k_trusted_text, "", read_trust_store(as_bytes(*text), {}));
  }
  if (!check_file(draft, k_trust, false)) return std::nullopt;
  if (draft.has(k_trust.location)) {
    const auto content = open_store(draft, k_trust);
    if (!content) return std::nullopt;
    return take_trusted(
        draft, k_trust.location, *draft.text(k_trust.location) + ": ",
        read_trust_store(as_bytes(content->reveal()), draft.secret(k_trust.password)));
  }
  const auto trust = system_trust();
  if (trust.empty()) {
    draft.warning(k_trust.location,
                  "not set, and this system has no CA certificates: no broker "
                  "will be trusted; set it, or install ca-certificates");
  } else {
    draft.info(k_trust.location, fmt::format("not set: the system's CA certificates in {} are "
                                             "trusted, where Java has a list of its own",
                                             trust));
  }
  return std::nullopt;
}

std::optional<Identity> find_inline_identity(ProfileDraft& draft) {
  if (!draft.has(k_chain)) {
    draft.mistake(k_private_key, fmt::format("set without {}: set both", k_chain));
    return std::nullopt;
  }
  if (!draft.has(k_private_key)) {
    draft.mistake(k_chain, fmt::format("set without {}: set both", k_private_key));
    return std::nullopt;
  }
  if (!check_inline(draft, k_key, k_private_key)) return std::nullopt;
  const auto chain = *draft.text(k_chain);
  return take_identity(
      draft, k_private_key, "",
      read_key_pair(*draft.find(k_private_key), chain, draft.secret(k_key_password)));
}

std::optional<Identity> find_identity(ProfileDraft& draft) {
  if (!check_type(draft, k_key)) return std::nullopt;
  if (draft.has(k_private_key) || draft.has(k_chain)) return find_inline_identity(draft);
  if (!check_file(draft, k_key, true) || !draft.has(k_key.location)) return std::nullopt;
  const auto content = open_store(draft, k_key);
  if (!content) return std::nullopt;
  return take_identity(draft, k_key.location, *draft.text(k_key.location) + ": ",
                       read_key_store(as_bytes(content->reveal()), draft.secret(k_key.password),
                                      draft.secret(k_key_password)));
}

}  // namespace

std::optional<std::string> read_trusted(ProfileDraft& draft) {
  auto trusted = find_trusted(draft);
  note_the_rest(draft, k_trust);
  draft.info_if_set({k_trusted_text},
                    "not read, since there is a mistake in the properties of "
                    "this truststore");
  return trusted;
}

std::optional<Identity> read_identity(ProfileDraft& draft) {
  auto identity = find_identity(draft);
  note_the_rest(draft, k_key);
  if (identity && draft.has(k_chain)) draft.became(k_chain, "sent with the client's certificate");
  if (draft.has(k_key_password)) {
    if (identity) {
      draft.became(k_key_password, "opens the private key");
    } else {
      draft.info(k_key_password, "there is no private key that it could open");
    }
  }
  draft.info_if_set({k_chain, k_private_key},
                    "not read, since there is a mistake in the "
                    "properties of this keystore");
  return identity;
}

}  // namespace kferry::security
