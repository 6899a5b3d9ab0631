#include "kferry/security/certificate_names.hpp"

#include <openssl/x509v3.h>

#include "security/certificates.hpp"

namespace kferry::security {
namespace {

/// More names than these help nobody to see which one is missing.
constexpr int k_names_max = 5;

using NamesHandle = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

std::string subject_of(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio) return {};
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string host_names_of(X509* certificate) {
  const NamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string out;
  int told = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    if (told++ == k_names_max) return out + ", ...";
    out += told == 1 ? "" : ", ";
    out.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
               static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return out;
}

}  // namespace

std::string describe_certificate(ByteView der) {
  const X509Handle certificate = parse_certificate(as_text(der));
  forget_openssl_errors();
  if (!certificate) return {};
  std::string out = subject_of(certificate.get());
  const std::string names = host_names_of(certificate.get());
  if (!names.empty()) out += (out.empty() ? "for " : ", for ") + names;
  return out;
}

}  // namespace kferry::security
