#include "kferry/security/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>

#include <climits>
#include <cstdlib>

#include "security/openssl_handles.hpp"
#include "security/tls_parts.hpp"

namespace kferry::security {
namespace {

Error refused(const std::string& text) { return {ErrorKind::configuration, text}; }

int number_of(TlsVersion version) noexcept {
  return version == TlsVersion::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

/// OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) noexcept { return -1; }

/// Java takes what lies in the truststore as given and does not look at its dates.
int accept_as_java(int good, X509_STORE_CTX* store) noexcept {
  if (good == 1) return good;
  const int error = X509_STORE_CTX_get_error(store);
  const bool dated = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
  const bool anchor =
      X509_STORE_CTX_get_error_depth(store) >= X509_STORE_CTX_get_num_untrusted(store);
  if (!dated || !anchor) return 0;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

BioHandle reader_of(const std::string& text) {
  if (text.size() > INT_MAX) return nullptr;
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Null at the end, which leaves its mark in the error queue.
X509Handle next_certificate(const BioHandle& reader) {
  if (reader == nullptr) return nullptr;
  return X509Handle(PEM_read_bio_X509(reader.get(), nullptr, no_passphrase, nullptr));
}

bool at_end_of_pem() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

Result<void> set_versions(SSL_CTX* context, const TlsProfile& profile) {
  if (SSL_CTX_set_min_proto_version(context, number_of(profile.oldest)) == 1 &&
      SSL_CTX_set_max_proto_version(context, number_of(profile.newest)) == 1) {
    return {};
  }
  return refused("ssl.enabled.protocols: OpenSSL refuses the versions: " + openssl_errors());
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ":") + name;
  return text;
}

Result<void> set_ciphers(SSL_CTX* context, const TlsProfile& profile) {
  const std::string old = join(profile.ciphers_tls_1_2);
  // Said even when it is the default: this process may have another one at this moment.
  const std::string suites =
      profile.ciphers_tls_1_3.empty() ? OSSL_default_ciphersuites() : join(profile.ciphers_tls_1_3);
  if ((old.empty() || SSL_CTX_set_cipher_list(context, old.c_str()) == 1) &&
      SSL_CTX_set_ciphersuites(context, suites.c_str()) == 1) {
    return {};
  }
  return refused("ssl.cipher.suites: OpenSSL refuses the suites: " + openssl_errors());
}

Result<void> set_trust(SSL_CTX* context, const TlsProfile& profile) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_as_java);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  // As in Java, whatever is in the truststore is trusted, be it a root, an issuer below a root or
  // the broker's own certificate.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (!profile.trusted_pem) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return refused("the system's CA certificates can not be used: " + openssl_errors());
  }
  const BioHandle reader = reader_of(*profile.trusted_pem);
  std::size_t count = 0;
  while (const X509Handle certificate = next_certificate(reader)) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      return refused("OpenSSL refuses a trusted certificate: " + openssl_errors());
    }
    ++count;
  }
  const bool read_all = at_end_of_pem();
  const std::string reason = openssl_errors();
  if (!read_all) return refused("a trusted certificate can not be read: " + reason);
  if (count == 0) return refused("there is no trusted certificate");
  return {};
}

Result<void> set_chain(SSL_CTX* context, const std::string& chain_pem) {
  const BioHandle reader = reader_of(chain_pem);
  const X509Handle own = next_certificate(reader);
  if (own == nullptr) {
    return refused("the client's certificate can not be read: " + openssl_errors());
  }
  if (SSL_CTX_use_certificate(context, own.get()) != 1) {
    return refused("OpenSSL refuses the client's certificate: " + openssl_errors());
  }
  while (const X509Handle issuer = next_certificate(reader)) {
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1) {
      return refused("OpenSSL refuses a certificate of the chain: " + openssl_errors());
    }
  }
  const bool read_all = at_end_of_pem();
  const std::string reason = openssl_errors();
  if (read_all) return {};
  return refused("a certificate of the chain can not be read: " + reason);
}

Result<void> set_identity(SSL_CTX* context, const Identity& identity) {
  if (auto chain = set_chain(context, identity.chain_pem); !chain) return chain;
  const BioHandle reader = reader_of(identity.private_key_pem.reveal());
  const KeyHandle key(reader == nullptr
                          ? nullptr
                          : PEM_read_bio_PrivateKey(reader.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    return refused("the private key can not be read: " + openssl_errors());
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1) {
    return {};
  }
  return refused(
      "the private key does not belong to the first certificate of the "
      "chain: " +
      openssl_errors());
}

/// Session tickets would be kept by nobody. Kafka counts its bytes, so that a connection cut short
/// is seen without TLS's own farewell, which brokers under load leave out.
constexpr auto k_options = SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                           SSL_OP_IGNORE_UNEXPECTED_EOF;

bool exists(const char* path) {
  struct stat about {};
  return path != nullptr && ::stat(path, &about) == 0;
}

const char* first_of(const char* set, const char* otherwise) noexcept {
  return set != nullptr ? set : otherwise;
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

Result<TlsContext> make_tls_context(const TlsProfile& profile) {
  forget_openssl_errors();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return refused("OpenSSL does not start: " + openssl_errors());
  SSL_CTX_set_options(context.get(), k_options);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (auto set = set_versions(context.get(), profile); !set) return set.error();
  if (auto set = set_ciphers(context.get(), profile); !set) return set.error();
  if (auto set = set_trust(context.get(), profile); !set) return set.error();
  if (profile.identity) {
    if (auto set = set_identity(context.get(), *profile.identity); !set) return set.error();
  }
  return context;
}

std::string system_trust() {
  for (const char* path :
       {first_of(std::getenv(X509_get_default_cert_file_env()), X509_get_default_cert_file()),
        first_of(std::getenv(X509_get_default_cert_dir_env()), X509_get_default_cert_dir())}) {
    if (exists(path)) return path;
  }
  return {};
}

}  // namespace kferry::security
