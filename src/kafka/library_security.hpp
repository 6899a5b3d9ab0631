#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>

#include "kafka/sealed_file.hpp"
#include "kferry/base/result.hpp"
#include "kferry/security/profile.hpp"

/// A security profile in librdkafka's terms.
namespace kferry::kafka {

/// ssl.certificate.pem takes more than the first certificate from here on.
inline constexpr int k_version_certificate_chain = 0x02080000;
/// SCRAM sends the client's nonce once from here on, not twice.
inline constexpr int k_version_sound_scram = 0x02060100;

/// Everything but user name, password and what only the making of the client needs. Errors:
/// configuration; what this build of the library lacks is named.
Result<void> set_security(rd_kafka_conf_t* conf, const security::SecurityProfile& profile);

/// The client's certificates; the file, if one is made, has to live until the client is made.
Result<std::optional<SealedFile>> set_certificates(rd_kafka_conf_t* conf,
                                                   const security::Identity& identity,
                                                   int library_version);

/// Whether user name and password are what this mechanism needs.
bool has_credentials(const security::SecurityProfile& profile) noexcept;

/// Whether it needs tokens, which are made in the library's background thread.
bool has_tokens(const security::SecurityProfile& profile) noexcept;

}  // namespace kferry::kafka
