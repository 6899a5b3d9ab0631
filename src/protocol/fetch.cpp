#include "kferry/protocol/fetch.hpp"

#include "protocol/topic_groups.hpp"

namespace kferry::protocol {
namespace {

constexpr std::int32_t k_consumer_replica = -1;
constexpr std::int64_t k_no_log_start = -1;
constexpr std::int16_t k_version_with_rack = 11;
/// The least that one element takes, for counts that lie: an empty name and an empty array; a
/// partition without records.
constexpr std::size_t k_topic_bytes_min = 6;
constexpr std::size_t k_partition_bytes_min = 38;
constexpr std::size_t k_aborted_bytes = 16;

void read_aborted(WireReader& in, FetchedPartition& partition, FetchResponse& response) {
  partition.aborted_begin = static_cast<std::uint32_t>(response.aborted.size());
  const std::size_t count = in.nullable_array(k_aborted_bytes).value_or(0);
  for (std::size_t i = 0; i < count; ++i) {
    AbortedTransaction aborted;
    aborted.producer_id = in.i64();
    aborted.first_offset = in.i64();
    response.aborted.push_back(aborted);
  }
  partition.aborted_end = static_cast<std::uint32_t>(response.aborted.size());
}

FetchedPartition read_partition(WireReader& in, std::int16_t version, std::string_view topic,
                                FetchResponse& response) {
  FetchedPartition partition;
  partition.topic = topic;
  partition.partition = in.i32();
  partition.error = in.i16();
  partition.high_watermark = in.i64();
  partition.last_stable_offset = in.i64();
  partition.log_start_offset = in.i64();
  read_aborted(in, partition, response);
  if (version >= k_version_with_rack) partition.preferred_replica = in.i32();
  partition.records = in.nullable_bytes().value_or(ByteView());
  return partition;
}

}  // namespace

void write_fetch(WireWriter& out, const FetchRequest& request, std::int16_t version) {
  out.i32(k_consumer_replica);
  out.i32(request.wait_max_ms);
  out.i32(request.bytes_min);
  out.i32(request.bytes_max);
  out.i8(request.read_committed ? 1 : 0);
  out.i32(request.session_id);
  out.i32(request.session_epoch);
  write_topic_groups(out, request.partitions, [&](const FetchPartition& partition) {
    out.i32(partition.partition);
    out.i32(partition.leader_epoch);
    out.i64(partition.offset);
    out.i64(k_no_log_start);
    out.i32(partition.bytes_max);
  });
  write_topic_groups(out, request.forgotten,
                     [&](const ForgottenPartition& partition) { out.i32(partition.partition); });
  if (version >= k_version_with_rack) out.string(request.rack);
}

bool read_fetch(WireReader& in, std::int16_t version, FetchResponse& response) {
  response.partitions.clear();
  response.aborted.clear();
  response.throttle_ms = in.i32();
  response.error = in.i16();
  response.session_id = in.i32();
  for (std::size_t topics = in.array(k_topic_bytes_min); topics > 0; --topics) {
    const std::string_view topic = in.string();
    for (std::size_t count = in.array(k_partition_bytes_min); count > 0; --count) {
      response.partitions.push_back(read_partition(in, version, topic, response));
    }
  }
  return in.ok();
}

}  // namespace kferry::protocol
