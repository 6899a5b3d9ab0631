#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kferry/base/check.hpp"
#include "kferry/protocol/compression.hpp"
#include "kferry/protocol/record_batch.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::testing {

/// A batch as it may lie in a log, with every bit that a log can hold.
struct LogBatch {
  std::int64_t base_offset = 0;
  /// Of its records, ascending; last_delta may lie behind the last one, as compaction leaves it.
  std::vector<std::int32_t> deltas = {0};
  std::int32_t last_delta = -1;  ///< -1: that of the last record
  std::int64_t producer_id = -1;
  bool transactional = false;
  bool log_append_time = false;
  protocol::Codec codec = protocol::Codec::none;
  std::int32_t leader_epoch = 0;
  std::string value = "value";
  enum class Marker { none, abort, commit } marker = Marker::none;
};

inline std::vector<std::int32_t> dense(std::int32_t records) {
  std::vector<std::int32_t> deltas;
  for (std::int32_t delta = 0; delta < records; ++delta) deltas.push_back(delta);
  return deltas;
}

inline LogBatch plain_batch(std::int64_t base_offset, std::int32_t records) {
  LogBatch batch;
  batch.base_offset = base_offset;
  batch.deltas = dense(records);
  return batch;
}

inline LogBatch marker_batch(std::int64_t offset, std::int64_t producer_id,
                             LogBatch::Marker marker) {
  LogBatch batch;
  batch.base_offset = offset;
  batch.producer_id = producer_id;
  batch.transactional = true;
  batch.marker = marker;
  return batch;
}

inline std::vector<std::byte> encode_content(const LogBatch& batch) {
  std::vector<std::byte> content;
  protocol::WireWriter out(content);
  if (batch.marker == LogBatch::Marker::none) {
    out.varint(-1);  // no key
    out.varint(static_cast<std::int32_t>(batch.value.size()));
    out.raw(as_bytes(batch.value));
  } else {
    out.varint(4);
    out.i16(0);
    out.i16(batch.marker == LogBatch::Marker::abort ? 0 : 1);
    out.varint(6);
    out.i16(0);
    out.i32(3);  // epoch of the coordinator
  }
  out.varint(0);  // headers
  return content;
}

inline std::vector<std::byte> encode(const LogBatch& batch) {
  const std::vector<std::byte> content = encode_content(batch);
  std::vector<std::byte> body;
  protocol::WireWriter out(body);
  for (const std::int32_t delta : batch.deltas) {
    const std::size_t delta_bytes = protocol::varint_bytes(protocol::zigzag(delta));
    out.varint(static_cast<std::int32_t>(2 + delta_bytes + content.size()));
    out.i8(0);
    out.varlong(0);
    out.varint(delta);
    out.raw(content);
  }
  std::vector<std::byte> bytes(protocol::k_batch_header_bytes);
  KF_CHECK(protocol::compress(batch.codec, body, bytes).has_value());
  protocol::BatchHeader header;
  header.base_offset = batch.base_offset;
  header.length = static_cast<std::int32_t>(bytes.size() - protocol::k_log_overhead_bytes);
  header.leader_epoch = batch.leader_epoch;
  const bool control = batch.marker != LogBatch::Marker::none;
  header.attributes =
      static_cast<std::int16_t>(static_cast<int>(batch.codec) | (batch.log_append_time ? 0x08 : 0) |
                                (batch.transactional ? 0x10 : 0) | (control ? 0x20 : 0));
  header.last_offset_delta = batch.last_delta >= 0 ? batch.last_delta : batch.deltas.back();
  header.base_timestamp = 1'700'000'000'000;
  header.max_timestamp = 1'700'000'000'000;
  header.producer = {batch.producer_id, static_cast<std::int16_t>(batch.producer_id < 0 ? -1 : 0)};
  header.base_sequence = batch.producer_id < 0 || control ? -1 : 0;
  header.record_count = static_cast<std::int32_t>(batch.deltas.size());
  protocol::write_header(bytes, header);
  return bytes;
}

inline void append(std::vector<std::byte>& log, const LogBatch& batch) {
  const std::vector<std::byte> bytes = encode(batch);
  log.insert(log.end(), bytes.begin(), bytes.end());
}

}  // namespace kferry::testing
