#include "app/passthrough_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include "app/flow_config.hpp"
#include "kferry/base/log.hpp"
#include "kferry/client/api_probe.hpp"

namespace kferry::app {
namespace {

namespace passthrough = engines::passthrough;

/// A response that holds a batch of every partition of a busy topic; more per request did not make
/// a mirror any faster.
constexpr std::int64_t k_fetch_bytes_max = 8LL << 20;
constexpr std::int64_t k_fetch_bytes_min = 1LL << 20;
constexpr std::int64_t k_fetch_partition_bytes_max = 2LL << 20;
constexpr std::int64_t k_fetch_partition_bytes_min = 256LL << 10;

/// A property under librdkafka's name, as it was translated for the other engine.
std::optional<std::int64_t> number(const std::vector<config::LibraryProperty>& properties,
                                   std::string_view name) {
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [&](const auto& property) { return property.name == name; });
  if (found == properties.end()) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = found->value.data() + found->value.size();
  if (std::from_chars(found->value.data(), end, value).ptr != end) return std::nullopt;
  return value;
}

protocol::Codec to_codec(std::string_view compression) {
  for (const auto codec : {protocol::Codec::gzip, protocol::Codec::snappy, protocol::Codec::lz4,
                           protocol::Codec::zstd}) {
    if (compression == protocol::to_string(codec)) return codec;
  }
  return protocol::Codec::none;
}

Result<client::ClusterSettings> cluster_settings(
    const std::string& bootstrap_servers, const security::SecurityProfile& security,
    const std::string& client_id, const std::vector<config::LibraryProperty>& properties) {
  auto endpoints = client::parse_endpoints(bootstrap_servers);
  if (!endpoints) return endpoints.error();
  client::ClusterSettings settings;
  settings.bootstrap = std::move(*endpoints);
  settings.connection.security = std::make_shared<const security::SecurityProfile>(security);
  settings.connection.client_id = client_id;
  if (const auto timeout = number(properties, "socket.timeout.ms")) {
    settings.connection.request_timeout = Milliseconds(*timeout);
  }
  if (const auto age = number(properties, "topic.metadata.refresh.interval.ms"); age && *age > 0) {
    settings.metadata_max_age = Milliseconds(*age);
  }
  return settings;
}

Result<client::ClusterSettings> source_cluster(const config::FlowSettings& flow) {
  const config::SourceSettings& source = flow.source;
  return cluster_settings(source.bootstrap_servers, source.security,
                          source.client_id.value_or(source.group_id + "-0"), source.library);
}

Result<client::ClusterSettings> target_cluster(const config::FlowSettings& flow) {
  const config::TargetSettings& target = flow.target;
  return cluster_settings(target.bootstrap_servers, target.security,
                          target.client_id.value_or(flow.source.group_id + "-0"), target.library);
}

/// InitProducerId and OffsetForLeaderEpoch may be missing: then there is no idempotence, or the
/// cluster tells no epochs either.
constexpr std::array k_source_apis{protocol::ApiKey::metadata, protocol::ApiKey::fetch};
constexpr std::array k_target_apis{protocol::ApiKey::metadata, protocol::ApiKey::produce};

std::optional<std::string> against(const char* side, const Result<client::ClusterSettings>& cluster,
                                   std::span<const protocol::ApiKey> apis, Milliseconds timeout) {
  if (!cluster) return std::nullopt;
  const auto missing = client::missing_api(*cluster, apis, timeout);
  if (!missing) {
    log::debug("app", "{}: API versions: {}", side, missing.error().text);
    return std::nullopt;
  }
  if (!*missing) return std::nullopt;
  return std::string(side) + " " + **missing;
}

}  // namespace

std::optional<std::string> against_clusters(const config::FlowSettings& flow,
                                            Milliseconds timeout) {
  if (auto why = against("source", source_cluster(flow), k_source_apis, timeout)) return why;
  return against("target", target_cluster(flow), k_target_apis, timeout);
}

Result<passthrough::SourceOptions> passthrough_source(const config::FlowSettings& flow,
                                                      std::int64_t flow_budget_bytes,
                                                      std::size_t partitions) {
  const config::SourceSettings& source = flow.source;
  auto cluster = source_cluster(flow);
  if (!cluster) return cluster.error();
  passthrough::SourceOptions options;
  options.cluster = std::move(*cluster);
  options.name = flow.name;
  // Each stream has a client of its own.
  const std::int64_t share = flow_budget_bytes / k_budget_quarters / std::max(1, flow.streams);
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(1, partitions));
  options.fetched_bytes_max = static_cast<std::size_t>(share);
  options.keep_append_times = flow.timestamps == config::Timestamps::append;
  if (flow.recompress) options.codec = to_codec(flow.target.compression);
  options.fetch.read_committed = source.read_committed;
  options.fetch.bytes_max = static_cast<std::int32_t>(
      source.fetch_bytes_max.value_or(std::clamp(share / 4, k_fetch_bytes_min, k_fetch_bytes_max)));
  options.fetch.partition_bytes_max =
      static_cast<std::int32_t>(number(source.library, "max.partition.fetch.bytes")
                                    .value_or(std::clamp(share / count, k_fetch_partition_bytes_min,
                                                         k_fetch_partition_bytes_max)));
  if (const auto wait = number(source.library, "fetch.wait.max.ms")) {
    options.fetch.wait_max = Milliseconds(*wait);
  }
  if (const auto least = number(source.library, "fetch.min.bytes")) {
    options.fetch.bytes_min = static_cast<std::int32_t>(*least);
  }
  return options;
}

Result<passthrough::TargetOptions> passthrough_target(const config::FlowSettings& flow) {
  const config::TargetSettings& target = flow.target;
  auto cluster = target_cluster(flow);
  if (!cluster) return cluster.error();
  passthrough::TargetOptions options;
  options.cluster = std::move(*cluster);
  options.name = flow.name;
  if (target.idempotence) {
    options.produce.idempotence =
        *target.idempotence ? client::Idempotence::required : client::Idempotence::off;
  }
  if (target.in_flight_max) {
    options.produce.batches_in_flight_max =
        std::clamp(*target.in_flight_max, 1, options.produce.batches_in_flight_max);
  }
  options.produce.request_timeout = options.cluster.connection.request_timeout;
  // The broker answers within the request's own timeout; the connection waits a little longer.
  options.cluster.connection.request_timeout += Milliseconds(5'000);
  return options;
}

passthrough::TopicTraits to_traits(const TopicBoard::Route& route) {
  passthrough::TopicTraits traits;
  traits.compacted = route.compacted;
  if (route.target_batch_bytes_max) {
    traits.target_batch_bytes_max = static_cast<std::size_t>(*route.target_batch_bytes_max);
  }
  return traits;
}

}  // namespace kferry::app
