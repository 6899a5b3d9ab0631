#include "app/flow_config.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace kferry::app {
namespace {

/// What librdkafka holds for a fetched record beside its bytes (rd_kafka_op_t).
constexpr std::int64_t k_fetched_record_overhead_bytes = 400;
/// More than this per partition did not make a mirror any faster.
constexpr std::int64_t k_queue_bytes_max = 16LL << 20;
/// Less than this and a partition gets no second batch before the first is through.
constexpr std::int64_t k_queue_bytes_min = 256LL << 10;
constexpr std::int64_t k_fetch_partition_bytes_max = 1LL << 20;
constexpr std::int64_t k_fetch_partition_bytes_min = 64LL << 10;
constexpr std::int64_t k_shard_bytes_min = 1LL << 20;
constexpr std::int64_t k_fetch_bytes_max = 8LL << 20;
/// Of librdkafka's message.max.bytes.
constexpr std::int64_t k_message_bytes_min = 1'000;
constexpr std::int64_t k_message_bytes_default = 1'000'000;

void append(kafka::ClientConfig& config, const std::vector<config::LibraryProperty>& properties) {
  for (const auto& property : properties) config.set(property.name, property.value);
}

std::string client_id(const config::FlowSettings& flow,
                      const std::optional<std::string>& configured) {
  // MirrorMaker's consumers are <group.id>-<stream>; there is one member here.
  return configured.value_or(flow.source.group_id + "-0");
}

kafka::ClientConfig source_base(const config::FlowSettings& flow) {
  kafka::ClientConfig config{
      {"bootstrap.servers", flow.source.bootstrap_servers},
      {"group.id", flow.source.group_id},
      {"client.id", client_id(flow, flow.source.client_id)},
      {"isolation.level", flow.source.read_committed ? "read_committed" : "read_uncommitted"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.max.ms", "2000"}};
  config.security = std::make_shared<security::SecurityProfile>(flow.source.security);
  return config;
}

}  // namespace

PrefetchLimits prefetch_limits(std::int64_t flow_budget_bytes, std::size_t partitions) {
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(1, partitions));
  const std::int64_t share = flow_budget_bytes / k_budget_quarters / count;
  PrefetchLimits limits;
  limits.queue_bytes_per_partition = std::clamp(share, k_queue_bytes_min, k_queue_bytes_max);
  limits.queue_records_per_partition = std::max<std::int64_t>(
      1'000, limits.queue_bytes_per_partition / k_fetched_record_overhead_bytes);
  limits.fetch_bytes_per_partition =
      std::clamp(share, k_fetch_partition_bytes_min, k_fetch_partition_bytes_max);
  limits.fetch_bytes_max =
      std::max(limits.fetch_bytes_per_partition,
               std::min(k_fetch_bytes_max, flow_budget_bytes / k_budget_quarters));
  return limits;
}

std::int64_t shard_bytes_max(std::int64_t flow_budget_bytes, std::size_t partitions) {
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(1, partitions));
  return std::max(k_shard_bytes_min, flow_budget_bytes / k_budget_quarters / count);
}

kafka::ClientConfig member_config(const config::FlowSettings& flow, const PrefetchLimits& limits) {
  const std::int64_t fetch_bytes = flow.source.fetch_bytes_max.value_or(limits.fetch_bytes_max);
  kafka::ClientConfig config = source_base(flow);
  config.properties.insert(
      config.properties.end(),
      {{"partition.assignment.strategy", flow.source.assignor},
       {"check.crcs", "true"},
       {"session.timeout.ms", "10000"},
       {"topic.metadata.refresh.interval.ms", std::to_string(flow.refresh_interval.count())},
       {"queued.max.messages.kbytes", std::to_string(limits.queue_bytes_per_partition / 1'024)},
       {"queued.min.messages", std::to_string(limits.queue_records_per_partition)},
       {"max.partition.fetch.bytes", std::to_string(limits.fetch_bytes_per_partition)},
       {"fetch.max.bytes", std::to_string(fetch_bytes)},
       // Means nothing to a consumer, but the library wants it to be no larger than a fetch.
       {"message.max.bytes",
        std::to_string(std::clamp(fetch_bytes, k_message_bytes_min, k_message_bytes_default))},
       {"fetch.wait.max.ms", "500"}});
  append(config, flow.source.library);
  return config;
}

kafka::ClientConfig source_query_config(const config::FlowSettings& flow) {
  return source_base(flow);
}

kafka::ClientConfig target_config(const config::FlowSettings& flow) {
  kafka::ClientConfig config{{"bootstrap.servers", flow.target.bootstrap_servers},
                             {"client.id", client_id(flow, flow.target.client_id)}};
  if (flow.target.in_flight_max) {
    config.set("max.in.flight.requests.per.connection", std::to_string(*flow.target.in_flight_max));
  }
  config.security = std::make_shared<security::SecurityProfile>(flow.target.security);
  append(config, flow.target.library);
  return config;
}

std::shared_ptr<kafka::ConnectionWatch> make_watch(kafka::Side side,
                                                   const config::FlowSettings& flow,
                                                   const Clock& clock,
                                                   kafka::ConnectionWatch::Voice voice) {
  const bool source = side == kafka::Side::source;
  return std::make_shared<kafka::ConnectionWatch>(
      side, flow.name, source ? flow.source.bootstrap_servers : flow.target.bootstrap_servers,
      std::make_shared<security::SecurityProfile>(source ? flow.source.security
                                                         : flow.target.security),
      clock, voice);
}

}  // namespace kferry::app
