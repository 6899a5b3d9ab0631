#pragma once

#include <string>
#include <utility>

#include "kferry/observe/snapshot.hpp"

namespace kferry::testing {

inline observe::ShardSnapshot running_shard(std::string topic, std::int32_t partition,
                                            std::int64_t end, std::int64_t position) {
  observe::ShardSnapshot shard;
  shard.target_topic = topic;
  shard.topic = std::move(topic);
  shard.partition = partition;
  shard.engine = "records";
  shard.state = observe::ShardState::running;
  shard.source_end_offset = end;
  shard.position = position;
  shard.committed_offset = position;
  shard.lag_records = end - position;
  shard.lag_seconds = end == position ? 0.0 : 1.5;
  shard.records_mirrored = static_cast<std::uint64_t>(position);
  shard.bytes_mirrored = static_cast<std::uint64_t>(position) * 100;
  shard.batches = 3;
  return shard;
}

inline observe::FlowSnapshot running_flow(std::string name) {
  observe::FlowSnapshot flow;
  flow.name = std::move(name);
  flow.state = observe::FlowState::running;
  flow.ready = true;
  flow.source_cluster_id = "cluster-a";
  flow.target_cluster_id = "cluster-b";
  flow.group_id = "mirror";
  return flow;
}

/// One flow, two running shards (lags 10 and 0), nothing wrong.
inline observe::Snapshot sample_snapshot() {
  observe::Snapshot snapshot;
  snapshot.version = "0.1.0";
  snapshot.library_version = "2.0.2";
  snapshot.uptime_seconds = 12.5;
  snapshot.memory_budget_bytes = 134'217'728;
  snapshot.flows.push_back(running_flow("orders"));
  snapshot.flows[0].shards = {running_shard("orders", 0, 110, 100),
                              running_shard("orders", 1, 50, 50)};
  return snapshot;
}

}  // namespace kferry::testing
