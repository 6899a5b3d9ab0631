#include "app/plan_starts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_map>
#include <utility>

namespace kferry::app {
namespace {

using config::OffsetReset;

/// Adds what one partition has from `from` to its log's end.
void add_records(TopicStart& topic, Offset from, std::optional<Offset> end) {
  if (!end) {
    topic.records_known = false;
  } else if (*end > from) {
    topic.records += static_cast<std::uint64_t>(end->value() - from.value());
  }
}

}  // namespace

positions::Reset to_reset(config::OffsetReset reset) noexcept {
  switch (reset) {
    case OffsetReset::earliest:
      return positions::Reset::earliest;
    case OffsetReset::latest:
      return positions::Reset::latest;
    case OffsetReset::none:
      return positions::Reset::none;
  }
  return positions::Reset::none;
}

std::vector<TopicPartition> all_partitions(const std::vector<pipeline::TopicPlan>& plans) {
  std::vector<TopicPartition> partitions;
  for (const auto& plan : plans) {
    for (std::int32_t p = 0; p < plan.source_partitions; ++p) {
      partitions.push_back({plan.source, Partition(p)});
    }
  }
  return partitions;
}

std::string to_string(const TopicStart& start) {
  std::vector<std::pair<int, const char*>> places;
  for (const auto& place :
       {std::pair{start.committed, "at the group's positions"},
        std::pair{start.earliest, "at earliest"}, std::pair{start.latest, "at latest"},
        std::pair{start.unknown, "not at all"}}) {
    if (place.first > 0) places.push_back(place);
  }
  std::vector<std::string> words;
  words.reserve(places.size());
  for (const auto& [partitions, place] : places) {
    words.push_back(places.size() == 1
                        ? place
                        : fmt::format("{} {} {}", partitions,
                                      partitions == 1 ? "partition" : "partitions", place));
  }
  std::string text = fmt::format("{}", fmt::join(words, ", "));
  if (!start.records_known) return text + "; how much there is to copy is not known";
  if (start.records == 0) return text + "; nothing to copy yet";
  return text + fmt::format("; up to {} records to copy", start.records);
}

TopicStarts sum_starts(std::span<const positions::Start> starts,
                       std::span<const kafka::PartitionOffset> ends, OffsetReset fresh) {
  std::unordered_map<TopicPartition, std::optional<Offset>> end_of;
  end_of.reserve(ends.size());
  for (const auto& end : ends) end_of.emplace(end.tp, end.offset);
  TopicStarts topics;
  for (const positions::Start& start : starts) {
    TopicStart& topic = topics[start.tp.topic];
    if (!start.offset) {
      if (topic.unknown++ == 0) topic.problem = start.problem;
      topic.records_known = false;
      continue;
    }
    ++(start.committed                ? topic.committed
       : fresh == OffsetReset::latest ? topic.latest
                                      : topic.earliest);
    topic.lost += start.lost;
    const auto end = end_of.find(start.tp);
    add_records(topic, *start.offset, end == end_of.end() ? std::nullopt : end->second);
  }
  return topics;
}

Result<TopicStarts> plan_starts(const kafka::Cluster& source, OffsetReset reset,
                                const std::vector<pipeline::TopicPlan>& plans,
                                Milliseconds timeout) {
  const std::vector<TopicPartition> partitions = all_partitions(plans);
  if (partitions.empty()) return TopicStarts{};
  positions::StartPositions positions(source, to_reset(reset));
  if (const auto primed = positions.prime(partitions, timeout); !primed) return primed.error();
  const auto starts = positions.resolve(partitions, timeout);
  if (!starts) return starts.error();
  const auto ends = source.offsets(partitions, kafka::LogEnd::end, timeout);
  if (!ends) return ends.error();
  // In a group that has positions, a partition without one is new, and new ones are copied whole.
  return sum_starts(*starts, *ends, positions.group_is_new() ? reset : OffsetReset::earliest);
}

}  // namespace kferry::app
