#include "kferry/positions/start_positions.hpp"

#include <algorithm>
#include <unordered_map>

namespace kferry::positions {
namespace {

using OffsetMap = std::unordered_map<TopicPartition, kafka::PartitionOffset>;

OffsetMap by_partition(const std::vector<kafka::PartitionOffset>& list) {
  OffsetMap map;
  map.reserve(list.size());
  for (const auto& entry : list) map.emplace(entry.tp, entry);
  return map;
}

std::optional<Offset> offset_in(const OffsetMap& map, const TopicPartition& tp) {
  const auto found = map.find(tp);
  return found == map.end() ? std::nullopt : found->second.offset;
}

std::string why(const OffsetMap& map, const TopicPartition& tp) {
  const auto found = map.find(tp);
  const std::string reason = found != map.end() && found->second.error != 0
                                 ? kafka::error_text(found->second.error)
                                 : "no answer";
  return "source: the log ends of " + to_string(tp) + " can not be read: " + reason;
}

}  // namespace

Result<void> StartPositions::prime(std::span<const TopicPartition> matching, Milliseconds timeout) {
  const auto committed = source_.committed(matching, timeout);
  if (!committed) return committed.error();
  group_is_new_ = std::none_of(committed->begin(), committed->end(),
                               [](const auto& entry) { return entry.offset.has_value(); });
  known_at_start_.clear();
  known_at_start_.insert(matching.begin(), matching.end());
  return {};
}

Result<std::vector<Start>> StartPositions::resolve(std::span<const TopicPartition> assigned,
                                                   Milliseconds timeout) {
  const auto committed = source_.committed(assigned, timeout);
  if (!committed) return committed.error();
  const auto beginnings = source_.offsets(assigned, kafka::LogEnd::beginning, timeout);
  if (!beginnings) return beginnings.error();
  const OffsetMap positions = by_partition(*committed);
  const OffsetMap begin = by_partition(*beginnings);
  OffsetMap end;
  if (group_is_new_ && reset_ == Reset::latest) {
    const auto ends = source_.offsets(assigned, kafka::LogEnd::end, timeout);
    if (!ends) return ends.error();
    end = by_partition(*ends);
  }

  std::vector<Start> starts;
  starts.reserve(assigned.size());
  for (const TopicPartition& tp : assigned) {
    Start& start = starts.emplace_back();
    start.tp = tp;
    const auto low = offset_in(begin, tp);
    if (!low) {
      start.problem = why(begin, tp);
      continue;
    }
    if (const auto answer = positions.find(tp);
        answer != positions.end() && answer->second.error != 0) {
      start.problem = "source: the committed offset of " + to_string(tp) +
                      " can not be read: " + kafka::error_text(answer->second.error);
      continue;
    }
    if (const auto position = offset_in(positions, tp)) {
      decided_.erase(tp);
      start.committed = true;
      start.offset = std::max(*position, *low);
      if (*position < *low) {
        start.lost = static_cast<std::uint64_t>(low->value() - position->value());
      }
      continue;
    }
    if (const auto decided = decided_.find(tp); decided != decided_.end()) {
      start.offset = std::max(decided->second, *low);
      continue;
    }
    const bool first_member = group_is_new_ && known_at_start_.contains(tp);
    if (!first_member || reset_ == Reset::earliest) {
      start.offset = low;
    } else if (reset_ == Reset::latest) {
      start.offset = offset_in(end, tp);
      if (!start.offset) start.problem = why(end, tp);
    } else {
      start.problem = "source: the group has no position for " + to_string(tp) +
                      " and auto.offset.reset=none; commit one with kafka-consumer-groups "
                      "--reset-offsets, or set auto.offset.reset";
    }
    if (start.offset) decided_.emplace(tp, *start.offset);
  }
  return starts;
}

}  // namespace kferry::positions
