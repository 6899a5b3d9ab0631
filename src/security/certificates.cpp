#include "security/certificates.hpp"

#include <algorithm>

#include "kferry/base/check.hpp"

namespace kferry::security {

namespace {

constexpr std::size_t k_pem_line_bytes = 48;  // 64 characters of Base64

std::size_t pem_size(std::string_view label, std::string_view der) {
  const std::size_t lines = (der.size() + k_pem_line_bytes - 1) / k_pem_line_bytes;
  return 2 * (label.size() + 20) + lines * (k_pem_line_bytes / 3 * 4 + 1);
}

/// Reserved in one piece: a key's text is not left behind by a growing string.
std::string pem(std::string_view label, std::string_view der) {
  std::string text;
  text.reserve(pem_size(label, der));
  text.append("-----BEGIN ").append(label).append("-----\n");
  while (!der.empty()) {
    const auto line = der.substr(0, k_pem_line_bytes);
    const std::size_t start = text.size();
    const std::size_t length = (line.size() + 2) / 3 * 4;
    text.resize(start + length + 1);  // EVP_EncodeBlock ends with a zero byte
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + start),
                    reinterpret_cast<const unsigned char*>(line.data()),
                    static_cast<int>(line.size()));
    text.back() = '\n';
    der.remove_prefix(line.size());
  }
  text.append("-----END ").append(label).append("-----\n");
  return text;
}

}  // namespace

X509Handle parse_certificate(std::string_view der) {
  const auto* position = reinterpret_cast<const unsigned char*>(der.data());
  X509Handle certificate(d2i_X509(nullptr, &position, static_cast<long>(der.size())));
  if (!certificate) forget_openssl_errors();
  return certificate;
}

std::string certificate_der(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  KF_CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* position = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &position);
  return der;
}

std::string to_pem(std::string_view label, std::string_view der) { return pem(label, der); }

Secret to_secret_pem(std::string_view label, const Secret& der) {
  return Secret(pem(label, der.reveal()));
}

Secret private_key_der(const PKCS8_PRIV_KEY_INFO* key) {
  const int size = i2d_PKCS8_PRIV_KEY_INFO(key, nullptr);
  KF_CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* position = reinterpret_cast<unsigned char*>(der.data());
  i2d_PKCS8_PRIV_KEY_INFO(key, &position);
  return Secret(std::move(der));
}

KeyHandle parse_private_key(const Secret& der) {
  const auto* position = reinterpret_cast<const unsigned char*>(der.reveal().data());
  const Pkcs8Handle info(
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &position, static_cast<long>(der.reveal().size())));
  KeyHandle key(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
  if (!key) forget_openssl_errors();
  return key;
}

}  // namespace kferry::security
