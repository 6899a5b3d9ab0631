#include "security/cipher_names.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "security/openssl_handles.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_unknown_to_openssl = "(NONE)";
constexpr std::string_view k_old_prefix = "SSL_";
constexpr std::string_view k_prefix = "TLS_";

std::string iana_name(std::string_view java_name) {
  if (!java_name.starts_with(k_old_prefix)) return std::string(java_name);
  return std::string(k_prefix).append(java_name.substr(k_old_prefix.size()));
}

struct FreeCipherStack {
  void operator()(STACK_OF(SSL_CIPHER) * ciphers) const noexcept { sk_SSL_CIPHER_free(ciphers); }
};
using CipherStack = std::unique_ptr<STACK_OF(SSL_CIPHER), FreeCipherStack>;

}  // namespace

std::optional<CipherName> find_cipher(std::string_view java_name) {
  const std::string iana = iana_name(java_name);
  if (!iana.starts_with(k_prefix)) return std::nullopt;
  const std::string openssl = OPENSSL_cipher_name(iana.c_str());
  if (openssl == k_unknown_to_openssl) return std::nullopt;
  // Only the suites of TLS 1.3 have one name everywhere.
  const bool is_1_3 = openssl.starts_with(k_prefix);
  return CipherName{openssl, is_1_3 ? TlsVersion::tls_1_3 : TlsVersion::tls_1_2};
}

bool is_retired_cipher(std::string_view java_name) {
  static constexpr std::array<std::string_view, 10> k_parts{
      "_3DES_",   "_DES_",  "_DES40_", "_RC4_",   "_NULL_",
      "_EXPORT_", "_anon_", "_KRB5_",  "TLS_DH_", "TLS_ECDH_"};
  const std::string iana = iana_name(java_name);
  if (!iana.starts_with(k_prefix) || iana.find("_WITH_") == std::string::npos) return false;
  return std::any_of(k_parts.begin(), k_parts.end(),
                     [&](std::string_view part) { return iana.find(part) != std::string::npos; });
}

bool is_offered(const CipherName& cipher) {
  const SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return false;
  // Whatever defaults this process has for its contexts at this moment.
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_3_VERSION);
  const bool is_1_3 = cipher.version == TlsVersion::tls_1_3;
  const int set = is_1_3 ? SSL_CTX_set_ciphersuites(context.get(), cipher.openssl.c_str())
                         : SSL_CTX_set_cipher_list(context.get(), cipher.openssl.c_str());
  const SslHandle connection(set == 1 ? SSL_new(context.get()) : nullptr);
  forget_openssl_errors();
  if (connection == nullptr) return false;
  const CipherStack offered(SSL_get1_supported_ciphers(connection.get()));
  for (int i = 0; i < sk_SSL_CIPHER_num(offered.get()); ++i) {
    if (cipher.openssl == SSL_CIPHER_get_name(sk_SSL_CIPHER_value(offered.get(), i))) return true;
  }
  return false;
}

std::string java_name_of_openssl_cipher(std::string_view openssl_name) {
  const SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || SSL_CTX_set_cipher_list(context.get(), "ALL") != 1) return {};
  const auto* const ciphers = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const auto* const cipher = sk_SSL_CIPHER_value(ciphers, i);
    if (openssl_name == SSL_CIPHER_get_name(cipher)) return SSL_CIPHER_standard_name(cipher);
  }
  return {};
}

}  // namespace kferry::security
