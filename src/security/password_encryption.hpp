#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kferry/base/result.hpp"
#include "kferry/base/secret.hpp"
#include "security/openssl_handles.hpp"

/// Encryption under a password (PKCS#5, PKCS#12), as PKCS12 stores and PEM keys have it.
namespace kferry::security {

/// As Java's PKCS12 reader: a hostile file does not get to keep a processor busy.
inline constexpr std::uint64_t k_pbe_iterations_max = 5'000'000;
/// The same for all keys and certificates of one store together: less than half a minute.
inline constexpr std::uint64_t k_pbe_iterations_total_max = 50'000'000;

/// An OpenSSL library context of its own with the providers "default" and, where it is installed,
/// "legacy", so that old stores can be read while the process's context never learns RC2.
class CryptoLibrary {
 public:
  static Result<CryptoLibrary> open();

  OSSL_LIB_CTX* get() const noexcept { return context_.get(); }
  bool has_legacy() const noexcept { return legacy_ != nullptr; }

 private:
  CryptoLibrary() = default;
  LibraryHandle context_;  // outlives the providers
  ProviderHandle default_;
  ProviderHandle legacy_;
};

/// How many iterations a store may still cost.
class IterationBudget {
 public:
  IterationBudget(std::uint64_t each_max, std::uint64_t total_max)
      : each_max_(each_max), left_(total_max) {}
  Result<void> spend(std::uint64_t iterations);

 private:
  std::uint64_t each_max_;
  std::uint64_t left_;
};

/// A password as OpenSSL's functions take it. PKCS#12 knows two empty ones, which give different
/// keys: a terminating zero alone and nothing at all.
struct PasswordBytes {
  const char* text;
  int size;
};
std::vector<PasswordBytes> spellings(const Secret& password);

/// Checks that the algorithm can be used here and pays for its iterations. Errors name the
/// algorithm.
Result<void> admit_encryption(const X509_ALGOR* algorithm, const CryptoLibrary& library,
                              IterationBudget& budget);

/// Opens an EncryptedPrivateKeyInfo: the DER of its PKCS#8 key. The algorithm has to be admitted
/// before; what fails then is the password or damage, and the answer is empty.
Secret decrypt_private_key(const X509_SIG* encrypted, const Secret& password,
                           const CryptoLibrary& library);

}  // namespace kferry::security
