#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kferry/security/profile.hpp"
#include "security/profile_draft.hpp"

/// The ssl. properties, each as DefaultSslEngineFactory of Kafka's clients takes it.
namespace kferry::security {

/// Everything about TLS; what is wrong is a mistake in the draft.
TlsProfile read_tls(ProfileDraft& draft);

/// ssl.protocol and ssl.enabled.protocols into oldest and newest.
void read_tls_versions(ProfileDraft& draft, TlsProfile& profile);

/// ssl.cipher.suites. A list without suites of one version takes that version away, as in Java.
void read_cipher_suites(ProfileDraft& draft, TlsProfile& profile);

/// ssl.truststore.*: trusted certificates, or nothing for the system's.
std::optional<std::string> read_trusted(ProfileDraft& draft);

/// ssl.keystore.* and ssl.key.password: the client's own identity, if it has one.
std::optional<Identity> read_identity(ProfileDraft& draft);

}  // namespace kferry::security
