#include "kferry/positions/commit_log.hpp"

namespace kferry::positions {

void CommitLog::add(const TopicPartition& tp, const std::atomic<std::int64_t>& position,
                    std::optional<Offset> committed, SteadyTime now) {
  entries_.insert_or_assign(tp, Entry{&position, committed, std::nullopt, now, now});
}

void CommitLog::remove(const TopicPartition& tp) { entries_.erase(tp); }

void CommitLog::follow(const TopicPartition& tp, const std::atomic<std::int64_t>& position) {
  entries_.at(tp).position = &position;
}

std::vector<kafka::CommitMark> CommitLog::due(SteadyTime now) {
  std::vector<kafka::CommitMark> marks;
  for (auto& [tp, entry] : entries_) {
    const Offset position(entry.position->load(std::memory_order_acquire));
    const bool fresh = entry.committed == position && now - entry.committed_at < k_recommit_after;
    const bool waits = entry.on_its_way && now - entry.sent_at < k_answer_patience;
    if (fresh || waits) continue;
    entry.on_its_way = position;
    entry.sent_at = now;
    marks.push_back({tp, position});
  }
  return marks;
}

void CommitLog::record(std::span<const kafka::CommitOutcome> outcomes, SteadyTime now) {
  for (const kafka::CommitOutcome& outcome : outcomes) {
    if (outcome.error != 0) ++failures_[kafka::error_name(outcome.error)];
    const auto found = entries_.find(outcome.tp);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    if (entry.on_its_way == outcome.next_offset) entry.on_its_way.reset();
    if (outcome.error == 0) {
      entry.committed = outcome.next_offset;
      entry.committed_at = now;
    }
  }
}

std::optional<Offset> CommitLog::committed(const TopicPartition& tp) const {
  const auto found = entries_.find(tp);
  return found == entries_.end() ? std::nullopt : found->second.committed;
}

}  // namespace kferry::positions
