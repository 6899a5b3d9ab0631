#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the rest of the process shows of itself: plain numbers, copied on demand. Whoever owns the
/// numbers fills a Snapshot; metrics, status, page and live line are drawn from it and nothing
/// else.
namespace kferry::observe {

enum class ShardState { waiting, starting, running, draining, parked };
const char* to_string(ShardState state) noexcept;

/// What became of records.
struct RecordCounters {
  std::uint64_t records_mirrored = 0;
  /// By records: keys and values, those of filtered records too. By passthrough: batches as the
  /// source has them, without their headers.
  std::uint64_t bytes_mirrored = 0;
  std::uint64_t records_filtered = 0;
  std::uint64_t records_dropped = 0;  ///< given up under the policy skip
  std::uint64_t records_lost = 0;     ///< gone at the source before they were read

  void add(const RecordCounters& more) noexcept;
};

/// The same of many shards.
struct FlowCounters : RecordCounters {
  std::map<std::string, std::uint64_t> batches;  ///< by engine
};

/// One source topic-partition that this process mirrors, or waits for.
struct ShardSnapshot : RecordCounters {
  std::string topic;
  std::int32_t partition = 0;
  std::string target_topic;
  std::string engine;         ///< "passthrough", "records"; empty while it waits
  std::string engine_reason;  ///< why it is another than was planned; empty: it is not
  ShardState state = ShardState::waiting;
  std::string reason;                             ///< why it is parked or waiting, for people
  std::optional<std::int64_t> source_end_offset;  ///< last stable offset or high watermark
  std::optional<std::int64_t> position;           ///< all below is on the target
  std::optional<std::int64_t> committed_offset;   ///< last one that the source group acknowledged
  std::optional<std::int64_t> lag_records;        ///< source_end_offset - position, at least 0
  std::optional<double> lag_seconds;              ///< age of the oldest record not on the target
  std::uint64_t batches = 0;
};

/// Upper bounds of the mirror delay's buckets, in seconds; the last bucket is +Inf.
inline constexpr std::array<double, 14> k_delay_bounds_seconds = {
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600};
struct DelayHistogram {
  std::array<std::uint64_t, k_delay_bounds_seconds.size() + 1> counts{};  ///< not cumulative
  double sum_seconds = 0;
};

enum class FlowState { connecting, running, draining, stopped, failed };
const char* to_string(FlowState state) noexcept;

/// What keeps a flow from one of its clusters.
struct ConnectionTrouble {
  std::string cluster;  ///< "source" or "target"
  std::string kind;     ///< stable name: "wrong_credentials"
  std::string text;     ///< cause and remedy, for people
  bool operator==(const ConnectionTrouble&) const = default;
};

/// How a flow ended that was told to stop.
struct FlowEnding {
  std::uint64_t lag_records = 0;               ///< of what it had, not yet read included
  std::uint64_t partitions_without_lag = 0;    ///< whose log end is not known
  std::uint64_t partitions_left_behind = 0;    ///< whose records had been read and did not arrive
  std::uint64_t partitions_not_committed = 0;  ///< whose position the group does not have

  bool complete() const noexcept {
    return partitions_left_behind == 0 && partitions_not_committed == 0;
  }
};

/// A topic that matches and can not start.
struct WaitingTopic {
  std::string topic;
  std::string reason;  ///< stable name: "target-topic-missing"
  std::string text;    ///< the same for people, with what to do
};

struct FlowSnapshot {
  std::string name;
  FlowState state = FlowState::connecting;
  std::string reason;  ///< why it is not ready, for people
  bool ready = false;  ///< the group assigned, every assigned shard is running
  std::string source_cluster_id;
  std::string target_cluster_id;
  std::string group_id;
  std::uint64_t rebalances = 0;
  std::uint64_t producer_recreations = 0;
  std::uint64_t timestamps_replaced = 0;  ///< record time 0, which the producer can not carry
  std::uint64_t memory_used_bytes = 0;    ///< in flight between consume and acknowledgement
  std::map<std::string, std::uint64_t> send_errors;      ///< by reason
  std::map<std::string, std::uint64_t> commit_failures;  ///< by reason
  std::map<std::string, std::uint64_t> waiting_topics;   ///< topics that can not start, by reason
  std::vector<WaitingTopic> waiting;                     ///< the same topics, by name
  std::vector<ConnectionTrouble> connection_troubles;    ///< empty while both clusters let it in
  /// What became of batches of the passthrough engine, by path and reason: {"pass", "none"}.
  std::map<std::pair<std::string, std::string>, std::uint64_t> passthrough_batches;
  std::optional<FlowEnding> ending;
  DelayHistogram delay;  ///< record timestamp to target acknowledgement
  std::vector<ShardSnapshot> shards;
  /// Of shards that are not in the list any more: their counters are added here when they are
  /// revoked, so that the flow's totals never go down. A shard that comes back starts at zero.
  FlowCounters released;
};

struct Snapshot {
  std::string version;
  std::string library_version;  ///< librdkafka's
  double uptime_seconds = 0;
  std::uint64_t memory_budget_bytes = 0;
  std::vector<FlowSnapshot> flows;
};

/// Thread: called from the HTTP thread and the live line's thread, also at the same time.
using SnapshotSource = std::function<Snapshot()>;

}  // namespace kferry::observe
