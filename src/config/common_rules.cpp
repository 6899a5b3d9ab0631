#include <fmt/format.h>

#include <algorithm>

#include "config/property_table.hpp"
#include "config/text.hpp"

/// Properties that Kafka's consumer and producer have in common, and those of old clients.
namespace kferry::config {
namespace {

/// Above it some versions of librdkafka crash while they write request headers.
constexpr std::size_t k_client_id_bytes_max = 64;

void take_bootstrap_servers(Draft& draft, const Value& value) {
  auto parsed = parse_bootstrap_servers(value.text);
  if (!parsed) return draft.mistake(value, parsed.wrong);
  draft.became(value, fmt::format("bootstrap.servers={}", *parsed.value));
  (draft.side == Side::source ? draft.source.bootstrap_servers : draft.target.bootstrap_servers) =
      std::move(*parsed.value);
}

void take_client_id(Draft& draft, const Value& value) {
  if (value.text.empty()) return;
  if (value.text.size() > k_client_id_bytes_max) {
    return draft.mistake(value, fmt::format("longer than {} characters", k_client_id_bytes_max));
  }
  (draft.side == Side::source ? draft.source.client_id : draft.target.client_id) = value.text;
}

void take_buffer_bytes(Draft& draft, const Value& value) {
  constexpr std::int64_t k_library_max = 100'000'000;
  const auto name = value.name == "send.buffer.bytes" ? "socket.send.buffer.bytes"
                                                      : "socket.receive.buffer.bytes";
  // -1 is Java's word for the system's default, 0 librdkafka's.
  draft.set_library(name, std::to_string(std::clamp<std::int64_t>(value.number, 0, k_library_max)));
}

void take_metadata_max_age(Draft& draft, const Value& value) {
  // librdkafka's property of the same name is the lifetime of its cache, not the interval.
  const auto interval = std::clamp<std::int64_t>(value.number, 10, 3'600'000);
  draft.set_library("topic.metadata.refresh.interval.ms", std::to_string(interval));
  draft.set_library("metadata.max.age.ms", std::to_string(3 * interval));
}

void take_request_timeout(Draft& draft, const Value& value) {
  const auto timeout = std::clamp<std::int64_t>(value.number, 10, 300'000);
  draft.set_library("socket.timeout.ms", std::to_string(timeout));
  // To librdkafka this name is the time that the broker may wait for its replicas.
  if (draft.side == Side::target) draft.set_library("request.timeout.ms", std::to_string(timeout));
}

void take_connections_max_idle(Draft& draft, const Value& value) {
  // Java never closes when negative; to librdkafka that is 0.
  const auto idle = std::clamp<std::int64_t>(value.number, 0, INT32_MAX);
  draft.set_library("connections.max.idle.ms", std::to_string(idle));
}

/// Both need each other, so they are passed on when all is read.
void take_reconnect_backoff(Draft&, const Value&) {}

void take_dns_lookup(Draft& draft, const Value& value) {
  if (value.text == "resolve_canonical_bootstrap_servers_only") {
    draft.ignored(value, "canonical names are not looked up; every address of each host is used");
  }
}

void take_interceptors(Draft& draft, const Value& value) {
  if (!value.items.empty()) {
    draft.mistake(value,
                  "Java classes can not run here; rename topics, filter records or add provenance "
                  "headers with the JSON file of 'kferry run', else leave it out");
  }
}

/// Read before all others, by ValueProviders.
void take_config_providers(Draft& draft, const Value& value) {
  if (!value.items.empty()) {
    draft.info(value, "Kafka's own providers file, directory and env are built in");
  }
}

constexpr std::string_view k_jmx = "metrics are served over HTTP instead (--http.listen)";
constexpr std::string_view k_old =
    "a property of clients that Kafka gave up in 0.9 to 2.0; they ignore it too";

constexpr PropertyRule k_common_rules[] = {
    {.name = "bootstrap.servers",
     .fate = Fate::translated,
     .type = Type::list,
     .translate = take_bootstrap_servers,
     .text = "required"},
    {.name = "client.id",
     .fate = Fate::translated,
     .translate = take_client_id,
     .text = "honoured, at most 64 characters; unset: <group.id>-<n>"},
    {.name = "client.dns.lookup",
     .fate = Fate::translated,
     .allowed = "default|use_all_dns_ips|resolve_canonical_bootstrap_servers_only",
     .translate = take_dns_lookup,
     .text = "every address of each host is used"},
    {.name = "metadata.max.age.ms",
     .fate = Fate::translated,
     .type = Type::long_integer,
     .limits = at_least(0),
     .translate = take_metadata_max_age,
     .text = "topic.metadata.refresh.interval.ms, and three times as much for the cache"},
    {.name = "request.timeout.ms",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(0),
     .translate = take_request_timeout,
     .text = "socket.timeout.ms, for the target request.timeout.ms too; 10 to 300000"},
    {.name = "send.buffer.bytes",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(-1),
     .translate = take_buffer_bytes,
     .text = "socket.send.buffer.bytes"},
    {.name = "receive.buffer.bytes",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(-1),
     .translate = take_buffer_bytes,
     .text = "socket.receive.buffer.bytes"},
    {.name = "connections.max.idle.ms",
     .fate = Fate::translated,
     .type = Type::long_integer,
     .translate = take_connections_max_idle,
     .text = "negative: never"},
    {.name = "reconnect.backoff.ms",
     .fate = Fate::translated,
     .type = Type::long_integer,
     .limits = at_least(0),
     .translate = take_reconnect_backoff,
     .text = "honoured"},
    {.name = "reconnect.backoff.max.ms",
     .fate = Fate::translated,
     .type = Type::long_integer,
     .limits = at_least(0),
     .translate = take_reconnect_backoff,
     .text = "honoured, never below reconnect.backoff.ms"},
    {.name = "socket.connection.setup.timeout.ms",
     .fate = Fate::passed,
     .type = Type::long_integer,
     .limits = at_least(0),
     .library = "socket.connection.setup.timeout.ms",
     .library_limits = {1000, INT32_MAX}},
    {.name = "socket.connection.setup.timeout.max.ms",
     .type = Type::long_integer,
     .limits = at_least(0),
     .text = "the time to set up a connection does not grow here"},
    {.name = "retry.backoff.max.ms",
     .type = Type::long_integer,
     .limits = at_least(0),
     .text = "retries come at the steady retry.backoff.ms"},
    {.name = "metadata.recovery.strategy",
     .allowed = "REBOOTSTRAP|NONE",
     .any_case = true,
     .text = "a cluster that does not answer is asked through bootstrap.servers again anyway"},
    {.name = "metadata.recovery.rebootstrap.trigger.ms",
     .type = Type::long_integer,
     .limits = at_least(0),
     .text = "a cluster that does not answer is asked through bootstrap.servers again anyway"},
    {.name = "interceptor.classes",
     .fate = Fate::translated,
     .type = Type::list,
     .translate = take_interceptors,
     .text = "refused unless empty: Java classes can not run here"},
    {.name = "config.providers",
     .fate = Fate::translated,
     .type = Type::list,
     .translate = take_config_providers,
     .text = "FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider, also without "
             "being named; others are refused"},
    {.name = "metric.reporters", .type = Type::list, .text = k_jmx},
    {.name = "metrics.num.samples", .type = Type::integer, .limits = at_least(1), .text = k_jmx},
    {.name = "metrics.sample.window.ms",
     .type = Type::long_integer,
     .limits = at_least(0),
     .text = k_jmx},
    {.name = "metrics.recording.level", .allowed = "INFO|DEBUG|TRACE", .text = k_jmx},
    {.name = "auto.include.jmx.reporter", .type = Type::boolean, .text = k_jmx},
    {.name = "enable.metrics.push",
     .type = Type::boolean,
     .text = "metrics are not pushed to brokers"},
};

constexpr PropertyRule k_old_rules[] = {
    {.name = "zookeeper.connect", .text = "ZooKeeper is not used: bootstrap.servers is"},
    {.name = "zookeeper.connection.timeout.ms", .text = k_old},
    {.name = "zookeeper.session.timeout.ms", .text = k_old},
    {.name = "zookeeper.sync.time.ms", .text = k_old},
    {.name = "metadata.broker.list", .text = "gone since 0.9: bootstrap.servers is used"},
    {.name = "producer.type", .text = "sends are always asynchronous and always acknowledged"},
    {.name = "serializer.class", .text = "bytes are mirrored as they are"},
    {.name = "key.serializer.class", .text = "bytes are mirrored as they are"},
    {.name = "request.required.acks", .text = "gone since 0.9: acks is used"},
    {.name = "compression.codec", .text = "gone since 0.9: compression.type is used"},
    {.name = "auto.commit.enable", .text = k_old},
    {.name = "block.on.buffer.full", .text = k_old},
    {.name = "metadata.fetch.timeout.ms", .text = k_old},
    {.name = "timeout.ms", .text = k_old},
    {.name = "queue.buffering.max.ms", .text = "gone since 0.9: linger.ms is used"},
    {.name = "queue.buffering.max.messages", .text = k_old},
    {.name = "batch.num.messages", .text = "gone since 0.9: batch.size is used"},
    {.name = "message.send.max.retries", .text = "gone since 0.9: retries is used"},
    {.name = "consumer.timeout.ms", .text = k_old},
    {.name = "fetch.message.max.bytes",
     .text = "gone since 0.9: max.partition.fetch.bytes is used"},
    {.name = "offsets.storage", .text = "positions are always kept in Kafka"},
    {.name = "dual.commit.enabled", .text = "positions are always kept in Kafka"},
};

}  // namespace

std::span<const PropertyRule> common_rules() noexcept { return k_common_rules; }
std::span<const PropertyRule> old_rules() noexcept { return k_old_rules; }

}  // namespace kferry::config
