#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "kferry/security/tls_context.hpp"

namespace kferry::security {
namespace {

/// What is wrong, and which of Java's properties helps; each fits behind "the certificate ...".
struct Explanation {
  const char* cause;
  const char* remedy;
};

constexpr const char* k_trust_remedy =
    "put the CA that signed it into ssl.truststore.location (or ssl.truststore.certificates)";
constexpr const char* k_broker_remedy =
    "the broker needs a new certificate (its ssl.keystore.location)";
constexpr const char* k_strength_remedy =
    "the broker needs a new one, with RSA keys of 2048 bits or more (or EC) and SHA-256";

Explanation explain(int error) noexcept {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return {"is signed by a CA that is not trusted", k_trust_remedy};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {"is signed by itself and not trusted",
              "put this certificate into ssl.truststore.location (or ssl.truststore.certificates)"};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {"is signed by a private CA that is not trusted", k_trust_remedy};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"has expired, or an issuer's has", k_broker_remedy};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"is not valid yet", "set the clock of this machine, or wait"};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {"is for another name",
              "use a name of the certificate in bootstrap.servers and in the brokers' "
              "advertised.listeners, or set ssl.endpoint.identification.algorithm to nothing to "
              "accept any name"};
    case X509_V_ERR_INVALID_PURPOSE:
      return {"is not for servers (extended key usage)", k_broker_remedy};
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return {"is signed by a certificate that may not sign others", k_broker_remedy};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {"is not signed by the CA of that name in the truststore", k_trust_remedy};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return {"or an issuer's has a key that is too short", k_strength_remedy};
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {"or an issuer's is signed with a hash that is too weak", k_strength_remedy};
    case X509_V_ERR_CERT_REVOKED:
      return {"is revoked", k_broker_remedy};
    default:
      return {nullptr, "see ssl.truststore.location and the broker's ssl.keystore.location"};
  }
}

}  // namespace

std::string explain_verification(int x509_error, const std::string& host,
                                 const std::string& subject) {
  const auto [cause, remedy] = explain(x509_error);
  const auto whose = subject.empty() ? std::string() : fmt::format(" ({})", subject);
  if (cause == nullptr) {
    return fmt::format("the certificate of {}{} is refused: {}; {}", host, whose,
                       X509_verify_cert_error_string(x509_error), remedy);
  }
  return fmt::format("the certificate of {}{} {}; {}", host, whose, cause, remedy);
}

}  // namespace kferry::security
