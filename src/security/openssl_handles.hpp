#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/safestack.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

/// OpenSSL's objects with an owner. A null handle means that OpenSSL refused; openssl_errors() says
/// why.
namespace kferry::security {

template <auto release>
struct ReleaseWith {
  template <class T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};

template <class T, auto release>
using Handle = std::unique_ptr<T, ReleaseWith<release>>;

using X509Handle = Handle<X509, X509_free>;
using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;
using BioHandle = Handle<BIO, BIO_free_all>;
using Pkcs12Handle = Handle<PKCS12, PKCS12_free>;
using Pkcs8Handle = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedKeyHandle = Handle<X509_SIG, X509_SIG_free>;
using DigestHandle = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using SslContextHandle = Handle<SSL_CTX, SSL_CTX_free>;
using SslHandle = Handle<SSL, SSL_free>;
using LibraryHandle = Handle<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using ProviderHandle = Handle<OSSL_PROVIDER, OSSL_PROVIDER_unload>;

/// A stack together with what lies in it.
struct FreeX509Stack {
  void operator()(STACK_OF(X509) * certificates) const noexcept {
    sk_X509_pop_free(certificates, X509_free);
  }
};
using X509Stack = std::unique_ptr<STACK_OF(X509), FreeX509Stack>;

struct FreeSafeStack {
  void operator()(STACK_OF(PKCS7) * safes) const noexcept { sk_PKCS7_pop_free(safes, PKCS7_free); }
};
using SafeStack = std::unique_ptr<STACK_OF(PKCS7), FreeSafeStack>;

struct FreeBagStack {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const noexcept {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  }
};
using BagStack = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBagStack>;

/// Memory of OPENSSL_malloc: texts of the i2d_ and _to_UTF8 kind.
struct FreeOpensslBytes {
  void operator()(unsigned char* bytes) const noexcept { OPENSSL_free(bytes); }
};
using OpensslBytes = std::unique_ptr<unsigned char, FreeOpensslBytes>;

/// Empties this thread's error queue into one line, oldest first: "bad decrypt; mac verify
/// failure". "no reason given" when the queue is empty. Names reasons only, never data.
std::string openssl_errors();

/// The same, for where a failure is expected and its reason is of no use to anybody.
void forget_openssl_errors() noexcept;

/// Leaves this thread's error queue empty: what lies there would be taken for the reason of a later
/// failure, and SSL_get_error() makes an error of it.
class CleanErrorQueue {
 public:
  CleanErrorQueue() noexcept { forget_openssl_errors(); }
  CleanErrorQueue(const CleanErrorQueue&) = delete;
  CleanErrorQueue& operator=(const CleanErrorQueue&) = delete;
  ~CleanErrorQueue() { forget_openssl_errors(); }
};

}  // namespace kferry::security
