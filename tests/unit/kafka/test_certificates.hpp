#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "kferry/base/check.hpp"

namespace kferry::test {

struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};

/// A certificate with its key, signed by another one or by itself.
class TestIdentity {
 public:
  struct Shape {
    std::string common_name;
    std::string alternative_names = "DNS:localhost,IP:127.0.0.1";
    bool authority = false;
    long valid_from_s = -3'600;  ///< from now
    long valid_until_s = 3'600;  ///< from now
  };

  explicit TestIdentity(const Shape& shape, const TestIdentity* issuer = nullptr)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    KF_CHECK(key_ && certificate_);
    X509_set_version(certificate_.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), ++serial());
    X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), shape.valid_from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), shape.valid_until_s);
    X509_set_pubkey(certificate_.get(), key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate_.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(shape.common_name.c_str()),
                               -1, -1, 0);
    X509_set_issuer_name(certificate_.get(),
                         X509_get_subject_name((issuer ? *issuer : *this).certificate()));
    extend(NID_basic_constraints, shape.authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!shape.authority) extend(NID_subject_alt_name, shape.alternative_names);
    KF_CHECK(X509_sign(certificate_.get(), (issuer ? *issuer : *this).key(), EVP_sha256()) > 0);
  }

  X509* certificate() const noexcept { return certificate_.get(); }
  EVP_PKEY* key() const noexcept { return key_.get(); }

  std::string certificate_pem() const {
    return pem([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate()); });
  }
  std::string key_pem() const {
    return pem([this](BIO* bio) {
      return PEM_write_bio_PKCS8PrivateKey(bio, key(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

 private:
  static long& serial() {
    static long number = 0;
    return number;
  }

  template <class Write>
  static std::string pem(const Write& write) {
    const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
    KF_CHECK(write(bio.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

  void extend(int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    KF_CHECK(extension != nullptr);
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

}  // namespace kferry::test
