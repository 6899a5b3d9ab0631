#pragma once

#include <memory>
#include <string>

#include "kferry/base/result.hpp"
#include "kferry/security/profile.hpp"

struct ssl_ctx_st;

namespace kferry::security {

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const noexcept;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

/// An OpenSSL client context that means what the profile says: trust, identity, versions, ciphers.
/// The host name is checked per connection (SSL_set1_host), when the profile wants it.
/// Errors: configuration (a key that does not fit its certificate, ...).
Result<TlsContext> make_tls_context(const TlsProfile& profile);

/// What is wrong with a peer's certificate, in words and with the remedy in Java's properties, from
/// an X509_V_ERR_ code. `host` is whom we wanted to reach, `subject` what the certificate says.
std::string explain_verification(int x509_error, const std::string& host,
                                 const std::string& subject);

}  // namespace kferry::security
