#include "kferry/protocol/produce.hpp"

#include "protocol/topic_groups.hpp"

namespace kferry::protocol {
namespace {

constexpr std::int16_t k_acks_all = -1;
constexpr std::int16_t k_version_with_blame = 8;
constexpr std::size_t k_topic_bytes_min = 6;
constexpr std::size_t k_partition_bytes_min = 30;
constexpr std::size_t k_blame_bytes_min = 6;

void read_blame(WireReader& in, ProducedPartition& partition) {
  const std::size_t count = in.array(k_blame_bytes_min);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t index = in.i32();
    const auto text = in.nullable_string();
    if (i > 0) continue;
    partition.blamed_record = index;
    partition.text = text.value_or("");
  }
  const auto text = in.nullable_string();
  if (partition.text.empty()) partition.text = text.value_or("");
}

}  // namespace

void write_produce(WireWriter& out, std::int32_t timeout_ms,
                   std::span<const ProducePartition> partitions, std::vector<std::size_t>& cuts) {
  cuts.clear();
  out.nullable_string(std::nullopt);  // no transaction
  out.i16(k_acks_all);
  out.i32(timeout_ms);
  write_topic_groups(out, partitions, [&](const ProducePartition& partition) {
    out.i32(partition.partition);
    out.bytes_length(partition.batch_bytes);
    cuts.push_back(out.size());
  });
}

bool read_produce(WireReader& in, std::int16_t version, ProduceResponse& response) {
  response.partitions.clear();
  for (std::size_t topics = in.array(k_topic_bytes_min); topics > 0; --topics) {
    const std::string_view topic = in.string();
    for (std::size_t count = in.array(k_partition_bytes_min); count > 0; --count) {
      ProducedPartition partition;
      partition.topic = topic;
      partition.partition = in.i32();
      partition.error = in.i16();
      partition.base_offset = in.i64();
      partition.log_append_time = in.i64();
      partition.log_start_offset = in.i64();
      if (version >= k_version_with_blame) read_blame(in, partition);
      response.partitions.push_back(partition);
    }
  }
  response.throttle_ms = in.i32();
  return in.ok();
}

}  // namespace kferry::protocol
