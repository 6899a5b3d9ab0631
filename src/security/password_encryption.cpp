#include "security/password_encryption.hpp"

#include <fmt/format.h>
#include <openssl/asn1t.h>

#include <array>

#include "security/certificates.hpp"
#include "security/store_content.hpp"

namespace kferry::security {

namespace {

struct FreePbe {
  void operator()(PBEPARAM* parameters) const noexcept { PBEPARAM_free(parameters); }
  void operator()(PBE2PARAM* parameters) const noexcept { PBE2PARAM_free(parameters); }
  void operator()(PBKDF2PARAM* parameters) const noexcept { PBKDF2PARAM_free(parameters); }
};

template <class T>
std::unique_ptr<T, FreePbe> parameters(const X509_ALGOR* algorithm, const ASN1_ITEM* item) {
  return std::unique_ptr<T, FreePbe>(
      static_cast<T*>(ASN1_TYPE_unpack_sequence(item, algorithm->parameter)));
}

std::string name_of(const ASN1_OBJECT* object) {
  std::array<char, 80> name{};
  OBJ_obj2txt(name.data(), static_cast<int>(name.size()), object, 0);
  return name.data();
}

struct Encryption {
  std::string name;
  std::int64_t iterations = 0;
  bool known = false;
  bool legacy = false;
};

bool is_des_or_rc(int nid) {
  switch (nid) {
    case NID_des_cbc:
    case NID_rc2_cbc:
    case NID_rc2_40_cbc:
    case NID_rc2_64_cbc:
    case NID_rc4:
    case NID_rc4_40:
      return true;
    default:
      return false;
  }
}

Encryption inspect_pbes2(const X509_ALGOR* algorithm) {
  Encryption found{"PBES2", 0, false, false};
  const auto scheme = parameters<PBE2PARAM>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
  if (!scheme) return found;
  const auto* cipher = scheme->encryption->algorithm;
  found.name =
      fmt::format("PBES2 with {} and {}", name_of(scheme->keyfunc->algorithm), name_of(cipher));
  if (OBJ_obj2nid(scheme->keyfunc->algorithm) != NID_id_pbkdf2) return found;
  const auto derivation = parameters<PBKDF2PARAM>(scheme->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM));
  if (!derivation || ASN1_INTEGER_get_int64(&found.iterations, derivation->iter) != 1) return found;
  found.known = true;
  found.legacy = is_des_or_rc(OBJ_obj2nid(cipher));
  return found;
}

Encryption inspect(const X509_ALGOR* algorithm) {
  const int nid = OBJ_obj2nid(algorithm->algorithm);
  if (nid == NID_pbes2) return inspect_pbes2(algorithm);
  Encryption found{name_of(algorithm->algorithm), 0, true, true};
  switch (nid) {
    case NID_pbe_WithSHA1And3_Key_TripleDES_CBC:
    case NID_pbe_WithSHA1And2_Key_TripleDES_CBC:
      found.legacy = false;
      break;
    case NID_pbe_WithSHA1And128BitRC4:
    case NID_pbe_WithSHA1And40BitRC4:
    case NID_pbe_WithSHA1And128BitRC2_CBC:
    case NID_pbe_WithSHA1And40BitRC2_CBC:
    case NID_pbeWithMD5AndDES_CBC:
    case NID_pbeWithMD5AndRC2_CBC:
    case NID_pbeWithSHA1AndDES_CBC:
    case NID_pbeWithSHA1AndRC2_CBC:
      break;
    default:
      found.known = false;
      return found;
  }
  const auto scheme = parameters<PBEPARAM>(algorithm, ASN1_ITEM_rptr(PBEPARAM));
  // Without parameters it is one iteration less than any that can be.
  if (!scheme || ASN1_INTEGER_get_int64(&found.iterations, scheme->iter) != 1) found.iterations = 0;
  return found;
}

}  // namespace

Result<CryptoLibrary> CryptoLibrary::open() {
  CryptoLibrary library;
  library.context_.reset(OSSL_LIB_CTX_new());
  if (library.context_) {
    library.default_.reset(OSSL_PROVIDER_load(library.context_.get(), "default"));
  }
  if (!library.default_) {
    return store_error(
        fmt::format("OpenSSL's provider \"default\" can not be loaded ({})", openssl_errors()));
  }
  library.legacy_.reset(OSSL_PROVIDER_load(library.context_.get(), "legacy"));
  if (!library.legacy_) forget_openssl_errors();
  return library;
}

Result<void> IterationBudget::spend(std::uint64_t iterations) {
  if (iterations > each_max_) {
    return store_error(fmt::format(
        "its password protection wants {} iterations, more than {}: the file is damaged or hostile",
        iterations, each_max_));
  }
  if (iterations > left_) {
    return store_error(
        "its password protection wants too many iterations in all: make a store with fewer entries "
        "or a lower iteration count");
  }
  left_ -= iterations;
  return {};
}

std::vector<PasswordBytes> spellings(const Secret& password) {
  const PasswordBytes given{password.reveal().c_str(), static_cast<int>(password.reveal().size())};
  if (password.empty()) return {given, {nullptr, 0}};
  return {given};
}

Result<void> admit_encryption(const X509_ALGOR* algorithm, const CryptoLibrary& library,
                              IterationBudget& budget) {
  const auto found = inspect(algorithm);
  forget_openssl_errors();
  if (!found.known) {
    return store_error(fmt::format(
        "it is encrypted with {}, which is not supported: convert it with "
        "`keytool -importkeystore -deststoretype PKCS12`, or `openssl pkcs8 -topk8` for "
        "a PEM key",
        found.name));
  }
  if (found.legacy && !library.has_legacy()) {
    return store_error(fmt::format(
        "it is encrypted with the outdated {}, for which OpenSSL needs its provider \"legacy\", "
        "and that can not be loaded: install its module legacy.so (it belongs to OpenSSL; "
        "OPENSSL_MODULES names the folder), or convert the store with `keytool -importkeystore "
        "-deststoretype PKCS12` of a current Java",
        found.name));
  }
  if (found.iterations < 1) return store_error("the parameters of its encryption are damaged");
  return budget.spend(static_cast<std::uint64_t>(found.iterations));
}

Secret decrypt_private_key(const X509_SIG* encrypted, const Secret& password,
                           const CryptoLibrary& library) {
  for (const auto& bytes : spellings(password)) {
    const Pkcs8Handle key(
        PKCS8_decrypt_ex(encrypted, bytes.text, bytes.size, library.get(), nullptr));
    if (key) return private_key_der(key.get());
  }
  forget_openssl_errors();
  return {};
}

}  // namespace kferry::security
