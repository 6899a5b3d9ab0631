#include "kferry/observe/totals.hpp"

#include <algorithm>

namespace kferry::observe {
namespace {

void add_counters(Totals& sum, const FlowCounters& more) {
  sum.add(more);
  for (const auto& [engine, count] : more.batches) sum.batches[engine] += count;
}

template <class Lag>
void add_lag(Totals& sum, const Lag& more) {
  if (more.lag_records) sum.lag_records = sum.lag_records.value_or(0) + *more.lag_records;
  if (more.lag_seconds) sum.lag_seconds = std::max(sum.lag_seconds.value_or(0), *more.lag_seconds);
}

}  // namespace

void RecordCounters::add(const RecordCounters& more) noexcept {
  records_mirrored += more.records_mirrored;
  bytes_mirrored += more.bytes_mirrored;
  records_filtered += more.records_filtered;
  records_dropped += more.records_dropped;
  records_lost += more.records_lost;
}

Totals totals(const FlowSnapshot& flow) {
  Totals sum;
  add_counters(sum, flow.released);
  for (const ShardSnapshot& shard : flow.shards) {
    sum.add(shard);
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
    add_lag(sum, more);
    sum.shards_without_lag += more.shards_without_lag;
  }
  return sum;
}

}  // namespace kferry::observe
