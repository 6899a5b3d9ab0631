#include "kferry/kafka/client_config.hpp"

#include <librdkafka/rdkafka.h>

#include <array>

#include "kafka/library_security.hpp"
#include "kferry/security/tls_defaults.hpp"

namespace kferry::kafka {
namespace {

struct ErrorDelete {
  void operator()(rd_kafka_error_t* error) const noexcept { rd_kafka_error_destroy(error); }
};
using LibraryError = std::unique_ptr<rd_kafka_error_t, ErrorDelete>;

constexpr const char* k_bootstrap = "bootstrap.servers";

const security::SecurityProfile& profile_of(const ClientConfig& config) {
  static const security::SecurityProfile plaintext;
  return config.security ? *config.security : plaintext;
}

/// Takes the brokers out of the conf: the client gets them when its credentials are in place.
std::string hold_back_brokers(rd_kafka_conf_t* conf) {
  std::size_t size = 0;
  std::string brokers;
  if (rd_kafka_conf_get(conf, k_bootstrap, nullptr, &size) == RD_KAFKA_CONF_OK && size > 1) {
    brokers.resize(size);
    rd_kafka_conf_get(conf, k_bootstrap, brokers.data(), &size);
    brokers.resize(size - 1);  // the library counts the end of the text
  }
  rd_kafka_conf_set(conf, k_bootstrap, nullptr, nullptr, 0);
  return brokers;
}

Result<void> give_credentials(rd_kafka_t* client, const security::SecurityProfile& profile,
                              const std::string& brokers) {
  if (auto done = change_credentials(client, *profile.sasl); !done) return done;
  if (rd_kafka_brokers_add(client, brokers.c_str()) == 0) {
    return Error{ErrorKind::configuration, "bootstrap.servers: no address in '" + brokers + "'"};
  }
  return {};
}

}  // namespace

const char* to_string(Side side) noexcept { return side == Side::source ? "source" : "target"; }

std::string library_version() { return rd_kafka_version_str(); }

Result<Conf> make_conf(const ClientConfig& config) {
  Conf conf(rd_kafka_conf_new());
  std::array<char, 512> reason{};
  for (const auto& [name, value] : config.properties) {
    const auto result =
        rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size());
    if (result != RD_KAFKA_CONF_OK) {
      return Error{ErrorKind::configuration, "property " + name + ": " + reason.data()};
    }
  }
  if (const auto done = set_security(conf.get(), profile_of(config)); !done) return done.error();
  return conf;
}

Result<Client> make_client(ClientKind kind, Conf conf, const ClientConfig& config) {
  const security::SecurityProfile& profile = profile_of(config);
  std::optional<SealedFile> certificates;
  std::unique_ptr<security::TlsDefaults> defaults;
  if (profile.tls) {
    if (profile.tls->identity) {
      auto set = set_certificates(conf.get(), *profile.tls->identity, rd_kafka_version());
      if (!set) return set.error();
      if (*set) certificates.emplace(std::move(**set));
    }
    auto made = security::TlsDefaults::make(*profile.tls);
    if (!made) return made.error();
    defaults = std::move(*made);
  }
  const bool credentials = has_credentials(profile);
  const std::string brokers = credentials ? hold_back_brokers(conf.get()) : std::string();
  std::array<char, 512> reason{};
  Client client(rd_kafka_new(kind == ClientKind::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
                             conf.get(), reason.data(), reason.size()));
  if (!client) return Error{ErrorKind::configuration, reason.data()};
  static_cast<void>(conf.release());  // the client owns it now
  if (credentials) {
    if (const auto given = give_credentials(client.get(), profile, brokers); !given) {
      return given.error();
    }
  } else if (has_tokens(profile)) {
    if (const LibraryError error{rd_kafka_sasl_background_callbacks_enable(client.get())}) {
      return Error{ErrorKind::configuration, rd_kafka_error_string(error.get())};
    }
  }
  return client;
}

Result<void> change_credentials(rd_kafka_s* client, const security::SaslProfile& sasl) {
  const LibraryError error{
      rd_kafka_sasl_set_credentials(client, sasl.username.c_str(), sasl.password.reveal().c_str())};
  if (error) return Error{ErrorKind::configuration, rd_kafka_error_string(error.get())};
  return {};
}

}  // namespace kferry::kafka
