// What a flow shows of itself.

#include <algorithm>

#include "app/flow.hpp"

namespace kferry::app {
namespace {

constexpr const char* k_stalled = "there is more to mirror, and nothing of it arrives";

}  // namespace

observe::ShardSnapshot Flow::snapshot_of(const Entry& entry) const {
  const pipeline::Shard& shard = *entry.shard;
  observe::ShardSnapshot out;
  out.topic = shard.source.topic;
  out.partition = shard.source.partition.value();
  out.target_topic = shard.target_topic;
  out.engine = to_string(entry.engine);
  out.engine_reason = entry.engine_reason;
  out.state = entry.state;
  out.reason = entry.reason;
  out.position = shard.position.load(std::memory_order_acquire);
  if (const auto committed = commits_.committed(shard.source)) {
    out.committed_offset = committed->value();
  }
  if (const std::int64_t end = source_end_of(shard); end >= 0) {
    out.source_end_offset = std::max(end, *out.position);
    out.lag_records = *out.source_end_offset - *out.position;
    if (*out.lag_records == 0) {
      out.lag_seconds = 0.0;
    } else {
      const std::int64_t pending = shard.oldest_pending_ms;
      const std::int64_t known = pending >= 0 ? pending : shard.last_mirrored_ms.load();
      if (known >= 0) {
        out.lag_seconds =
            static_cast<double>(std::max<std::int64_t>(0, clock_.wall_ms() - known)) / 1'000;
      }
    }
  }
  out.add(counters_of(entry));
  out.batches = shard.batches;
  return out;
}

/// -1: not known yet.
std::int64_t Flow::source_end_of(const pipeline::Shard& shard) const {
  std::int64_t end = shard.source_end.load(std::memory_order_relaxed);
  if (!shard.source_end_live && log_ends_) {
    if (const auto asked = log_ends_->end(shard.source)) end = std::max(end, asked->value());
  }
  // What was read is in the log, even when nobody has said so yet.
  return end < 0 ? end : std::max(end, shard.read_position.load(std::memory_order_acquire));
}

observe::RecordCounters Flow::counters_of(const Entry& entry) {
  const pipeline::Shard& shard = *entry.shard;
  return {shard.records_mirrored, shard.bytes_mirrored, shard.records_filtered,
          shard.records_dropped, entry.records_lost};
}

observe::FlowSnapshot Flow::snapshot() const {
  static_assert(observe::k_delay_bounds_seconds.size() == pipeline::k_delay_bounds_ms.size());
  observe::FlowSnapshot out;
  out.name = settings_.name;
  out.group_id = settings_.source.group_id;
  out.timestamps_replaced = timestamps_replaced_;
  out.memory_used_bytes =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, budget_.used_bytes()));

  for (const auto& watch : {source_context_.watch, target_context_.watch}) {
    for (const kafka::Trouble& trouble : watch->current()) {
      out.connection_troubles.push_back({kafka::to_string(trouble.side),
                                         kafka::to_string(trouble.kind),
                                         kafka::to_string(trouble)});
    }
  }

  const std::lock_guard lock(state_mutex_);
  out.state = state_;
  out.reason = reason_;
  out.source_cluster_id = source_cluster_id_;
  out.target_cluster_id = target_cluster_id_;
  out.rebalances = rebalances_;
  out.released = released_;
  out.commit_failures = commits_.failures();
  for (const auto& stream : streams_) {
    const auto& counters = stream->counters();
    out.producer_recreations += counters.producer_recreations;
    for (std::size_t i = 0; i < counters.delay_counts.size(); ++i) {
      out.delay.counts[i] += counters.delay_counts[i];
    }
    out.delay.sum_seconds += static_cast<double>(counters.delay_sum_ms) / 1'000;
    for (const auto& [reason, count] : stream->send_errors()) out.send_errors[reason] += count;
  }
  out.passthrough_batches = passthrough_batches();
  for (const auto& [topic, why] : waiting_topics_) {
    ++out.waiting_topics[why.reason];
    out.waiting.push_back({topic, why.reason, why.text});
  }
  out.ending = ending_;
  bool running = state_ == observe::FlowState::running && assigned_;
  for (const auto& [tp, entry] : shards_) {
    out.shards.push_back(snapshot_of(entry));
    running = running && entry.state == observe::ShardState::running;
    const bool stalled = entry.stalled && entry.state == observe::ShardState::running;
    running = running && !stalled;
    if (stalled) out.shards.back().reason = k_stalled;
  }
  for (const auto& [tp, why] : waiting_partitions_) {
    observe::ShardSnapshot& waiting = out.shards.emplace_back();
    waiting.topic = tp.topic;
    waiting.partition = tp.partition.value();
    waiting.reason = why.reason + ": " + why.text;
  }
  if (!out.connection_troubles.empty() && state_ == observe::FlowState::connecting) {
    out.reason = out.connection_troubles.front().text;
  }
  out.ready = running && waiting_topics_.empty() && waiting_partitions_.empty();
  if (!out.ready && out.reason.empty() && out.connection_troubles.empty()) {
    if (!waiting_topics_.empty()) {
      const auto& [topic, why] = *waiting_topics_.begin();
      out.reason = "topic " + topic + " waits: " + why.text;
    } else if (!assigned_) {
      out.reason = assigned_once_ ? "the group's assignment was lost; waiting for another one"
                                  : "no assignment from the group yet";
    }
  }
  std::sort(out.shards.begin(), out.shards.end(), [](const auto& a, const auto& b) {
    return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
  });
  return out;
}

bool Flow::assigned_once() const {
  const std::lock_guard lock(state_mutex_);
  return assigned_once_;
}

}  // namespace kferry::app
