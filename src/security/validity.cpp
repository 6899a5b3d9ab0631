#include "security/validity.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <ctime>

#include "security/openssl_handles.hpp"

namespace kferry::security {
namespace {

constexpr std::size_t k_warnings_max = 3;

std::string date_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

std::string subject_of(X509* certificate) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  if (out == nullptr) return {};
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string("no name");
}

/// Empty while it is valid.
std::string trouble_with(X509* certificate) {
  const auto* const start = X509_get0_notBefore(certificate);
  const auto* const end = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(end) < 0) {
    return fmt::format("the certificate of {} expired on {}", subject_of(certificate),
                       date_of(end));
  }
  if (X509_cmp_current_time(start) > 0) {
    return fmt::format("the certificate of {} is not valid before {}", subject_of(certificate),
                       date_of(start));
  }
  return {};
}

}  // namespace

std::vector<std::string> date_warnings(std::string_view certificates_pem) {
  std::vector<std::string> warnings;
  std::size_t more = 0;
  const BioHandle bio(
      BIO_new_mem_buf(certificates_pem.data(), static_cast<int>(certificates_pem.size())));
  while (bio != nullptr) {
    const X509Handle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    auto text = trouble_with(certificate.get());
    if (text.empty()) continue;
    if (warnings.size() < k_warnings_max) {
      warnings.push_back(std::move(text));
    } else {
      ++more;
    }
  }
  forget_openssl_errors();  // the end of the text counts as one
  if (more > 0) warnings.push_back(fmt::format("{} more certificates are not valid now", more));
  return warnings;
}

}  // namespace kferry::security
