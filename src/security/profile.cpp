#include "kferry/security/profile.hpp"

namespace kferry::security {

const char* to_string(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::plaintext:
      return "PLAINTEXT";
    case Protocol::ssl:
      return "SSL";
    case Protocol::sasl_plaintext:
      return "SASL_PLAINTEXT";
    case Protocol::sasl_ssl:
      return "SASL_SSL";
  }
  return "";
}

const char* to_string(TlsVersion version) noexcept {
  return version == TlsVersion::tls_1_2 ? "TLSv1.2" : "TLSv1.3";
}

const char* to_string(SaslMechanism mechanism) noexcept {
  switch (mechanism) {
    case SaslMechanism::plain:
      return "PLAIN";
    case SaslMechanism::scram_sha_256:
      return "SCRAM-SHA-256";
    case SaslMechanism::scram_sha_512:
      return "SCRAM-SHA-512";
    case SaslMechanism::gssapi:
      return "GSSAPI";
    case SaslMechanism::oauthbearer:
      return "OAUTHBEARER";
  }
  return "";
}

}  // namespace kferry::security
