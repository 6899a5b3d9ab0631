#include "kferry/protocol/cluster_state.hpp"

#include "protocol/topic_groups.hpp"

namespace kferry::protocol {
namespace {

constexpr std::int32_t k_consumer_replica = -1;
constexpr std::int16_t k_version_with_throttle = 3;
constexpr std::int16_t k_version_with_creation = 4;
constexpr std::int16_t k_version_with_offline = 5;
constexpr std::int16_t k_version_with_epochs = 7;
// The least that an element takes on the wire, for counts that lie.
constexpr std::size_t k_broker_bytes_min = 12;
constexpr std::size_t k_topic_bytes_min = 6;
constexpr std::size_t k_metadata_topic_bytes_min = 9;
constexpr std::size_t k_metadata_partition_bytes_min = 18;
constexpr std::size_t k_listed_bytes = 26;
constexpr std::size_t k_epoch_end_bytes = 18;
constexpr std::size_t k_node_bytes = 4;

void skip_nodes(WireReader& in) {
  for (std::size_t count = in.array(k_node_bytes); count > 0; --count) in.i32();
}

MetadataPartition read_metadata_partition(WireReader& in, std::int16_t version) {
  MetadataPartition partition;
  partition.error = in.i16();
  partition.partition = in.i32();
  partition.leader = in.i32();
  if (version >= k_version_with_epochs) partition.leader_epoch = in.i32();
  skip_nodes(in);  // replicas
  skip_nodes(in);  // in sync
  if (version >= k_version_with_offline) skip_nodes(in);
  return partition;
}

}  // namespace

void write_metadata(WireWriter& out, std::span<const std::string> topics, std::int16_t version) {
  out.array(topics.size());
  for (const std::string& topic : topics) out.string(topic);
  if (version >= k_version_with_creation) out.boolean(false);
}

std::optional<MetadataResponse> read_metadata(WireReader& in, std::int16_t version) {
  MetadataResponse response;
  if (version >= k_version_with_throttle) response.throttle_ms = in.i32();
  for (std::size_t count = in.array(k_broker_bytes_min); count > 0; --count) {
    MetadataBroker broker;
    broker.node = in.i32();
    broker.host = in.string();
    broker.port = in.i32();
    in.nullable_string();  // rack
    response.brokers.push_back(broker);
  }
  response.cluster_id = in.nullable_string();
  in.i32();  // controller
  for (std::size_t count = in.array(k_metadata_topic_bytes_min); count > 0; --count) {
    MetadataTopic topic;
    topic.error = in.i16();
    topic.name = in.string();
    in.boolean();  // internal
    for (std::size_t left = in.array(k_metadata_partition_bytes_min); left > 0; --left) {
      topic.partitions.push_back(read_metadata_partition(in, version));
    }
    response.topics.push_back(std::move(topic));
  }
  if (!in.ok()) return std::nullopt;
  return response;
}

void write_list_offsets(WireWriter& out, bool read_committed,
                        std::span<const ListOffsetsPartition> partitions) {
  out.i32(k_consumer_replica);
  out.i8(read_committed ? 1 : 0);
  write_topic_groups(out, partitions, [&](const ListOffsetsPartition& partition) {
    out.i32(partition.partition);
    out.i32(partition.leader_epoch);
    out.i64(partition.timestamp);
  });
}

std::optional<std::vector<ListedOffset>> read_list_offsets(WireReader& in) {
  std::vector<ListedOffset> offsets;
  in.i32();  // throttle
  for (std::size_t topics = in.array(k_topic_bytes_min); topics > 0; --topics) {
    const std::string_view topic = in.string();
    for (std::size_t count = in.array(k_listed_bytes); count > 0; --count) {
      ListedOffset listed;
      listed.topic = topic;
      listed.partition = in.i32();
      listed.error = in.i16();
      in.i64();  // timestamp
      listed.offset = in.i64();
      listed.leader_epoch = in.i32();
      offsets.push_back(listed);
    }
  }
  if (!in.ok()) return std::nullopt;
  return offsets;
}

void write_epoch_ends(WireWriter& out, std::span<const EpochPartition> partitions) {
  write_topic_groups(out, partitions, [&](const EpochPartition& partition) {
    out.i32(partition.partition);
    out.i32(partition.current_epoch);
    out.i32(partition.epoch);
  });
}

std::optional<std::vector<EpochEnd>> read_epoch_ends(WireReader& in) {
  std::vector<EpochEnd> ends;
  in.i32();  // throttle
  for (std::size_t topics = in.array(k_topic_bytes_min); topics > 0; --topics) {
    const std::string_view topic = in.string();
    for (std::size_t count = in.array(k_epoch_end_bytes); count > 0; --count) {
      EpochEnd end;
      end.topic = topic;
      end.error = in.i16();
      end.partition = in.i32();
      end.epoch = in.i32();
      end.end_offset = in.i64();
      ends.push_back(end);
    }
  }
  if (!in.ok()) return std::nullopt;
  return ends;
}

}  // namespace kferry::protocol
