#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kferry/security/profile.hpp"

namespace kferry::security {

struct CipherName {
  std::string openssl;
  TlsVersion version = TlsVersion::tls_1_2;  ///< the only one that this suite is used with
  bool operator==(const CipherName&) const = default;
};

/// A cipher suite by its Java name, which is IANA's, or the older one that begins with SSL_.
/// Nothing: OpenSSL does not have it.
std::optional<CipherName> find_cipher(std::string_view java_name);

/// Whether Java knows, or knew, this suite, though it is too weak for any OpenSSL of today.
bool is_retired_cipher(std::string_view java_name);

/// Whether OpenSSL offers a suite that it has: its security level may forbid it.
bool is_offered(const CipherName& cipher);

/// The Java name of a suite that was written with its OpenSSL name; empty: it is none of those.
std::string java_name_of_openssl_cipher(std::string_view openssl_name);

}  // namespace kferry::security
