#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kferry/security/stores.hpp"

/// What the readers of the store kinds share.
namespace kferry::security {

/// How a store is to be read, and what its passwords are called where an error names them.
struct StoreRequest {
  const std::optional<Secret>& password;
  const std::optional<Secret>& key_password;  ///< unset: as password, which is Java's rule too
  bool open_keys = true;
  std::string_view password_name = "the store password";
  std::string_view key_password_name = "the key password";

  const std::optional<Secret>& for_keys() const noexcept {
    return key_password ? key_password : password;
  }
};

struct StoreContent {
  /// A private key that was not to be opened leaves only its certificates.
  std::vector<StoreEntry> entries;
  /// Certificates of a PKCS12 store that Java does not show: without the mark that it puts on
  /// trusted ones, and in no key's chain.
  std::vector<std::string> unmarked_der;
  std::vector<std::string> warnings;
};

inline Error store_error(std::string text) { return {ErrorKind::configuration, std::move(text)}; }

/// Java's maps: a later entry with the same alias takes the earlier one's place.
void put_entry(std::vector<StoreEntry>& entries, StoreEntry entry);

/// Java's String.toLowerCase for ASCII and Latin-1; other letters stay. UTF-8.
std::string lower_case_alias(std::string_view alias);

inline std::span<const unsigned char> unsigned_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

inline std::string to_string(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace kferry::security
