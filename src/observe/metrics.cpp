#include "kferry/observe/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "kferry/observe/readiness.hpp"
#include "kferry/observe/totals.hpp"
#include "observe/process_stats.hpp"
#include "observe/text.hpp"

namespace kferry::observe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

struct Name {
  const char* name;
  const char* help;
};
template <class Owner, class Value>
struct Field {
  Name name;
  Value Owner::*value;
};

constexpr Field<ShardSnapshot, std::optional<std::int64_t>> k_shard_gauges[] = {
    {{"kferry_lag_records", "Source end offset minus the position: what is still to mirror."},
     &ShardSnapshot::lag_records},
    {{"kferry_source_end_offset",
      "End of the source partition: last stable offset, or high watermark under "
      "read_uncommitted."},
     &ShardSnapshot::source_end_offset},
    {{"kferry_position_offset",
      "Next source offset that is not yet acknowledged by the target; all below is there."},
     &ShardSnapshot::position},
    {{"kferry_committed_offset", "Last offset that the source group has accepted."},
     &ShardSnapshot::committed_offset},
};
constexpr Field<ShardSnapshot, std::uint64_t> k_shard_counters[] = {
    {{"kferry_records_mirrored_total", "Records that the target has acknowledged."},
     &ShardSnapshot::records_mirrored},
    {{"kferry_bytes_mirrored_total",
      "Bytes read for what the target has acknowledged. Engine records: keys and values, filtered "
      "records included. Engine passthrough: batches as the source has them, compressed or not, "
      "without their headers."},
     &ShardSnapshot::bytes_mirrored},
    {{"kferry_records_filtered_total", "Records left out by a filter of the configuration."},
     &ShardSnapshot::records_filtered},
    {{"kferry_records_dropped_total",
      "Records given up after a send failure, under the policy skip."},
     &ShardSnapshot::records_dropped},
    {{"kferry_records_lost_total", "Records gone at the source before they could be read."},
     &ShardSnapshot::records_lost},
};
constexpr Field<FlowSnapshot, std::uint64_t> k_flow_counters[] = {
    {{"kferry_rebalances_total", "Rebalances of the source consumer group seen by this member."},
     &FlowSnapshot::rebalances},
    {{"kferry_producer_recreations_total", "Producers replaced after a fatal error."},
     &FlowSnapshot::producer_recreations},
    {{"kferry_timestamps_replaced_total",
      "Records with timestamp 0, which the producer replaces by the current time."},
     &FlowSnapshot::timestamps_replaced},
};
using CountsByReason = std::map<std::string, std::uint64_t>;
constexpr Field<FlowSnapshot, CountsByReason> k_reason_counters[] = {
    {{"kferry_send_errors_total",
      "Sends that the target refused, by reason; no series before the first. The records wait, are "
      "sent again or end the process; kferry_records_dropped_total has those that were given up."},
     &FlowSnapshot::send_errors},
    {{"kferry_commit_failures_total", "Commits of positions that failed, by reason."},
     &FlowSnapshot::commit_failures},
};

class Families {
 public:
  MetricFamily& open(const Name& name, MetricType type) {
    MetricFamily& family = families_.emplace_back();
    family.name = name.name;
    family.help = name.help;
    family.type = type;
    return family;
  }
  std::vector<MetricFamily> take() && {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    return std::move(families_);
  }

 private:
  std::vector<MetricFamily> families_;
};

void add(MetricFamily& family, Labels labels, double value) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
}

template <class Integer>
double number(Integer value) noexcept {
  return static_cast<double>(value);
}

Labels flow_labels(const FlowSnapshot& flow) { return {{"flow", valid_utf8(flow.name)}}; }

Labels shard_labels(const FlowSnapshot& flow, const ShardSnapshot& shard) {
  return {{"flow", valid_utf8(flow.name)},
          {"topic", valid_utf8(shard.topic)},
          {"partition", std::to_string(shard.partition)}};
}

template <class Visit>
void each_shard(const Snapshot& snapshot, Visit visit) {
  for (const FlowSnapshot& flow : snapshot.flows)
    for (const ShardSnapshot& shard : flow.shards) visit(flow, shard);
}

void add_shard_values(Families& families, const Snapshot& snapshot) {
  for (const auto& field : k_shard_gauges) {
    MetricFamily& family = families.open(field.name, MetricType::Gauge);
    each_shard(snapshot, [&](const FlowSnapshot& flow, const ShardSnapshot& shard) {
      if (const auto& value = shard.*field.value)
        add(family, shard_labels(flow, shard), number(*value));
    });
  }
  MetricFamily& age = families.open(
      {"kferry_lag_seconds", "Age of the oldest record that is not yet on the target."},
      MetricType::Gauge);
  each_shard(snapshot, [&](const FlowSnapshot& flow, const ShardSnapshot& shard) {
    if (shard.lag_seconds) add(age, shard_labels(flow, shard), *shard.lag_seconds);
  });
  for (const auto& field : k_shard_counters) {
    MetricFamily& family = families.open(field.name, MetricType::Counter);
    each_shard(snapshot, [&](const FlowSnapshot& flow, const ShardSnapshot& shard) {
      add(family, shard_labels(flow, shard), number(shard.*field.value));
    });
  }
}

void add_shard_states(Families& families, const Snapshot& snapshot) {
  MetricFamily& family = families.open(
      {"kferry_shard_state", "1, with the state that the shard is in."}, MetricType::Gauge);
  each_shard(snapshot, [&](const FlowSnapshot& flow, const ShardSnapshot& shard) {
    Labels labels = shard_labels(flow, shard);
    labels.push_back({"state", to_string(shard.state)});
    add(family, std::move(labels), 1);
  });
}

void add_by_reason(MetricFamily& family, const FlowSnapshot& flow, const CountsByReason& counts) {
  // Different bytes may become the same label once they are valid UTF-8; a series occurs only once.
  CountsByReason merged;
  for (const auto& [reason, count] : counts) merged[valid_utf8(reason)] += count;
  for (const auto& [reason, count] : merged) {
    Labels labels = flow_labels(flow);
    labels.push_back({"reason", reason});
    add(family, std::move(labels), number(count));
  }
}

void add_batches(Families& families, const Snapshot& snapshot) {
  MetricFamily& family = families.open(
      {"kferry_batches_total",
       "Engine passthrough: batches read from the source, by what was done with them "
       "and why. Engine records: groups of records that the target has acknowledged."},
      MetricType::Counter);
  for (const FlowSnapshot& flow : snapshot.flows) {
    for (const auto& [way, count] : flow.passthrough_batches) {
      Labels labels = flow_labels(flow);
      labels.push_back({"engine", "passthrough"});
      labels.push_back({"path", way.first});
      labels.push_back({"reason", way.second});
      add(family, std::move(labels), number(count));
    }
    for (const auto& [engine, count] : totals(flow).batches) {
      if (engine == "passthrough") continue;
      Labels labels = flow_labels(flow);
      labels.push_back({"engine", valid_utf8(engine)});
      labels.push_back({"path", "records"});
      labels.push_back({"reason", "none"});
      add(family, std::move(labels), number(count));
    }
  }
}

void add_delay(Families& families, const Snapshot& snapshot) {
  MetricFamily& family = families.open(
      {"kferry_mirror_delay_seconds", "From a record's timestamp to the target's acknowledgement."},
      MetricType::Histogram);
  for (const FlowSnapshot& flow : snapshot.flows) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = flow_labels(flow);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < k_delay_bounds_seconds.size(); ++i) {
      cumulative += flow.delay.counts[i];
      metric.histogram.bucket.push_back({cumulative, k_delay_bounds_seconds[i]});
    }
    metric.histogram.sample_count = cumulative + flow.delay.counts.back();
    metric.histogram.sample_sum = flow.delay.sum_seconds;
  }
}

void add_troubles(Families& families, const Snapshot& snapshot) {
  MetricFamily& family =
      families.open({"kferry_connection_trouble",
                     "Brokers that a flow can not use, by cause; nothing while there are none."},
                    MetricType::Gauge);
  for (const FlowSnapshot& flow : snapshot.flows) {
    std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
    for (const ConnectionTrouble& trouble : flow.connection_troubles)
      ++counts[{trouble.cluster, trouble.kind}];
    for (const auto& [cause, count] : counts) {
      Labels labels = flow_labels(flow);
      labels.push_back({"cluster", cause.first});
      labels.push_back({"kind", cause.second});
      add(family, std::move(labels), number(count));
    }
  }
}

void add_flow_values(Families& families, const Snapshot& snapshot) {
  MetricFamily& ready = families.open(
      {"kferry_flow_ready", "1 when everything of the flow runs, else 0; /readyz has the reasons."},
      MetricType::Gauge);
  for (const FlowSnapshot& flow : snapshot.flows)
    add(ready, flow_labels(flow), is_ready(flow) ? 1 : 0);
  MetricFamily& waiting =
      families.open({"kferry_waiting_topics", "Topics that match but can not start, by reason."},
                    MetricType::Gauge);
  for (const FlowSnapshot& flow : snapshot.flows) add_by_reason(waiting, flow, flow.waiting_topics);
  for (const auto& field : k_flow_counters) {
    MetricFamily& family = families.open(field.name, MetricType::Counter);
    for (const FlowSnapshot& flow : snapshot.flows)
      add(family, flow_labels(flow), number(flow.*field.value));
  }
  for (const auto& field : k_reason_counters) {
    MetricFamily& family = families.open(field.name, MetricType::Counter);
    for (const FlowSnapshot& flow : snapshot.flows) add_by_reason(family, flow, flow.*field.value);
  }
  MetricFamily& memory = families.open(
      {"kferry_memory_used_bytes", "Records in flight between consuming and acknowledgement."},
      MetricType::Gauge);
  for (const FlowSnapshot& flow : snapshot.flows)
    add(memory, flow_labels(flow), number(flow.memory_used_bytes));
}

void add_process_values(Families& families, const Snapshot& snapshot) {
  const ProcessStats process = process_stats();
  const auto gauge = [&](const Name& name, double value) {
    add(families.open(name, MetricType::Gauge), {}, value);
  };
  gauge({"kferry_memory_budget_bytes", "Most bytes that may be in flight, over all flows."},
        number(snapshot.memory_budget_bytes));
  gauge({"kferry_uptime_seconds", "Time since the process started."}, snapshot.uptime_seconds);
  add(families.open({"kferry_build_info", "Always 1; the labels tell what runs."},
                    MetricType::Gauge),
      {{"version", valid_utf8(snapshot.version)},
       {"librdkafka", valid_utf8(snapshot.library_version)}},
      1);
  add(families.open({"process_cpu_seconds_total", "User and system CPU time spent."},
                    MetricType::Counter),
      {}, process.cpu_seconds);
  gauge({"process_resident_memory_bytes", "Resident memory size."}, process.resident_bytes);
  gauge({"process_start_time_seconds", "Start time of the process since 1970."},
        process.start_seconds_since_1970);
}

}  // namespace

std::vector<MetricFamily> metric_families(const Snapshot& snapshot) {
  Families families;
  add_flow_values(families, snapshot);
  add_troubles(families, snapshot);
  add_delay(families, snapshot);
  add_batches(families, snapshot);
  add_shard_values(families, snapshot);
  add_shard_states(families, snapshot);
  add_process_values(families, snapshot);
  return std::move(families).take();
}

std::string metrics_text(const Snapshot& snapshot) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, metric_families(snapshot));
  return std::move(out).str();
}

SnapshotMetrics::SnapshotMetrics(SnapshotSource source) : source_(std::move(source)) {}

std::vector<MetricFamily> SnapshotMetrics::Collect() const { return metric_families(source_()); }

}  // namespace kferry::observe
