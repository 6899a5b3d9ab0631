#include "client/cluster_view.hpp"

#include <algorithm>
#include <utility>

namespace kferry::client {
namespace {

// Kafka's error codes.
constexpr std::int16_t k_unknown_topic_or_partition = 3;
constexpr std::int16_t k_leader_not_available = 5;

/// More than any cluster has; the index comes from the network.
constexpr std::int32_t k_partitions_max = 1'000'000;

bool may_heal_soon(std::int16_t error) noexcept {
  return error == k_unknown_topic_or_partition || error == k_leader_not_available;
}

}  // namespace

bool ClusterView::watch(const std::string& topic) { return watched_.insert(topic).second; }

void ClusterView::unwatch(const std::string& topic) {
  watched_.erase(topic);
  topics_.erase(topic);
}

std::set<std::string> ClusterView::apply(const protocol::MetadataResponse& metadata) {
  if (!metadata.brokers.empty()) nodes_.clear();
  for (const auto& broker : metadata.brokers) {
    if (broker.port <= 0 || broker.port > UINT16_MAX) continue;
    nodes_[broker.node] = {std::string(broker.host), static_cast<std::uint16_t>(broker.port)};
  }
  std::set<std::string> again;
  for (const auto& topic : metadata.topics) {
    if (!apply_topic(topic)) again.emplace(topic.name);
  }
  return again;
}

/// False when it should be asked for again soon.
bool ClusterView::apply_topic(const protocol::MetadataTopic& topic) {
  const std::string name(topic.name);
  if (!watched_.contains(name)) return true;
  KnownTopic& known = topics_[name];
  known.error = topic.error;
  if (topic.error != 0) {
    // Who led it is of no use now, which epoch it had is: the topic may be back in a moment.
    for (auto& partition : known.partitions) partition.leader.node = -1;
    return !may_heal_soon(topic.error);
  }
  bool complete = true;
  for (const auto& partition : topic.partitions) {
    if (partition.partition < 0 || partition.partition >= k_partitions_max) continue;
    const auto index = static_cast<std::size_t>(partition.partition);
    if (index >= known.partitions.size()) known.partitions.resize(index + 1);
    KnownPartition& entry = known.partitions[index];
    const bool older = partition.leader_epoch >= 0 && partition.leader_epoch < entry.leader.epoch;
    if (older && ++entry.older_answers < k_older_answers_max) {
      complete = false;
      continue;
    }
    // Its number of partitions never shrinks, so that what is not in the answer is left alone.
    entry = {{partition.leader, partition.leader_epoch}, 0};
    complete = complete && partition.leader >= 0;
  }
  return complete;
}

std::optional<Leader> ClusterView::leader(const TopicPartition& tp) const {
  const auto topic = topics_.find(tp.topic);
  const auto index = static_cast<std::size_t>(tp.partition.value());
  if (topic == topics_.end() || index >= topic->second.partitions.size()) return std::nullopt;
  const Leader& leader = topic->second.partitions[index].leader;
  if (leader.node < 0) return std::nullopt;
  return leader;
}

std::int16_t ClusterView::topic_error(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? std::int16_t{0} : found->second.error;
}

std::optional<Endpoint> ClusterView::endpoint(std::int32_t node) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return std::nullopt;
  return found->second;
}

std::vector<Endpoint> ClusterView::brokers() const {
  std::vector<Endpoint> endpoints;
  endpoints.reserve(nodes_.size());
  for (const auto& [node, endpoint] : nodes_) endpoints.push_back(endpoint);
  return endpoints;
}

}  // namespace kferry::client
