#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/kafka/cluster.hpp"

namespace kferry::positions {

enum class Reset { earliest, latest, none };

/// Where one partition is read from, or why it is not.
struct Start {
  TopicPartition tp;
  std::optional<Offset> offset;
  bool committed = false;  ///< the offset is the group's own
  std::uint64_t lost = 0;  ///< records between the committed offset and the log's beginning
  std::string problem;     ///< set when there is no offset
};

/// Decides where partitions are read from: at the group's committed offset; else, for the first
/// members of a group without any, where auto.offset.reset says; else at the beginning, since a
/// partition without position in a group that has some is new, and what is new is copied whole.
/// Never by the library's own reset. Thread: the flow's control thread.
class StartPositions {
 public:
  StartPositions(kafka::Cluster source, Reset reset) : source_(source), reset_(reset) {}

  /// Looks, before the group is joined, whether it has any position in these partitions.
  Result<void> prime(std::span<const TopicPartition> matching, Milliseconds timeout);
  /// Another client for the same cluster.
  void use(kafka::Cluster source) { source_ = source; }
  bool group_is_new() const noexcept { return group_is_new_; }

  Result<std::vector<Start>> resolve(std::span<const TopicPartition> assigned,
                                     Milliseconds timeout);

 private:
  kafka::Cluster source_;
  Reset reset_;
  bool group_is_new_ = false;
  std::set<TopicPartition> known_at_start_;
  /// What was decided without a committed offset: holds until there is one, whatever the log does.
  std::map<TopicPartition, Offset> decided_;
};

}  // namespace kferry::positions
