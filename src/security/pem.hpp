#pragma once

#include "security/password_encryption.hpp"
#include "security/store_content.hpp"

/// PEM as KIP-651 has it.
namespace kferry::security {

/// Whether the text has a PEM block, maybe after other text as `openssl pkcs12` writes it.
bool is_pem(std::string_view text) noexcept;

/// The certificates of a text in their order; at least one.
Result<std::vector<std::string>> read_pem_certificates(std::string_view text);

/// The one PKCS#8 private key of a text, as DER. Encrypted exactly when there is a password.
Result<Secret> read_pem_private_key(std::string_view text, const std::optional<Secret>& password);

/// What Kafka's PemStore makes of a file: one entry "kafka" when it has a private key that is to be
/// opened, else a trusted certificate "kafka<n>" for each.
Result<StoreContent> read_pem(std::string_view text, const StoreRequest& request);

}  // namespace kferry::security
