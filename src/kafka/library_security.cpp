#include "kafka/library_security.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/unsecured_token.hpp"
#include "kferry/kafka/client_config.hpp"

namespace kferry::kafka {
namespace {

using security::Protocol;
using security::SaslMechanism;
using security::SaslProfile;
using security::SecurityProfile;
using security::TlsProfile;

/// The library trims what it reads as a property and wants both to be there; the real ones follow
/// by rd_kafka_sasl_set_credentials, byte for byte.
constexpr const char* k_placeholder = "-";

/// The error never repeats the value.
Result<void> set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name, value.c_str(), reason.data(), reason.size()) ==
      RD_KAFKA_CONF_OK) {
    return {};
  }
  return Error{ErrorKind::configuration, std::string("librdkafka ") + library_version() +
                                             " does not take its property " + name};
}

Result<void> set_all(rd_kafka_conf_t* conf,
                     const std::vector<std::pair<const char*, std::string>>& properties) {
  for (const auto& [name, value] : properties) {
    if (auto done = set(conf, name, value); !done) return done;
  }
  return {};
}

bool library_has(std::string_view feature) {
  const Conf conf(rd_kafka_conf_new());
  std::array<char, 1'024> text{};
  std::size_t size = text.size();
  if (rd_kafka_conf_get(conf.get(), "builtin.features", text.data(), &size) != RD_KAFKA_CONF_OK) {
    return false;
  }
  const std::string features = "," + std::string(text.data()) + ",";
  return features.find("," + std::string(feature) + ",") != std::string::npos;
}

Error lacking(const std::string& what) {
  return Error{ErrorKind::configuration,
               "librdkafka " + library_version() + " was built without " + what};
}

Result<void> set_tls(rd_kafka_conf_t* conf, const TlsProfile& tls) {
  if (!library_has("ssl")) return lacking("TLS");
  auto done =
      set(conf, "ssl.endpoint.identification.algorithm", tls.verify_host_name ? "https" : "none");
  if (done && tls.trusted_pem) done = set(conf, "ssl.ca.pem", *tls.trusted_pem);
  if (done && tls.identity) done = set(conf, "ssl.key.pem", tls.identity->private_key_pem.reveal());
  if (done && !tls.ciphers_tls_1_2.empty()) {
    std::string list;
    for (const std::string& cipher : tls.ciphers_tls_1_2)
      list += (list.empty() ? "" : ":") + cipher;
    done = set(conf, "ssl.cipher.suites", list);
  }
  return done;
}

bool all_of(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [more](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

/// The library builds a command line for a shell of them (sasl.kerberos.kinit.cmd), the key tab in
/// double quotes, the principal bare.
Result<void> set_kerberos(rd_kafka_conf_t* conf, const security::Kerberos& kerberos) {
  if (!library_has("sasl_gssapi")) return lacking("GSSAPI (libsasl2)");
  if (!all_of(kerberos.principal, "._/@-+")) {
    return Error{ErrorKind::configuration,
                 "principal in sasl.jaas.config: only letters, digits and ._/@-+ are taken, since "
                 "kinit gets it by way of a shell"};
  }
  if (!all_of(kerberos.keytab_file, "._/@-+:,= ")) {
    return Error{ErrorKind::configuration,
                 "keyTab in sasl.jaas.config: only letters, digits, blanks and ._/@-+:,= are "
                 "taken, since kinit gets it by way of a shell"};
  }
  return set_all(conf, {{"sasl.kerberos.service.name", kerberos.service_name},
                        {"sasl.kerberos.principal", kerberos.principal},
                        {"sasl.kerberos.keytab", kerberos.keytab_file}});
}

Result<void> set_oauth_bearer(rd_kafka_conf_t* conf, const security::OAuthBearer& oauth) {
  if (!library_has("sasl_oauthbearer")) return lacking("OAUTHBEARER");
  // Tokens are made in the library's background, also for clients that nobody polls.
  rd_kafka_conf_enable_sasl_queue(conf, 1);
  if (oauth.token_endpoint_url.empty()) {
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, &give_unsecured_token);
    return set(conf, "sasl.oauthbearer.config", oauth.unsecured_claims);
  }
  if (!set(conf, "sasl.oauthbearer.method", "oidc")) {
    return lacking(
        "OIDC (libcurl), so it gets no token from sasl.oauthbearer.token.endpoint.url; use a "
        "library that was built with it, or another sasl.mechanism");
  }
  auto done = set_all(conf, {{"sasl.oauthbearer.client.id", oauth.client_id},
                             {"sasl.oauthbearer.client.secret", oauth.client_secret.reveal()},
                             {"sasl.oauthbearer.token.endpoint.url", oauth.token_endpoint_url}});
  if (done && !oauth.scope.empty()) done = set(conf, "sasl.oauthbearer.scope", oauth.scope);
  return done;
}

Result<void> set_sasl(rd_kafka_conf_t* conf, const SaslProfile& sasl) {
  if (auto done = set(conf, "sasl.mechanisms", to_string(sasl.mechanism)); !done) return done;
  switch (sasl.mechanism) {
    case SaslMechanism::gssapi:
      return set_kerberos(conf, sasl.kerberos.value_or(security::Kerberos{}));
    case SaslMechanism::oauthbearer:
      return set_oauth_bearer(conf, sasl.oauth_bearer.value_or(security::OAuthBearer{}));
    case SaslMechanism::scram_sha_256:
    case SaslMechanism::scram_sha_512:
      if (!library_has("sasl_scram")) return lacking("SCRAM");
      break;
    case SaslMechanism::plain:
      break;
  }
  return set_all(conf, {{"sasl.username", k_placeholder}, {"sasl.password", k_placeholder}});
}

std::size_t count_certificates(std::string_view pem) {
  constexpr std::string_view k_begin = "-----BEGIN ";
  std::size_t count = 0;
  for (std::size_t at = pem.find(k_begin); at != std::string_view::npos;
       at = pem.find(k_begin, at + k_begin.size())) {
    ++count;
  }
  return count;
}

}  // namespace

bool has_credentials(const SecurityProfile& profile) noexcept {
  return profile.sasl && profile.sasl->mechanism != SaslMechanism::gssapi &&
         profile.sasl->mechanism != SaslMechanism::oauthbearer;
}

bool has_tokens(const SecurityProfile& profile) noexcept {
  return profile.sasl && profile.sasl->mechanism == SaslMechanism::oauthbearer;
}

Result<void> set_security(rd_kafka_conf_t* conf, const SecurityProfile& profile) {
  auto done = set(conf, "security.protocol", to_string(profile.protocol));
  if (done && profile.tls) done = set_tls(conf, *profile.tls);
  if (done && profile.sasl) done = set_sasl(conf, *profile.sasl);
  return done;
}

Result<std::optional<SealedFile>> set_certificates(rd_kafka_conf_t* conf,
                                                   const security::Identity& identity,
                                                   int library_version) {
  std::optional<SealedFile> file;
  if (library_version >= k_version_certificate_chain ||
      count_certificates(identity.chain_pem) < 2) {
    if (const auto done = set(conf, "ssl.certificate.pem", identity.chain_pem); !done) {
      return done.error();
    }
    return file;
  }
  auto made = SealedFile::make(identity.chain_pem);
  if (!made) return made.error();
  file.emplace(std::move(*made));
  if (const auto done = set(conf, "ssl.certificate.location", file->path()); !done) {
    return done.error();
  }
  return file;
}

std::vector<std::string> security_notices(const SecurityProfile& profile) {
  std::vector<std::string> notices;
  const bool scram = profile.sasl && (profile.sasl->mechanism == SaslMechanism::scram_sha_256 ||
                                      profile.sasl->mechanism == SaslMechanism::scram_sha_512);
  if (scram && rd_kafka_version() < k_version_sound_scram) {
    notices.push_back(
        "sasl.mechanism=" + std::string(to_string(profile.sasl->mechanism)) + " with librdkafka " +
        library_version() +
        ": its SCRAM sends the client's nonce twice, which brokers of Kafka 4 and newer refuse as "
        "wrong credentials (Kafka 3.9 and older accept it). Where that happens use librdkafka "
        "2.6.1 or newer, or PLAIN over TLS");
  }
  return notices;
}

}  // namespace kferry::kafka
