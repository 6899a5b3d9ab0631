#include "kferry/observe/totals.hpp"

#include <algorithm>

namespace kferry::observe {
namespace {

/// Shards, released shards and sums of flows have these counters under the same names.
template <class Counters>
void add_counters(Totals& sum, const Counters& more) {
  sum.records_mirrored += more.records_mirrored;
  sum.bytes_mirrored += more.bytes_mirrored;
  sum.records_filtered += more.records_filtered;
  sum.records_dropped += more.records_dropped;
  sum.records_lost += more.records_lost;
}

void add_batches(Totals& sum, const std::map<std::string, std::uint64_t>& more) {
  for (const auto& [engine, count] : more) sum.batches[engine] += count;
}

template <class Lag>
void add_lag(Totals& sum, const Lag& more) {
  if (more.lag_records) sum.lag_records = sum.lag_records.value_or(0) + *more.lag_records;
  if (more.lag_seconds) sum.lag_seconds = std::max(sum.lag_seconds.value_or(0), *more.lag_seconds);
}

}  // namespace

Totals totals(const FlowSnapshot& flow) {
  Totals sum;
  add_counters(sum, flow.released);
  add_batches(sum, flow.released.batches);
  for (const ShardSnapshot& shard : flow.shards) {
    add_counters(sum, shard);
    add_lag(sum, shard);
    if (shard.batches != 0) sum.batches[shard.engine] += shard.batches;
    if (!shard.lag_records) ++sum.shards_without_lag;
  }
  return sum;
}

Totals totals(const Snapshot& snapshot) {
  Totals sum;
  for (const FlowSnapshot& flow : snapshot.flows) {
    const Totals more = totals(flow);
    add_counters(sum, more);
    add_batches(sum, more.batches);
    add_lag(sum, more);
    sum.shards_without_lag += more.shards_without_lag;
  }
  return sum;
}

}  // namespace kferry::observe
