#pragma once

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <string>

#include "security/openssl_handles.hpp"

/// Certificates for tests, made in memory.
namespace kferry::testing {

enum class KeyKind { ec, rsa };

struct CertificateSpec {
  std::string name = "test";
  std::string alternative_names;  ///< OpenSSL's form: "DNS:broker,IP:127.0.0.1"
  KeyKind key = KeyKind::ec;
  int first_day = -1;  ///< counted from today
  int last_day = 365;
  bool is_authority = false;
  unsigned rsa_bits = 2048;
};

struct IssuedCertificate {
  security::X509Handle certificate;
  security::KeyHandle key;

  std::string certificate_pem() const {
    const security::BioHandle out(BIO_new(BIO_s_mem()));
    EXPECT_EQ(PEM_write_bio_X509(out.get(), certificate.get()), 1);
    return text_of(out.get());
  }
  std::string key_pem() const {
    const security::BioHandle out(BIO_new(BIO_s_mem()));
    EXPECT_EQ(
        PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
        1);
    return text_of(out.get());
  }

 private:
  static std::string text_of(BIO* bio) {
    char* text = nullptr;
    const auto size = BIO_get_mem_data(bio, &text);
    return {text, static_cast<std::size_t>(size)};
  }
};

inline void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  EXPECT_EQ(X509_add_ext(certificate, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

/// Without an issuer it signs itself.
inline IssuedCertificate issue(const CertificateSpec& spec,
                               const IssuedCertificate* issuer = nullptr) {
  IssuedCertificate issued;
  issued.key.reset(spec.key == KeyKind::ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(spec.rsa_bits));
  issued.certificate.reset(X509_new());
  X509* const certificate = issued.certificate.get();
  X509* const signer = issuer == nullptr ? certificate : issuer->certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  std::time_t now = std::time(nullptr);
  X509_time_adj_ex(X509_getm_notBefore(certificate), spec.first_day, 0, &now);
  X509_time_adj_ex(X509_getm_notAfter(certificate), spec.last_day, 0, &now);
  X509_set_pubkey(certificate, issued.key.get());
  const auto* const name = reinterpret_cast<const unsigned char*>(spec.name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, -1, -1,
                             0);
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  if (spec.is_authority) add_extension(certificate, signer, NID_basic_constraints, "CA:TRUE");
  if (!spec.alternative_names.empty()) {
    add_extension(certificate, signer, NID_subject_alt_name, spec.alternative_names);
  }
  EVP_PKEY* const signing = issuer == nullptr ? issued.key.get() : issuer->key.get();
  EXPECT_GT(X509_sign(certificate, signing, EVP_sha256()), 0);
  return issued;
}

inline IssuedCertificate make_authority(const std::string& name = "test CA") {
  CertificateSpec spec;
  spec.name = name;
  spec.is_authority = true;
  return issue(spec);
}

}  // namespace kferry::testing
