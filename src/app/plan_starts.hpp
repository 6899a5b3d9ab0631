#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/config/settings.hpp"
#include "kferry/kafka/cluster.hpp"
#include "kferry/pipeline/planner.hpp"
#include "kferry/positions/start_positions.hpp"

namespace kferry::app {

/// Where reading of one topic would start, and how much there is from there on.
struct TopicStart {
  int committed = 0;          ///< partitions that go on at the group's position
  int earliest = 0;           ///< that start at the beginning of their log
  int latest = 0;             ///< at its end
  int unknown = 0;            ///< that can not start, see problem
  std::uint64_t records = 0;  ///< offsets up to the log ends: holes and markers are counted, too
  bool records_known = true;  ///< every log end could be read
  std::uint64_t lost = 0;     ///< between positions and the beginnings of their logs
  std::string problem;        ///< of the first partition that can not start
};
using TopicStarts = std::map<std::string, TopicStart>;  // by source topic

/// "at earliest, up to 1200 records to copy", for people.
std::string to_string(const TopicStart& start);

/// fresh: how partitions start that the group has no position for.
TopicStarts sum_starts(std::span<const positions::Start> starts,
                       std::span<const kafka::PartitionOffset> ends, config::OffsetReset fresh);

/// Asks where a member that joined now would start: StartPositions decides, as it does for the
/// daemon. Errors: authorization when the group may not be read; unreachable.
Result<TopicStarts> plan_starts(const kafka::Cluster& source, config::OffsetReset reset,
                                const std::vector<pipeline::TopicPlan>& plans,
                                Milliseconds timeout);

positions::Reset to_reset(config::OffsetReset reset) noexcept;
/// Of all source topics, also of those that can not run.
std::vector<TopicPartition> all_partitions(const std::vector<pipeline::TopicPlan>& plans);

}  // namespace kferry::app
