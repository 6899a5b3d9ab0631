#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kferry/base/strong_id.hpp"
#include "kferry/pipeline/batch.hpp"
#include "kferry/pipeline/engine.hpp"
#include "kferry/pipeline/ledger.hpp"
#include "kferry/ring/spsc_ring.hpp"
#include "kferry/topics/partitioner.hpp"

namespace kferry::pipeline {

/// Batches between a shard's two sides. Few, since what waits here is memory, and leaves the
/// processor's cache; enough that the source side stays ahead while the target side empties half.
inline constexpr std::size_t k_ring_batches = 8;

/// One source topic-partition of a flow: the unit of order, of position and of failure. A plain
/// meeting place for the threads that work on it: every member says whose it is.
class Shard {
 public:
  Shard(TopicPartition source_partition, std::string target_name, topics::Partitioner place,
        Offset start);

  // Fixed.
  const TopicPartition source;
  const std::string target_topic;
  const topics::Partitioner partitioner;

  // Crossing: source thread -> target thread.
  ring::SpscRing<BatchPtr> ring{k_ring_batches};

  // Wake-up flags: set by whoever queues the shard, cleared by the thread that serves it.
  std::atomic<bool> source_queued{false};
  std::atomic<bool> target_queued{false};
  /// The source side stopped at a full ring and wants to hear when there is room.
  std::atomic<bool> source_waits{false};

  /// What the shard holds of the budget: the source thread adds, the target thread takes away.
  std::atomic<std::int64_t> held_bytes{0};

  // Read by the control thread and by metrics; each written by one thread.
  std::atomic<std::int64_t> read_position;   ///< source thread: next offset to read
  std::atomic<std::int64_t> source_end{-1};  ///< source thread: -1 not known
  std::atomic<bool> source_end_live{false};  ///< source thread: source_end is kept up to date
  std::atomic<std::int64_t> position;        ///< target thread: all below is on the target
  std::atomic<std::int64_t> oldest_pending_ms{-1};  ///< target thread: timestamp, -1 none
  std::atomic<std::int64_t> last_mirrored_ms{-1};   ///< target thread: timestamp, -1 none
  std::atomic<std::uint64_t> records_mirrored{0};   ///< target thread
  std::atomic<std::uint64_t> bytes_mirrored{0};     ///< target thread
  std::atomic<std::uint64_t> records_filtered{0};   ///< target thread
  std::atomic<std::uint64_t> records_dropped{0};    ///< target thread
  std::atomic<std::uint64_t> batches{0};            ///< target thread

  /// Source thread only.
  struct SourceState {
    std::unique_ptr<ShardReader> reader;
    bool open = false;  ///< reading; closed while parked, draining or not started
    bool waits_for_budget = false;
  } reading;

  /// Target thread only.
  struct TargetState {
    explicit TargetState(Offset start) : ledger(k_ledger_slots, start), slots(k_ledger_slots) {}
    Ledger ledger;
    std::vector<BatchPtr> slots;   ///< by slot modulo size
    Ledger::Slot send_slot = 0;    ///< batch that is being sent
    std::uint32_t send_index = 0;  ///< its next record
    std::uint32_t in_flight = 0;   ///< records without an answer
    std::optional<Offset>
        careful_until;                ///< below it few records at a time: one of them was refused
    std::uint32_t careful_count = 1;  ///< how many; halved whenever they are refused
    bool parked = false;
    bool blocked = false;  ///< in the stream's list of shards that met a full producer
    BatchPtr& batch(Ledger::Slot slot) { return slots[slot & (slots.size() - 1)]; }
  } writing;
};

}  // namespace kferry::pipeline
