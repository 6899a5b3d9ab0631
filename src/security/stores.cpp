#include "kferry/security/stores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "security/certificates.hpp"
#include "security/jks.hpp"
#include "security/openssl_handles.hpp"
#include "security/pem.hpp"
#include "security/pkcs12.hpp"
#include "security/store_content.hpp"

namespace kferry::security {

namespace {

constexpr std::string_view k_jks_magic = "\xFE\xED\xFE\xED";
constexpr std::string_view k_jceks_magic = "\xCE\xCE\xCE\xCE";
constexpr char k_der_sequence = 0x30;

/// A sequence of more than 127 bytes. A short one could be text as well: 0x30 is a '0'.
bool is_long_sequence(std::string_view bytes) {
  return bytes.size() > 1 && bytes[0] == k_der_sequence &&
         (static_cast<unsigned char>(bytes[1]) & 0x80) != 0;
}

Result<StoreKind> kind_of(std::string_view bytes) {
  if (bytes.empty()) return store_error("the file is empty");
  if (bytes.size() > k_store_bytes_max) {
    return store_error(
        fmt::format("the file has {} bytes, more than {}: it is no key or trust store",
                    bytes.size(), k_store_bytes_max));
  }
  if (bytes.starts_with(k_jks_magic)) return StoreKind::jks;
  if (bytes.starts_with(k_jceks_magic)) {
    return store_error(
        "this is a JCEKS store, which kferry does not read. Convert it with `keytool "
        "-importkeystore -srcstoretype JCEKS -srckeystore FILE -deststoretype PKCS12 "
        "-destkeystore FILE.p12`");
  }
  if (!is_long_sequence(bytes) && is_pem(bytes)) return StoreKind::pem;
  if (bytes.front() != k_der_sequence) {
    return store_error("this is neither a JKS nor a PKCS12 store nor PEM");
  }
  if (parse_certificate(bytes)) {
    return store_error(
        "this is a single certificate and no store. Make PEM of it with `openssl x509 -inform DER "
        "-in FILE -out FILE.pem`, or a store with `keytool -importcert -file FILE -keystore "
        "STORE`");
  }
  return StoreKind::pkcs12;
}

Result<StoreContent> read_as(StoreKind kind, ByteView bytes, const StoreRequest& request) {
  switch (kind) {
    case StoreKind::jks:
      return read_jks(bytes, request);
    case StoreKind::pem:
      return read_pem(as_text(bytes), request);
    case StoreKind::pkcs12:
      break;
  }
  const auto library = CryptoLibrary::open();
  if (!library) return library.error();
  return read_pkcs12(bytes, request, *library);
}

std::string certificates_pem(const std::vector<std::string>& certificates) {
  std::string text;
  for (const auto& der : certificates) text += to_pem("CERTIFICATE", der);
  return text;
}

void warn_of_password(StoreKind kind, const StoreRequest& request,
                      std::vector<std::string>& warnings) {
  if (kind != StoreKind::pem || !request.password) return;
  warnings.push_back(
      fmt::format("{} is not used: PEM has no store password", request.password_name));
}

/// Java trusts the certificates of trusted entries and the first one of each key's chain.
std::vector<std::string> trusted_of(StoreContent& content) {
  std::vector<std::string> trusted;
  for (auto& entry : content.entries) {
    if (!entry.certificates_der.empty())
      trusted.push_back(std::move(entry.certificates_der.front()));
  }
  const std::size_t unmarked = content.unmarked_der.size();
  if (unmarked == 0) return trusted;
  if (!trusted.empty()) {
    content.warnings.push_back(
        fmt::format("{} certificate(s) without Java's mark for trusted ones are ignored, as Java "
                    "does; `keytool -importcert` marks them",
                    unmarked));
    return trusted;
  }
  content.warnings.push_back(
      fmt::format("{} certificate(s) are trusted although they lack Java's mark for trusted ones "
                  "(openssl leaves it out); Java would trust none of them",
                  unmarked));
  return std::move(content.unmarked_der);
}

Error nothing_trusted(StoreKind kind, const StoreRequest& request, const StoreContent& content) {
  std::string text = "the truststore has no trusted certificate, so no broker could be trusted";
  if (kind == StoreKind::pkcs12 && !request.password) {
    text += fmt::format("; without {} encrypted certificates are not seen: set it",
                        request.password_name);
  } else {
    text += ": import one with `keytool -importcert -keystore STORE -file CA.pem`";
  }
  for (const auto& warning : content.warnings) text += fmt::format(" ({})", warning);
  return store_error(std::move(text));
}

bool has_key(const StoreEntry& entry) { return entry.private_key_der.has_value(); }
bool is_identity(const StoreEntry& entry) {
  return has_key(entry) && !entry.certificates_der.empty();
}

/// A key that is not its certificate's own would only fail at the first connection.
Result<void> check_fit(const StoreEntry& entry) {
  const auto key = parse_private_key(*entry.private_key_der);
  if (!key) return store_error("the private key is damaged");
  for (std::size_t i = 0; i < entry.certificates_der.size(); ++i) {
    const auto certificate = parse_certificate(entry.certificates_der[i]);
    const bool fits = certificate && X509_check_private_key(certificate.get(), key.get()) == 1;
    forget_openssl_errors();
    if (!fits) continue;
    if (i == 0) return {};
    return store_error(fmt::format(
        "the private key's own certificate is number {} of its chain: it has to be the first one",
        i + 1));
  }
  return store_error(
      "the private key does not fit its certificate: both have to come from the same key pair");
}

Result<KeyStore> key_store_of(StoreKind kind, const StoreEntry& entry,
                              std::vector<std::string> warnings) {
  if (auto fits = check_fit(entry); !fits) return fits.error();
  KeyStore store;
  store.kind = kind;
  store.identity.private_key_pem = to_secret_pem("PRIVATE KEY", *entry.private_key_der);
  store.identity.chain_pem = certificates_pem(entry.certificates_der);
  if (kind != StoreKind::pem) store.alias = entry.alias;
  store.warnings = std::move(warnings);
  return store;
}

Error no_identity(StoreKind kind, const StoreContent& content) {
  std::string text;
  if (std::any_of(content.entries.begin(), content.entries.end(), has_key)) {
    text =
        "the keystore's private key has no certificate chain, so Java's key manager passes over "
        "it: make the store with key and certificates together";
  } else if (kind == StoreKind::pem) {
    text =
        "the PEM text has certificates, but no private key: append it as PKCS#8 (\"BEGIN "
        "PRIVATE KEY\")";
  } else {
    text =
        "the keystore has no private key, only certificates: is it the truststore? `keytool "
        "-list` shows a PrivateKeyEntry in the right one";
  }
  for (const auto& warning : content.warnings) text += fmt::format(" ({})", warning);
  return store_error(std::move(text));
}

}  // namespace

const char* to_string(StoreKind kind) noexcept {
  switch (kind) {
    case StoreKind::jks:
      return "JKS";
    case StoreKind::pkcs12:
      return "PKCS12";
    case StoreKind::pem:
      return "PEM";
  }
  return "";
}

std::string lower_case_alias(std::string_view alias) {
  std::string lower(alias);
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const auto byte = static_cast<unsigned char>(lower[i]);
    const bool ascii = byte >= 'A' && byte <= 'Z';
    const bool latin =
        i > 0 && lower[i - 1] == '\xC3' && byte >= 0x80 && byte <= 0x9E && byte != 0x97;
    if (ascii || latin) lower[i] = static_cast<char>(byte + 0x20);
  }
  return lower;
}

void put_entry(std::vector<StoreEntry>& entries, StoreEntry entry) {
  const auto same = [&](const StoreEntry& other) { return other.alias == entry.alias; };
  const auto found = std::find_if(entries.begin(), entries.end(), same);
  if (found == entries.end()) {
    entries.push_back(std::move(entry));
  } else {
    *found = std::move(entry);
  }
}

Result<std::vector<StoreEntry>> read_store(ByteView bytes, const std::optional<Secret>& password,
                                           const std::optional<Secret>& key_password) {
  const CleanErrorQueue clean;
  const auto kind = kind_of(as_text(bytes));
  if (!kind) return kind.error();
  auto content = read_as(*kind, bytes, {password, key_password});
  if (!content) return content.error();
  return std::move(content->entries);
}

Result<TrustStore> read_trust_store(ByteView bytes, const std::optional<Secret>& password) {
  const CleanErrorQueue clean;
  const std::optional<Secret> no_key_password;
  const StoreRequest request{password, no_key_password, false, "ssl.truststore.password", ""};
  const auto kind = kind_of(as_text(bytes));
  if (!kind) return kind.error();
  auto content = read_as(*kind, bytes, request);
  if (!content) return content.error();
  const auto trusted = trusted_of(*content);
  if (trusted.empty()) return nothing_trusted(*kind, request, *content);
  warn_of_password(*kind, request, content->warnings);
  return TrustStore{*kind, certificates_pem(trusted), trusted.size(), std::move(content->warnings)};
}

Result<KeyStore> read_key_store(ByteView bytes, const std::optional<Secret>& password,
                                const std::optional<Secret>& key_password) {
  const CleanErrorQueue clean;
  const StoreRequest request{password, key_password, true, "ssl.keystore.password",
                             "ssl.key.password"};
  const auto kind = kind_of(as_text(bytes));
  if (!kind) return kind.error();
  auto content = read_as(*kind, bytes, request);
  if (!content) return content.error();
  std::vector<StoreEntry> identities;
  for (auto& entry : content->entries) {
    if (is_identity(entry)) identities.push_back(std::move(entry));
  }
  if (identities.empty()) return no_identity(*kind, *content);
  const auto by_alias = [](const StoreEntry& a, const StoreEntry& b) { return a.alias < b.alias; };
  const auto& chosen = *std::min_element(identities.begin(), identities.end(), by_alias);
  if (identities.size() > 1) {
    content->warnings.push_back(
        fmt::format("the keystore has {} private keys, \"{}\" is used; Java chooses by what the "
                    "broker asks for. Leave one key in the store to be sure",
                    identities.size(), chosen.alias));
  }
  warn_of_password(*kind, request, content->warnings);
  return key_store_of(*kind, chosen, std::move(content->warnings));
}

Result<KeyStore> read_key_pair(const Secret& key_pem, std::string_view chain_pem,
                               const std::optional<Secret>& key_password) {
  const CleanErrorQueue clean;
  if (key_pem.reveal().size() > k_store_bytes_max || chain_pem.size() > k_store_bytes_max) {
    return store_error("the PEM text is too long");
  }
  auto key = read_pem_private_key(key_pem.reveal(), key_password);
  if (!key) return key.error();
  auto chain = read_pem_certificates(chain_pem);
  if (!chain) return chain.error();
  return key_store_of(StoreKind::pem, {"", std::move(*chain), std::move(*key)}, {});
}

}  // namespace kferry::security
