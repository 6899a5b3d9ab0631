#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kferry/base/strong_id.hpp"
#include "kferry/pipeline/ledger.hpp"

namespace kferry::pipeline {

class Shard;

/// What travels through a shard's ring: consecutive records of one source partition, or no record
/// at all, only the news that the log goes on further (control records, aborted transactions, the
/// end of the log). How the records look inside is the engine's business.
///
/// Lifecycle: filled by a ShardReader, owned by the ring, then by the shard's target side until its
/// ledger slot has passed; then given back to the engine, which reuses it.
class Batch {
 public:
  virtual ~Batch() = default;

  /// Every record from the first unacknowledged one on becomes unsent again, acknowledged ones
  /// behind it as well: order is worth more than a repeat. With from_start all become unsent.
  /// Records that were filtered or given up stay done. Returns how many records are unsent now.
  virtual std::uint32_t rewind(bool from_start) = 0;
  /// Index of the first unsent record; records when there is none.
  virtual std::uint32_t first_unsent() const = 0;
  virtual Offset record_offset(std::uint32_t index) const = 0;
  /// The record counts as acknowledged from here on, though it never was sent.
  virtual void give_up(std::uint32_t index) = 0;

  Offset first_offset{0};
  Offset next_offset{0};  ///< the source offset behind the batch
  std::uint32_t records = 0;
  std::size_t memory_bytes = 0;        ///< what the batch holds of the memory budget
  std::uint64_t payload_bytes = 0;     ///< keys and values
  std::int64_t oldest_timestamp = -1;  ///< first record's timestamp, milliseconds; -1: none

  // Set by the target side when the batch gets its slot.
  Shard* shard = nullptr;
  Ledger::Slot slot = 0;
  std::uint32_t filtered = 0;  ///< records that the flow's rules left out
  std::uint32_t dropped = 0;   ///< records given up under the policy skip
};

using BatchPtr = std::unique_ptr<Batch>;

}  // namespace kferry::pipeline
