#include "security/java_tls.hpp"

#include <fmt/format.h>

#include "kferry/security/tls_context.hpp"
#include "security/java_text.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_identification = "ssl.endpoint.identification.algorithm";
constexpr std::string_view k_engine_factory = "ssl.engine.factory.class";
constexpr std::string_view k_default_factory =
    "org.apache.kafka.common.security.ssl.DefaultSslEngineFactory";

bool read_identification(ProfileDraft& draft) {
  const auto algorithm = draft.text(k_identification);
  if (!algorithm) return true;
  if (algorithm->empty()) {
    draft.warning(k_identification,
                  "empty: the brokers' host names are not checked, so whoever has a certificate of "
                  "a trusted CA can pose as any of them; set it to https when the certificates "
                  "carry the names");
    return false;
  }
  if (equals_any_case(*algorithm, "https")) {
    draft.became(k_identification, "the brokers' certificates must carry their host names");
  } else {
    draft.mistake(k_identification,
                  fmt::format("{} is not supported: use https, or leave it empty to accept a "
                              "certificate of any name",
                              in_quotes(*algorithm)));
  }
  return true;
}

void read_engine_factory(ProfileDraft& draft) {
  const auto factory = draft.text(k_engine_factory);
  if (!factory) return;
  if (factory->empty() || *factory == k_default_factory) {
    return draft.info(k_engine_factory, "Kafka's own one means what the other ssl. properties say");
  }
  draft.mistake(k_engine_factory,
                "a Java class can not run here: remove it and give trust and identity by "
                "ssl.truststore. and ssl.keystore. properties");
}

void note_ignored(ProfileDraft& draft) {
  draft.info_if_set({"ssl.provider", "security.providers", "ssl.secure.random.implementation"},
                    "ignored: OpenSSL does what a Java provider would do");
  draft.info_if_set({"ssl.keymanager.algorithm", "ssl.trustmanager.algorithm"},
                    "ignored: OpenSSL checks certificates by RFC 5280, as Java's default does");
  draft.info_if_set({"ssl.client.auth", "ssl.principal.mapping.rules", "ssl.allow.dn.changes",
                     "ssl.allow.san.changes"},
                    "ignored: a property of brokers");
}

/// What only OpenSSL can tell: whether key and certificate fit, and are strong enough.
void try_out(ProfileDraft& draft, const TlsProfile& profile) {
  const auto context = make_tls_context(profile);
  if (context) return;
  const bool inline_key = draft.has("ssl.keystore.key");
  const std::string_view property = !profile.identity ? "ssl.truststore.location"
                                    : inline_key      ? "ssl.keystore.key"
                                                      : "ssl.keystore.location";
  draft.mistake(property, context.error().text);
}

}  // namespace

TlsProfile read_tls(ProfileDraft& draft) {
  const auto before = draft.mistakes();
  TlsProfile profile;
  profile.trusted_pem = read_trusted(draft);
  profile.identity = read_identity(draft);
  read_tls_versions(draft, profile);
  read_cipher_suites(draft, profile);
  profile.verify_host_name = read_identification(draft);
  read_engine_factory(draft);
  note_ignored(draft);
  if (draft.mistakes() == before) try_out(draft, profile);
  return profile;
}

}  // namespace kferry::security
