#include "security/pkcs12.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>

#include "security/certificates.hpp"
#include "security/pkcs12_entries.hpp"

namespace kferry::security {

namespace {

constexpr std::string_view k_trusted_key_usage_oid = "2.16.840.1.113894.746875.1.1";

bool is_trusted_mark(const X509_ATTRIBUTE* attribute) {
  std::array<char, 64> oid{};
  auto* object = X509_ATTRIBUTE_get0_object(const_cast<X509_ATTRIBUTE*>(attribute));
  OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), object, 1);
  return k_trusted_key_usage_oid == oid.data();
}

BagNames names_of(PKCS12_SAFEBAG* bag) {
  BagNames names;
  const OpensslBytes alias(reinterpret_cast<unsigned char*>(PKCS12_get_friendlyname(bag)));
  if (alias) names.alias = reinterpret_cast<const char*>(alias.get());
  const auto* id = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);
  if (id != nullptr && id->type == V_ASN1_OCTET_STRING) {
    const auto* octets = id->value.octet_string;
    names.key_id = to_string(
        {ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))});
  }
  const auto* attributes = PKCS12_SAFEBAG_get0_attrs(bag);
  for (int i = 0; i < sk_X509_ATTRIBUTE_num(attributes); ++i) {
    names.trusted = names.trusted || is_trusted_mark(sk_X509_ATTRIBUTE_value(attributes, i));
  }
  return names;
}

class Pkcs12Reader {
 public:
  Pkcs12Reader(const StoreRequest& request, const CryptoLibrary& library, const Pkcs12Rules& rules)
      : request_(request),
        library_(library),
        rules_(rules),
        budget_(rules.iterations_max, rules.iterations_total_max) {}

  Result<StoreContent> read(ByteView bytes) {
    if (auto parsed = parse(bytes); !parsed) return parsed.error();
    if (auto checked = check_mac(); !checked) return checked.error();
    const SafeStack safes(PKCS12_unpack_authsafes(store_.get()));
    if (!safes) return damaged("its contents can not be read");
    for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
      if (auto read = contents(sk_PKCS7_value(safes.get(), i)); !read) return read.error();
    }
    auto content = entries_.finish();
    content.warnings.insert(content.warnings.begin(), warnings_.begin(), warnings_.end());
    return content;
  }

 private:
  static Error damaged(std::string_view how) {
    forget_openssl_errors();
    return store_error(fmt::format("the PKCS12 store is damaged: {}. Copy it again", how));
  }

  Result<void> parse(ByteView bytes) {
    const BioHandle in(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
    PKCS12* store = PKCS12_init_ex(NID_pkcs7_data, library_.get(), nullptr);
    // The object brings its library context along; a failure frees it.
    const bool good = in && store != nullptr && d2i_PKCS12_bio(in.get(), &store) != nullptr;
    store_.reset(store);
    if (!good) return damaged("it is cut off or not PKCS12 at all");
    return {};
  }

  Result<void> check_mac() {
    if (!rules_.check_mac) return {};
    if (PKCS12_mac_present(store_.get()) != 1) {
      warnings_.emplace_back("the PKCS12 store has no integrity check (MAC)");
      return {};
    }
    if (!request_.password) {
      warnings_.push_back(fmt::format("without {} the PKCS12 store's integrity is not checked",
                                      request_.password_name));
      return {};
    }
    const ASN1_INTEGER* iterations = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, store_.get());
    std::int64_t count = 1;
    if (iterations != nullptr && ASN1_INTEGER_get_int64(&count, iterations) != 1) count = 0;
    if (count < 1) return damaged("the parameters of its integrity check make no sense");
    if (auto paid = budget_.spend(static_cast<std::uint64_t>(count)); !paid) return paid;
    forget_openssl_errors();
    for (const auto& password : spellings(*request_.password)) {
      if (PKCS12_verify_mac(store_.get(), password.text, password.size) == 1) return {};
    }
    return mac_error();
  }

  Error mac_error() const {
    // A wrong MAC leaves no reason behind, a MAC that can not be computed does.
    if (ERR_peek_error() != 0) {
      return store_error(
          fmt::format("the PKCS12 store's integrity check can not be computed ({}): convert the "
                      "store with `keytool -importkeystore -deststoretype PKCS12`",
                      openssl_errors()));
    }
    return store_error(fmt::format(
        "the PKCS12 store's integrity check (MAC) failed: {} is wrong, or the file is damaged. "
        "`keytool -list -keystore FILE` accepts the right password",
        request_.password_name));
  }

  Result<void> contents(PKCS7* safe) {
    if (PKCS7_type_is_data(safe)) {
      const BagStack bags(PKCS12_unpack_p7data(safe));
      if (!bags) return damaged("its contents can not be read");
      return add(bags.get());
    }
    if (!PKCS7_type_is_encrypted(safe)) {
      return store_error(
          "the PKCS12 store is protected by a public key, which Java can not read either");
    }
    return encrypted_contents(safe->d.encrypted);
  }

  Result<void> encrypted_contents(const PKCS7_ENCRYPT* sealed) {
    if (sealed == nullptr || sealed->enc_data == nullptr || sealed->enc_data->enc_data == nullptr) {
      return damaged("encrypted contents are missing");
    }
    if (!request_.password) {
      warnings_.push_back(
          fmt::format("without {} the encrypted part of the PKCS12 store is not read, as in Java",
                      request_.password_name));
      return {};
    }
    const auto* algorithm = sealed->enc_data->algorithm;
    if (auto admitted = admit_encryption(algorithm, library_, budget_); !admitted) {
      return store_error("the PKCS12 store can not be opened: " + admitted.error().text);
    }
    for (const auto& password : spellings(*request_.password)) {
      const BagStack bags(static_cast<STACK_OF(PKCS12_SAFEBAG)*>(PKCS12_item_decrypt_d2i_ex(
          algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), password.text, password.size,
          sealed->enc_data->enc_data, 1, library_.get(), nullptr)));
      if (bags) return add(bags.get());
    }
    forget_openssl_errors();
    return store_error(
        fmt::format("the PKCS12 store can not be decrypted: {} is wrong, or the file is damaged",
                    request_.password_name));
  }

  Result<void> add(STACK_OF(PKCS12_SAFEBAG) * bags) {
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
      if (++bags_ > k_store_entries_max) {
        return store_error(
            fmt::format("the PKCS12 store has more than {} entries", k_store_entries_max));
      }
      auto* bag = sk_PKCS12_SAFEBAG_value(bags, i);
      const int kind = PKCS12_SAFEBAG_get_nid(bag);
      Result<void> added;
      if (kind == NID_pkcs8ShroudedKeyBag) added = add_key(bag);
      if (kind == NID_certBag) added = add_certificate(bag, i == 0);
      if (kind == NID_keyBag) {
        warnings_.emplace_back("an unencrypted private key is passed over, as Java does");
      }
      if (!added) return added;
    }
    return {};
  }

  Result<void> add_key(PKCS12_SAFEBAG* bag) {
    const auto names = names_of(bag);
    if (!request_.open_keys) {
      entries_.add_key(names, std::nullopt);
      return {};
    }
    auto key = open_key(PKCS12_SAFEBAG_get0_pkcs8(bag));
    if (!key) {
      return store_error(fmt::format("the private key{} of the PKCS12 store can not be read: {}",
                                     names.alias ? " \"" + *names.alias + "\"" : "",
                                     key.error().text));
    }
    entries_.add_key(names, std::move(*key));
    return {};
  }

  Result<Secret> open_key(const X509_SIG* sealed) {
    if (sealed == nullptr) return store_error("it is damaged");
    const X509_ALGOR* algorithm = nullptr;
    X509_SIG_get0(sealed, &algorithm, nullptr);
    if (auto admitted = admit_encryption(algorithm, library_, budget_); !admitted) {
      return admitted.error();
    }
    // To Java no password is the empty one here.
    const auto& password = request_.for_keys();
    auto key = decrypt_private_key(sealed, password.value_or(Secret()), library_);
    if (key.empty() && !password) {
      return store_error(fmt::format("it is encrypted: set {}", request_.password_name));
    }
    if (key.empty()) {
      return store_error(
          fmt::format("wrong password ({} when it is set, else {}; in a PKCS12 store both are "
                      "normally the same)",
                      request_.key_password_name, request_.password_name));
    }
    if (!parse_private_key(key)) return store_error("its algorithm is unknown");
    return key;
  }

  Result<void> add_certificate(PKCS12_SAFEBAG* bag, bool first) {
    X509Handle certificate(PKCS12_SAFEBAG_get1_cert(bag));
    if (!certificate) return damaged("a certificate can not be read");
    entries_.add_certificate(names_of(bag), std::move(certificate), first);
    return {};
  }

  const StoreRequest& request_;
  const CryptoLibrary& library_;
  const Pkcs12Rules& rules_;
  IterationBudget budget_;
  Pkcs12Handle store_;
  std::size_t bags_ = 0;
  std::vector<std::string> warnings_;
  Pkcs12Entries entries_;
};

}  // namespace

Result<StoreContent> read_pkcs12(ByteView bytes, const StoreRequest& request,
                                 const CryptoLibrary& library, const Pkcs12Rules& rules) {
  const CleanErrorQueue clean;
  return Pkcs12Reader(request, library, rules).read(bytes);
}

}  // namespace kferry::security
