#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/secret.hpp"
#include "kferry/security/profile.hpp"

/// Java's truststores and keystores: JKS (sun.security.provider.JavaKeyStore), PKCS12 as keytool
/// writes it and PEM (KIP-651). The kind is recognised by content, as Java's own JKS type does.
namespace kferry::security {

inline constexpr std::size_t k_store_bytes_max = 16U << 20;
inline constexpr std::size_t k_store_entries_max = 10'000;

enum class StoreKind { jks, pkcs12, pem };
const char* to_string(StoreKind kind) noexcept;

struct TrustStore {
  StoreKind kind = StoreKind::jks;
  std::string certificates_pem;       ///< all trusted certificates; never empty
  std::size_t certificates = 0;       ///< how many
  std::vector<std::string> warnings;  ///< for the operator, without secrets
};

struct KeyStore {
  StoreKind kind = StoreKind::jks;
  Identity identity;
  std::string alias;  ///< of the entry that is used; empty for PEM
  std::vector<std::string> warnings;
};

/// One entry of a store as Java's KeyStore shows it.
struct StoreEntry {
  std::string alias;                          ///< UTF-8; lower case in JKS and PKCS12
  std::vector<std::string> certificates_der;  ///< one for a trusted certificate, else the chain
  std::optional<Secret> private_key_der;      ///< PKCS#8; unset for a trusted certificate
};

/// A store's bytes to its entries, in the file's order, all private keys opened with key_password.
/// Without store password the integrity is not checked (as in Java) where the kind allows it.
/// Errors: configuration, naming what is wrong (damaged, wrong password, wrong key password,
/// encrypted with an unknown algorithm) but not the file, which the caller knows.
Result<std::vector<StoreEntry>> read_store(ByteView bytes, const std::optional<Secret>& password,
                                           const std::optional<Secret>& key_password);

/// Trusted certificates of a store or PEM text; as in Java the first one of a key's chain counts
/// too. A store without any is an error. PKCS12 certificates without Java's mark for trusted ones
/// (openssl leaves it out) are taken, with a warning, where there are no others.
Result<TrustStore> read_trust_store(ByteView bytes, const std::optional<Secret>& password);

/// The private key of a store or PEM text with its chain; the first one in alias order that Java's
/// key manager would find when there are several (with a warning). A key that does not fit its
/// first certificate is an error. Without key_password a store's keys open with the store's
/// password, as in Java; a PEM key is encrypted exactly when there is a key_password.
Result<KeyStore> read_key_store(ByteView bytes, const std::optional<Secret>& password,
                                const std::optional<Secret>& key_password);

/// Inline PEM (ssl.keystore.key, ssl.keystore.certificate.chain).
Result<KeyStore> read_key_pair(const Secret& key_pem, std::string_view chain_pem,
                               const std::optional<Secret>& key_password);

}  // namespace kferry::security
