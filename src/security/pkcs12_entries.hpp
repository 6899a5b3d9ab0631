#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "security/openssl_handles.hpp"
#include "security/store_content.hpp"

/// A PKCS12 file is a heap of bags; this makes entries of them by Java's rules, so that a key finds
/// the same chain here and there.
namespace kferry::security {

/// Bag attributes that Java looks at.
struct BagNames {
  std::optional<std::string> alias;
  std::optional<std::string> key_id;
  bool trusted = false;  ///< marked 2.16.840.1.113894.746875.1.1
};

class Pkcs12Entries {
 public:
  /// Nothing to add for a key that Java passes over.
  void add_key(const BagNames& names, std::optional<Secret> key_der);
  /// `first`: it is the first bag of its contents.
  void add_certificate(const BagNames& names, X509Handle certificate, bool first);

  /// To be called once, after all bags.
  StoreContent finish();

 private:
  struct Certificate {
    X509Handle x509;
    std::string alias;  // lower case; empty: none, which never matches a key's
    std::optional<std::string> key_id;
    bool trusted = false;
    bool in_chain = false;
  };
  std::string alias_of(const BagNames& names);
  Certificate* certificate_of(std::string_view alias, std::string_view key_id);
  Certificate* issuer_of(X509* certificate);
  std::vector<std::string> chain_of(std::string_view alias, std::string_view key_id);

  std::vector<Certificate> certificates_;
  std::multimap<unsigned long, std::size_t> by_subject_;
  std::map<std::string, std::string> key_ids_;  // by alias
  std::size_t key_bags_ = 0;
  std::size_t unnamed_ = 0;
  StoreContent content_;
};

}  // namespace kferry::security
