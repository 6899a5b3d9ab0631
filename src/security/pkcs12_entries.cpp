#include "security/pkcs12_entries.hpp"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "security/certificates.hpp"

namespace kferry::security {

namespace {

/// Java has no limit; nobody has more than a handful.
constexpr std::size_t k_chain_certificates_max = 100;

/// The identity that Java gives to a lone key and its certificate when the file has none.
constexpr const char* k_lone_key_id = "01";

bool same(const ASN1_OCTET_STRING* one, const ASN1_OCTET_STRING* other) {
  return ASN1_OCTET_STRING_cmp(one, other) == 0;
}

bool self_signed(X509* certificate) {
  const bool yes = X509_self_signed(certificate, 1) == 1;
  forget_openssl_errors();
  return yes;
}

}  // namespace

std::string Pkcs12Entries::alias_of(const BagNames& names) {
  if (names.alias) return lower_case_alias(*names.alias);
  return std::to_string(++unnamed_);
}

void Pkcs12Entries::add_key(const BagNames& names, std::optional<Secret> key_der) {
  ++key_bags_;
  if (!names.key_id && key_bags_ != 1) {
    content_.warnings.emplace_back(
        "a private key without a local key id is passed over, as Java does");
    return;
  }
  auto alias = alias_of(names);
  key_ids_.insert_or_assign(alias, names.key_id.value_or(k_lone_key_id));
  put_entry(content_.entries, {std::move(alias), {}, std::move(key_der)});
}

void Pkcs12Entries::add_certificate(const BagNames& names, X509Handle certificate, bool first) {
  Certificate one{nullptr, {}, names.key_id, names.trusted, false};
  if (!one.key_id && key_bags_ == 1 && first) one.key_id = k_lone_key_id;
  if (names.alias) one.alias = lower_case_alias(*names.alias);
  if (names.trusted) {
    auto alias = alias_of(names);
    key_ids_.erase(alias);
    put_entry(content_.entries,
              {std::move(alias), {certificate_der(certificate.get())}, std::nullopt});
  }
  by_subject_.emplace(X509_subject_name_hash(certificate.get()), certificates_.size());
  one.x509 = std::move(certificate);
  certificates_.push_back(std::move(one));
}

Pkcs12Entries::Certificate* Pkcs12Entries::certificate_of(std::string_view alias,
                                                          std::string_view key_id) {
  Certificate* by_id = nullptr;
  Certificate* by_alias = nullptr;
  for (auto& certificate : certificates_) {
    if (certificate.trusted) continue;
    const bool same_alias = !certificate.alias.empty() && certificate.alias == alias;
    if (certificate.key_id == key_id) {
      by_id = &certificate;
      if (same_alias) return by_id;
    } else if (same_alias) {
      by_alias = &certificate;
    }
  }
  return by_id != nullptr ? by_id : by_alias;
}

Pkcs12Entries::Certificate* Pkcs12Entries::issuer_of(X509* certificate) {
  const auto* wanted = X509_get0_authority_key_id(certificate);
  Certificate* fallback = nullptr;
  const auto [begin, end] = by_subject_.equal_range(X509_issuer_name_hash(certificate));
  for (auto found = begin; found != end; ++found) {
    auto& candidate = certificates_[found->second];
    if (X509_NAME_cmp(X509_get_subject_name(candidate.x509.get()),
                      X509_get_issuer_name(certificate)) != 0) {
      continue;
    }
    if (wanted == nullptr) return &candidate;
    const auto* id = X509_get0_subject_key_id(candidate.x509.get());
    if (id == nullptr) {
      fallback = &candidate;
    } else if (same(id, wanted)) {
      return &candidate;
    }
  }
  return fallback;
}

std::vector<std::string> Pkcs12Entries::chain_of(std::string_view alias, std::string_view key_id) {
  std::vector<Certificate*> chain;
  Certificate* next = certificate_of(alias, key_id);
  while (next != nullptr && chain.size() < k_chain_certificates_max) {
    const auto again = [next](const Certificate* before) {
      return X509_cmp(before->x509.get(), next->x509.get()) == 0;
    };
    if (std::any_of(chain.begin(), chain.end(), again)) break;
    next->in_chain = true;
    chain.push_back(next);
    if (self_signed(next->x509.get())) break;
    next = issuer_of(next->x509.get());
  }
  std::vector<std::string> der;
  der.reserve(chain.size());
  for (const auto* certificate : chain) der.push_back(certificate_der(certificate->x509.get()));
  return der;
}

StoreContent Pkcs12Entries::finish() {
  for (auto& entry : content_.entries) {
    const auto key = key_ids_.find(entry.alias);
    if (key != key_ids_.end()) entry.certificates_der = chain_of(key->first, key->second);
  }
  for (const auto& certificate : certificates_) {
    if (certificate.trusted || certificate.in_chain) continue;
    content_.unmarked_der.push_back(certificate_der(certificate.x509.get()));
  }
  return std::move(content_);
}

}  // namespace kferry::security
