#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "kferry/observe/snapshot.hpp"

/// A Snapshot in Prometheus' terms. Names and labels are an interface: alerts and dashboards of
/// others hang on them.
///
/// * Shards' series carry flow, topic (of the source) and partition. A value that is not known yet
///   has no sample.
/// * kferry_shard_state is 1 and carries the state that the shard is in. The series of a state that
///   it left ends: with zeros for the others, this family alone had five times as many series as
///   any other.
/// * kferry_batches_total carries engine, path and reason: how batches went and why so, those of
///   `passthrough` when they are read, be it again after trouble. What `records` counts, with the
///   path `records` and the reason `none`, are groups of records that arrived.
/// * Counters by reason have no series before their first count.
/// * Counters of one shard live as long as the process holds the shard: when it is revoked its
///   series end, when it comes back they start at zero, which rate() and increase() understand. Sum
///   rates, sum(rate(x)), and never rate sums. Flow counters never go down: whoever fills the
///   Snapshot adds the counters of a revoked shard to FlowSnapshot::released.
namespace kferry::observe {

/// Families in a fixed order, those without a sample left out. Labels are valid UTF-8 whatever the
/// snapshot holds.
std::vector<prometheus::MetricFamily> metric_families(const Snapshot& snapshot);

/// The text format 0.0.4 of metric_families().
std::string metrics_text(const Snapshot& snapshot);
inline constexpr const char* k_metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// For those who bring their own prometheus::Registry or exposer. Thread: as the source's.
class SnapshotMetrics final : public prometheus::Collectable {
 public:
  explicit SnapshotMetrics(SnapshotSource source);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  SnapshotSource source_;
};

}  // namespace kferry::observe
