#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "kferry/client/cluster.hpp"
#include "kferry/protocol/cluster_state.hpp"

namespace kferry::client {

/// What is known about a cluster, without any I/O: answers of Metadata are put into it one by one.
/// Thread: one.
class ClusterView {
 public:
  /// True when the topic was not watched.
  bool watch(const std::string& topic);
  void unwatch(const std::string& topic);
  const std::set<std::string>& watched() const noexcept { return watched_; }

  /// Topics that should be asked for again soon: without a leader, or not there (yet).
  std::set<std::string> apply(const protocol::MetadataResponse& metadata);

  std::optional<Leader> leader(const TopicPartition& tp) const;
  std::int16_t topic_error(const std::string& topic) const;
  std::optional<Endpoint> endpoint(std::int32_t node) const;
  std::vector<Endpoint> brokers() const;

 private:
  /// A broker that lags behind tells of a leader before the present one. So an older epoch is only
  /// believed when it comes again and again, as it does for a topic that was created anew.
  static constexpr int k_older_answers_max = 5;

  struct KnownPartition {
    Leader leader;
    int older_answers = 0;
  };
  struct KnownTopic {
    std::int16_t error = 0;
    std::vector<KnownPartition> partitions;
  };

  bool apply_topic(const protocol::MetadataTopic& topic);

  std::set<std::string> watched_;
  std::unordered_map<std::string, KnownTopic> topics_;
  std::unordered_map<std::int32_t, Endpoint> nodes_;
};

}  // namespace kferry::client
