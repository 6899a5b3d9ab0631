#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/protocol/wire.hpp"

/// Fetch (key 1), versions 10 and 11, with sessions (KIP-227).
namespace kferry::protocol {

inline constexpr std::int32_t k_no_leader_epoch = -1;
/// Epochs of a fetch session.
inline constexpr std::int32_t k_session_first = 0;  ///< a full request that opens one
inline constexpr std::int32_t k_session_none = -1;  ///< a full request outside of any

struct FetchPartition {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int32_t leader_epoch = k_no_leader_epoch;  ///< -1: not known, no fencing
  std::int64_t offset = 0;
  std::int32_t bytes_max = 0;
};

struct ForgottenPartition {
  std::string_view topic;
  std::int32_t partition = 0;
};

/// Partitions of one topic stand together: the wire groups them.
struct FetchRequest {
  std::int32_t wait_max_ms = 0;
  std::int32_t bytes_min = 1;
  std::int32_t bytes_max = 0;
  bool read_committed = true;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = k_session_none;
  std::span<const FetchPartition> partitions;
  std::span<const ForgottenPartition> forgotten;
  std::string_view rack;
};
void write_fetch(WireWriter& out, const FetchRequest& request, std::int16_t version);

struct AbortedTransaction {
  std::int64_t producer_id = 0;
  std::int64_t first_offset = 0;
};

struct FetchedPartition {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int16_t error = 0;
  std::int64_t high_watermark = -1;
  std::int64_t last_stable_offset = -1;
  std::int64_t log_start_offset = -1;
  std::uint32_t aborted_begin = 0;  ///< into FetchResponse::aborted
  std::uint32_t aborted_end = 0;
  std::int32_t preferred_replica = -1;
  ByteView records;
};

/// Kept for the next response, so that a warm client allocates nothing.
struct FetchResponse {
  std::int32_t throttle_ms = 0;
  std::int16_t error = 0;
  std::int32_t session_id = 0;
  std::vector<FetchedPartition> partitions;
  std::vector<AbortedTransaction> aborted;
};
/// False when the response is malformed. Views point into what the reader reads.
bool read_fetch(WireReader& in, std::int16_t version, FetchResponse& response);

}  // namespace kferry::protocol
