#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/protocol/wire.hpp"

/// Produce (key 0), versions 7 and 8 (which says which record is to blame, KIP-467).
namespace kferry::protocol {

/// One batch for one partition. A partition may stand in a request once: of two batches the broker
/// would write the last one and acknowledge both.
struct ProducePartition {
  std::string_view topic;
  std::int32_t partition = 0;
  std::size_t batch_bytes = 0;
};

/// Partitions of one topic stand together. Writes everything but the batches; cuts[i] becomes the
/// size of the message where the i-th batch belongs. acks is always all.
void write_produce(WireWriter& out, std::int32_t timeout_ms,
                   std::span<const ProducePartition> partitions, std::vector<std::size_t>& cuts);

struct ProducedPartition {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int16_t error = 0;
  std::int64_t base_offset = -1;
  std::int64_t log_append_time = -1;  ///< -1: the target keeps record times
  std::int64_t log_start_offset = -1;
  std::int32_t blamed_record = -1;  ///< index in the batch of the first one that is refused
  std::string_view text;            ///< why; empty before version 8
};

struct ProduceResponse {
  std::vector<ProducedPartition> partitions;
  std::int32_t throttle_ms = 0;
};
/// False when the response is malformed. Views point into what the reader reads.
bool read_produce(WireReader& in, std::int16_t version, ProduceResponse& response);

}  // namespace kferry::protocol
