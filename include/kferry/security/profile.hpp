#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kferry/base/secret.hpp"

/// Who a client is and whom it trusts, in one form that every engine understands. Plain data: all
/// files are read and all passwords are used up before there is a profile.
namespace kferry::security {

/// Kafka's SecurityProtocol.
enum class Protocol { plaintext, ssl, sasl_plaintext, sasl_ssl };
const char* to_string(Protocol protocol) noexcept;  ///< Kafka's spelling: "SASL_SSL"

enum class TlsVersion { tls_1_2, tls_1_3 };
const char* to_string(TlsVersion version) noexcept;  ///< Java's spelling: "TLSv1.2"

/// A private key with its certificates, unencrypted.
struct Identity {
  Secret private_key_pem;  ///< PKCS#8
  std::string chain_pem;   ///< the key's own certificate first, issuers after it
  bool operator==(const Identity&) const = default;
};

struct TlsProfile {
  /// Concatenated PEM certificates, never empty. Unset: what the operating system trusts.
  std::optional<std::string> trusted_pem;
  std::optional<Identity> identity;
  bool verify_host_name = true;
  TlsVersion oldest = TlsVersion::tls_1_2;
  TlsVersion newest = TlsVersion::tls_1_3;
  /// OpenSSL's names, in order of preference. Empty: OpenSSL's defaults of that version.
  std::vector<std::string> ciphers_tls_1_2;
  std::vector<std::string> ciphers_tls_1_3;
  bool operator==(const TlsProfile&) const = default;
};

enum class SaslMechanism { plain, scram_sha_256, scram_sha_512, gssapi, oauthbearer };
const char* to_string(SaslMechanism mechanism) noexcept;  ///< "SCRAM-SHA-256"

/// Of Krb5LoginModule; only a key tab, nobody is there to type a password.
struct Kerberos {
  std::string service_name;
  std::string principal;
  std::string keytab_file;
  bool operator==(const Kerberos&) const = default;
};

/// Of OAuthBearerLoginModule, or of the sasl.oauthbearer. properties.
struct OAuthBearer {
  std::string token_endpoint_url;  ///< empty: an unsecured token is made of `unsecured_claims`
  std::string client_id;
  Secret client_secret;
  std::string scope;
  std::string extensions;        ///< SASL extensions for fetched tokens: "name=value,name2=value2"
  std::string unsecured_claims;  ///< librdkafka's form: "principal=x scope=y extension_z=w"
  bool operator==(const OAuthBearer&) const = default;
};

struct SaslProfile {
  SaslMechanism mechanism = SaslMechanism::plain;
  std::string username;  ///< PLAIN and SCRAM, UTF-8
  Secret password;       ///< PLAIN and SCRAM, UTF-8; may be empty
  std::optional<Kerberos> kerberos;
  std::optional<OAuthBearer> oauth_bearer;
  bool operator==(const SaslProfile&) const = default;
};

/// Invariant: tls is set exactly for ssl and sasl_ssl, sasl exactly for the two sasl_ protocols.
struct SecurityProfile {
  Protocol protocol = Protocol::plaintext;
  std::optional<TlsProfile> tls;
  std::optional<SaslProfile> sasl;
  bool operator==(const SecurityProfile&) const = default;
};

}  // namespace kferry::security
