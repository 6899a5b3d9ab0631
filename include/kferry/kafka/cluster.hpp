#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/error_map.hpp"
#include "kferry/kafka/handles.hpp"

namespace kferry::kafka {

struct TopicInfo {
  std::string name;
  std::int32_t partitions = 0;
  std::int32_t replication = 0;  ///< of partition 0
  ErrorCode error = 0;           ///< the broker's answer about this topic
};

enum class LogEnd {
  beginning,  ///< log start offset
  end,        ///< last stable offset for a read_committed client, else high watermark
};

struct PartitionOffset {
  TopicPartition tp;
  std::optional<Offset> offset;  ///< empty: none, or not to be had now
  ErrorCode error = 0;
};

/// Questions and orders to one cluster over a client that somebody else owns. Every call blocks up
/// to its timeout. Thread: any; the client must outlive the object.
class Cluster {
 public:
  using Config = std::map<std::string, std::string>;

  Cluster(rd_kafka_s* client, Side side) : client_(client), side_(side) {}

  Side side() const noexcept { return side_; }

  Result<std::string> cluster_id(Milliseconds timeout) const;
  /// All topics that the principal may describe; never creates one.
  Result<std::vector<TopicInfo>> topics(Milliseconds timeout) const;
  /// Effective values of the named settings, for many topics with few requests; names that a broker
  /// does not have are left out. An error in the place of a topic's values: authorization when
  /// DescribeConfigs is not allowed. Topics that got no answer in time are missing. Errors: what
  /// the cluster as a whole said, when it answered for no topic at all.
  Result<std::map<std::string, Result<Config>>> topic_configs(std::span<const std::string> topics,
                                                              std::span<const char* const> names,
                                                              Milliseconds timeout) const;
  /// The values that were set on the topic itself, which is what carries over.
  Result<Config> topic_overrides(const std::string& topic, Milliseconds timeout) const;
  /// replication -1: the broker's default. Success also when it exists already.
  Result<void> create_topic(const std::string& topic, std::int32_t partitions,
                            const std::map<std::string, std::string>& config,
                            Milliseconds timeout) const;
  Result<void> grow_topic(const std::string& topic, std::int32_t partitions,
                          Milliseconds timeout) const;

  /// One request per leader for all partitions together (ListOffsets).
  Result<std::vector<PartitionOffset>> offsets(std::span<const TopicPartition> partitions,
                                               LogEnd end, Milliseconds timeout) const;
  /// The group's committed offsets; the client has to be a consumer with a group.id that has not
  /// joined the group.
  Result<std::vector<PartitionOffset>> committed(std::span<const TopicPartition> partitions,
                                                 Milliseconds timeout) const;

 private:
  enum class Values { effective, set_on_topic };
  Result<std::map<std::string, Result<Config>>> describe(std::span<const std::string> topics,
                                                         std::span<const char* const> names,
                                                         Values values, Milliseconds timeout) const;
  Error committed_error(ErrorCode code) const;
  std::string at(const std::string& what) const;
  rd_kafka_s* client_;
  Side side_;
};

class ConnectionWatch;

/// The cluster's id, once it answers. Waits no longer than k_denial_grace for a cluster whose
/// brokers say no. Errors: authorization, when they do; unreachable; in the watch's words where it
/// has some.
Result<std::string> await_cluster(const Cluster& cluster, ConnectionWatch& watch,
                                  Milliseconds timeout);
/// So long one broker's no may be made good by another's yes.
inline constexpr Milliseconds k_denial_grace{2'000};

/// A client for questions and orders only: joins no group, produces nothing. On the source side it
/// is a consumer, so that with a group.id it can read that group's committed offsets.
Result<Client> make_query_client(const ClientConfig& config, LogContext& log_context);

}  // namespace kferry::kafka
