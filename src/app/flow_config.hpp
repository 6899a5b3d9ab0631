#pragma once

#include <cstdint>

#include "kferry/base/clock.hpp"
#include "kferry/config/settings.hpp"
#include "kferry/engines/records/records_engine.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/connection_watch.hpp"

namespace kferry::app {

/// How much of the memory budget one flow's clients may hold in front of the pipeline.
struct PrefetchLimits {
  std::int64_t queue_bytes_per_partition = 0;
  std::int64_t queue_records_per_partition = 0;
  std::int64_t fetch_bytes_per_partition = 0;
  std::int64_t fetch_bytes_max = 0;
};

/// A quarter of the memory budget is for batches between consume and acknowledgement, a quarter for
/// what the clients fetch ahead. The other half is what librdkafka holds of the same records beside
/// them: decoded and encoded copies, requests under way, and what malloc leaves unused. Measured
/// with lz4 and 1 KB records: the process stays within the budget plus 96 MiB.
inline constexpr std::int64_t k_budget_quarters = 4;

/// Divides the prefetch share of a flow's budget among the partitions that match its topics. The
/// library keeps its limits per partition and for its whole life, so this is decided at start.
PrefetchLimits prefetch_limits(std::int64_t flow_budget_bytes, std::size_t partitions);

/// What one shard may hold in flight of a flow's budget: its part of it, and enough to stay quick
/// where there are many shards of which few are active.
std::int64_t shard_bytes_max(std::int64_t flow_budget_bytes, std::size_t partitions);

/// The properties of the group member that reads the source.
kafka::ClientConfig member_config(const config::FlowSettings& flow, const PrefetchLimits& limits);
/// The properties of a source client for questions only, with the group's name.
kafka::ClientConfig source_query_config(const config::FlowSettings& flow);
kafka::ClientConfig target_config(const config::FlowSettings& flow);

/// Follows the connections of one side's clients.
std::shared_ptr<kafka::ConnectionWatch> make_watch(
    kafka::Side side, const config::FlowSettings& flow, const Clock& clock,
    kafka::ConnectionWatch::Voice voice = kafka::ConnectionWatch::Voice::log);

}  // namespace kferry::app
