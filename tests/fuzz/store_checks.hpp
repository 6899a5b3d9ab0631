#pragma once

#include <openssl/err.h>

#include <string>

#include "kferry/base/check.hpp"
#include "security/certificates.hpp"
#include "security/store_content.hpp"

/// What holds for every store that a reader accepts.
namespace kferry::fuzz {

inline void check_certificate(const std::string& der) {
  const auto certificate = security::parse_certificate(der);
  KF_CHECK(certificate != nullptr);
  KF_CHECK(security::certificate_der(certificate.get()) == der);
}

inline void check_store(const security::StoreContent& content) {
  KF_CHECK(content.entries.size() <= security::k_store_entries_max);
  for (std::size_t i = 0; i < content.entries.size(); ++i) {
    const auto& entry = content.entries[i];
    KF_CHECK(entry.alias == security::lower_case_alias(entry.alias));
    for (std::size_t j = 0; j < i; ++j) KF_CHECK(content.entries[j].alias != entry.alias);
    for (const auto& der : entry.certificates_der) check_certificate(der);
    if (entry.private_key_der) KF_CHECK(security::parse_private_key(*entry.private_key_der));
  }
  for (const auto& der : content.unmarked_der) check_certificate(der);
}

template <class T>
void check_outcome(const Result<T>& outcome) {
  if (outcome) {
    check_store(*outcome);
  } else {
    KF_CHECK(outcome.error().kind == ErrorKind::configuration);
    KF_CHECK(!outcome.error().text.empty());
  }
  KF_CHECK(ERR_peek_error() == 0);
}

}  // namespace kferry::fuzz
