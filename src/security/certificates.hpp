#pragma once

#include <string>
#include <string_view>

#include "kferry/base/result.hpp"
#include "kferry/base/secret.hpp"
#include "security/openssl_handles.hpp"

namespace kferry::security {

/// Null when the bytes do not begin with a certificate. What follows it is ignored, as Java does.
X509Handle parse_certificate(std::string_view der);

std::string certificate_der(X509* certificate);

/// "CERTIFICATE" and bytes to PEM, with the usual 64 columns.
std::string to_pem(std::string_view label, std::string_view der);
Secret to_secret_pem(std::string_view label, const Secret& der);

/// The bytes of the key's PKCS#8 form.
Secret private_key_der(const PKCS8_PRIV_KEY_INFO* key);

/// Null when it is no PKCS#8 private key of an algorithm that OpenSSL knows.
KeyHandle parse_private_key(const Secret& der);

}  // namespace kferry::security
