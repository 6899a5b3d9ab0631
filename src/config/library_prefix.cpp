#include "config/library_prefix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/text.hpp"

namespace kferry::config {
namespace {

struct Denied {
  std::string_view name;  ///< a last '*' stands for any end
  std::string_view why;
};

constexpr std::string_view k_runs_code = "it would load or run foreign code";
constexpr std::string_view k_decides = "kferry decides it, its promises hang on it";
constexpr std::string_view k_memory = "--memory.budget decides it";
constexpr std::string_view k_inside = "it holds a pointer or belongs to the program";
constexpr std::string_view k_jaas = "write sasl.jaas.config, or name a JAAS file with --jaas";
constexpr std::string_view k_trust =
    "write ssl.truststore.location, or ssl.truststore.certificates for PEM inline";
constexpr std::string_view k_identity =
    "write ssl.keystore.location, or ssl.keystore.key and ssl.keystore.certificate.chain for PEM "
    "inline";
constexpr std::string_view k_java_security =
    "TLS and SASL are set up by Kafka's own ssl. and sasl. properties alone";

constexpr std::array k_denied{
    Denied{"plugin.library.paths", k_runs_code},
    Denied{"ssl.engine.*", k_runs_code},
    Denied{"sasl.kerberos.kinit.cmd", k_runs_code},
    Denied{"interceptors", k_runs_code},
    Denied{"ssl.ca.*", k_trust},
    Denied{"ssl_ca", k_trust},
    Denied{"ssl.crl.location", "certificates that were called back are not looked up"},
    Denied{"ssl.certificate.*", k_identity},
    Denied{"ssl_certificate", k_identity},
    Denied{"ssl.key.location", k_identity},
    Denied{"ssl.key.pem", k_identity},
    Denied{"ssl_key", k_identity},
    Denied{"ssl.curves.list", "OpenSSL's configuration decides it"},
    Denied{"ssl.sigalgs.list", "OpenSSL's configuration decides it"},
    Denied{"enable.ssl.certificate.verification",
           "certificates are always verified; an empty ssl.endpoint.identification.algorithm "
           "accepts any host name"},
    Denied{"sasl.mechanisms", "write sasl.mechanism"},
    Denied{"sasl.username", k_jaas},
    Denied{"sasl.password", k_jaas},
    Denied{"sasl.kerberos.keytab", k_jaas},
    Denied{"sasl.kerberos.principal", k_jaas},
    Denied{"sasl.oauthbearer.config", k_jaas},
    Denied{"sasl.oauthbearer.extensions", k_jaas},
    Denied{"sasl.oauthbearer.client.id", "write sasl.oauthbearer.client.credentials.client.id"},
    Denied{"sasl.oauthbearer.client.secret",
           "write sasl.oauthbearer.client.credentials.client.secret"},
    Denied{"sasl.oauthbearer.method", "write sasl.oauthbearer.token.endpoint.url"},
    Denied{"enable.sasl.oauthbearer.unsecure.jwt", k_jaas},
    Denied{"metadata.broker.list", "write bootstrap.servers"},
    Denied{"enable.auto.offset.store", k_decides},
    Denied{"auto.commit.enable", k_decides},
    Denied{"offset.store.*", k_decides},
    Denied{"enable.partition.eof", k_decides},
    Denied{"group.protocol.type", k_decides},
    Denied{"topic.blacklist", "write --exclude"},
    Denied{"topic.metadata.refresh.interval.ms", "write metadata.max.age.ms"},
    Denied{"fetch.message.max.bytes", "write max.partition.fetch.bytes"},
    Denied{"fetch.wait.max.ms", "write fetch.max.wait.ms"},
    Denied{"message.timeout.ms", "write delivery.timeout.ms"},
    Denied{"message.send.max.retries", "write retries"},
    Denied{"request.required.acks", "write acks"},
    Denied{"max.in.flight", "write max.in.flight.requests.per.connection"},
    Denied{"compression.codec", "write compression.type"},
    Denied{"queue.buffering.max.ms", "write linger.ms"},
    Denied{"queue.buffering.*", k_memory},
    Denied{"queued.max.messages.kbytes", k_memory},
    Denied{"message.max.bytes", "write max.request.size"},
    Denied{"enable.gapless.guarantee", k_decides},
    Denied{"delivery.report.only.error", k_decides},
    Denied{"produce.offset.report", k_decides},
    Denied{"queuing.strategy", k_decides},
    Denied{"partitioner", "write --partitioning"},
    Denied{"enabled_events", k_inside},
    Denied{"log.queue", k_inside},
    Denied{"opaque", k_inside},
    Denied{"default_topic_conf", k_inside},
    Denied{"internal.*", k_inside},
    Denied{"builtin.features", k_inside},
};

bool covers(std::string_view pattern, std::string_view name) noexcept {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::string_view why_denied(std::string_view name) noexcept {
  if (name.ends_with("_cb")) return k_inside;
  const auto* const denied = std::find_if(
      k_denied.begin(), k_denied.end(), [&](const Denied& row) { return covers(row.name, name); });
  return denied == k_denied.end() ? std::string_view() : denied->why;
}

bool shows_credentials(std::string_view debug_contexts) {
  const auto contexts = split_list(debug_contexts);
  return std::any_of(contexts.begin(), contexts.end(), [](const std::string& context) {
    return equals_any_case(context, "security") || equals_any_case(context, "all") ||
           equals_any_case(context, "conf");
  });
}

bool is_security_name(std::string_view name) noexcept {
  return name.starts_with("ssl") || name.starts_with("sasl") || name.starts_with("enable.ssl") ||
         name.starts_with("enable.sasl") || name.starts_with("enable_sasl");
}

}  // namespace

void take_library_property(Draft& draft, const Value& value) {
  const auto name = std::string_view(value.name).substr(k_library_prefix.size());
  if (const auto why = why_denied(name); !why.empty()) {
    return draft.refuse(value, fmt::format("not allowed: {}", why));
  }
  if (find_rule(Side::source, name) != nullptr || find_rule(Side::target, name) != nullptr) {
    return draft.refuse(
        value, fmt::format("write {} without '{}': it is one of Kafka's own properties", name,
                           k_library_prefix));
  }
  if (is_security_name(name)) {
    return draft.refuse(value, fmt::format("not allowed: {}", k_java_security));
  }
  if (name == "debug" && shows_credentials(value.text)) {
    return draft.refuse(value, "security, conf and all are not allowed: they log credentials");
  }
  draft.set_library(name, value.text);
}

}  // namespace kferry::config
