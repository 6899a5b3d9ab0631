#include "kferry/positions/commit_log.hpp"

namespace kferry::positions {

void CommitLog::add(const TopicPartition& tp, Offset position, bool recorded, SteadyTime now) {
  Entry entry;
  if (recorded) {
    entry.committed = position;
    entry.committed_at = now;
  }
  entries_[tp] = entry;
}

void CommitLog::remove(const TopicPartition& tp) { entries_.erase(tp); }

std::vector<kafka::CommitMark> CommitLog::due(std::span<const kafka::CommitMark> positions,
                                              SteadyTime now) {
  std::vector<kafka::CommitMark> marks;
  for (const kafka::CommitMark& mark : positions) {
    const auto found = entries_.find(mark.tp);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    const bool fresh =
        entry.committed == mark.next_offset && now - entry.committed_at < k_recommit_after;
    if (fresh || entry.on_its_way == mark.next_offset) continue;
    entry.on_its_way = mark.next_offset;
    marks.push_back(mark);
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
