#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/protocol/wire.hpp"

/// What a cluster says about itself: Metadata (key 3, versions 2 to 7), ListOffsets (key 2, version
/// 5) and OffsetForLeaderEpoch (key 23, version 2).
namespace kferry::protocol {

/// Never creates a topic.
void write_metadata(WireWriter& out, std::span<const std::string> topics, std::int16_t version);

struct MetadataBroker {
  std::int32_t node = -1;
  std::string_view host;
  std::int32_t port = 0;
};

struct MetadataPartition {
  std::int16_t error = 0;
  std::int32_t partition = 0;
  std::int32_t leader = -1;
  std::int32_t leader_epoch = -1;
};

struct MetadataTopic {
  std::int16_t error = 0;
  std::string_view name;
  std::vector<MetadataPartition> partitions;
};

struct MetadataResponse {
  std::int32_t throttle_ms = 0;
  std::vector<MetadataBroker> brokers;
  std::optional<std::string_view> cluster_id;
  std::vector<MetadataTopic> topics;
};
std::optional<MetadataResponse> read_metadata(WireReader& in, std::int16_t version);

/// Timestamps that mean a place.
inline constexpr std::int64_t k_latest = -1;
inline constexpr std::int64_t k_earliest = -2;

struct ListOffsetsPartition {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int32_t leader_epoch = -1;
  std::int64_t timestamp = k_latest;
};
/// Partitions of one topic stand together.
void write_list_offsets(WireWriter& out, bool read_committed,
                        std::span<const ListOffsetsPartition> partitions);

struct ListedOffset {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int16_t error = 0;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
};
std::optional<std::vector<ListedOffset>> read_list_offsets(WireReader& in);

struct EpochPartition {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int32_t current_epoch = -1;
  std::int32_t epoch = -1;  ///< whose end is wanted
};
void write_epoch_ends(WireWriter& out, std::span<const EpochPartition> partitions);

/// The largest epoch not above the wanted one that the leader knows, and where it ends.
struct EpochEnd {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int16_t error = 0;
  std::int32_t epoch = -1;
  std::int64_t end_offset = -1;
};
std::optional<std::vector<EpochEnd>> read_epoch_ends(WireReader& in);

}  // namespace kferry::protocol
