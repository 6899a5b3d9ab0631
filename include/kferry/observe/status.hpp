#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "kferry/observe/snapshot.hpp"

/// The whole Snapshot as one JSON object. Field names are an interface: fields may be added, none
/// is renamed or changes its meaning. Units are the last part of a name; what is not known is null.
///
///   version, librdkafka_version        text
///   uptime_seconds, memory_budget_bytes
///   ready                              as /readyz says
///   not_ready_reasons                  array of text, empty when ready
///   flows[]
///     name, state, reason              state: connecting running draining stopped failed
///     ready
///     source_cluster_id, target_cluster_id, group_id
///     lag_records, lag_seconds         sum and largest of its shards
///     records_mirrored, bytes_mirrored, records_filtered, records_dropped, records_lost
///                                      since start, released shards included
///     batches                          object: engine -> count of what the target acknowledged;
///                                      small ones that went as one count as one, unlike in
///                                      kferry_batches_total, which counts what was read
///     rebalances, producer_recreations, timestamps_replaced, memory_used_bytes
///     send_errors, commit_failures, waiting_topics     objects: reason -> count
///     waiting[]                        topics that match and can not start: topic, reason, text;
///                                      filter and worst=N hold for them, too
///     mirror_delay_seconds             {count, sum, buckets: [{le, count}...]}, cumulative; the
///                                      last le is the text "+Inf"
///     shard_states                     object: state -> count, all states
///     shards_total, shards_matching    of this process; those that the query selects
///     shards[]
///       topic, partition, target_topic, engine
///       engine_reason                  why it is another engine than was planned, mostly empty
///       state, reason                  state: waiting starting running draining parked
///       source_end_offset, position_offset, committed_offset, lag_records, lag_seconds
///       records_mirrored, bytes_mirrored, records_filtered, records_dropped, records_lost, batches
namespace kferry::observe {

/// What /status?worst=N&filter=TEXT asks for; nothing set: every shard, in the snapshot's order.
struct StatusQuery {
  /// Per flow; shards in trouble first, then by lag, largest first.
  std::optional<std::size_t> worst;
  /// Part of topic-partition, target topic, state or reason, upper and lower case alike.
  std::string filter;
};

/// Unknown keys are ignored, so is a `worst` that is no number.
StatusQuery parse_status_query(const std::string& query);

std::string status_json(const Snapshot& snapshot, const StatusQuery& query = {});

}  // namespace kferry::observe
