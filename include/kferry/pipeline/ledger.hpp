#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kferry/base/strong_id.hpp"

namespace kferry::pipeline {

/// Batches of one shard that may be on their way to the target.
inline constexpr std::size_t k_ledger_slots = 64;

/// Which batches in flight are acknowledged, for one shard; yields the source offset that is safe
/// to commit. Slots are closed in any order, the safe offset moves only over a closed prefix.
///
/// Shape:  a ring of slots in send order, head..tail in flight; a slot knows the next source offset
///         behind its batch and how many of its records are still unacknowledged. Keyed by slot and
///         not by offset, since compaction and transaction markers leave holes between offsets.
/// Invariants: 1. safe_offset() never decreases and never passes a slot that is not closed.
///             2. next offsets of the slots ascend in send order.
/// Thread: one thread (the shard's target side).
class Ledger {
 public:
  using Slot = std::uint64_t;  ///< counts up from 0 over the ledger's life

  /// slots_max is a power of two. start is the offset that the shard begins to read at.
  Ledger(std::size_t slots_max, Offset start);

  bool full() const noexcept { return tail_ - head_ == slots_.size(); }
  bool empty() const noexcept { return tail_ == head_; }
  std::size_t in_flight() const noexcept { return static_cast<std::size_t>(tail_ - head_); }
  Slot head() const noexcept { return head_; }
  Slot tail() const noexcept { return tail_; }

  /// A batch goes out: records unacknowledged records (0: nothing to wait for, as when every record
  /// was filtered or only control records were passed), next_offset the offset behind it.
  /// REQUIRES: not full; next_offset above that of every earlier slot, or equal when records is 0.
  Slot open(Offset next_offset, std::uint32_t records);

  /// count of the slot's records are done. REQUIRES: slot in flight, count <= what is still open.
  void acknowledge(Slot slot, std::uint32_t count);

  /// Everything of the slot is unacknowledged again, to be sent once more; count as in open().
  void reopen(Slot slot, std::uint32_t count);

  bool closed(Slot slot) const;

  /// Moves the head over the closed prefix. Returns how many slots it passed.
  std::size_t advance();

  /// Within the head slot, everything below offset is done though the slot is not: for a shard that
  /// stops there. REQUIRES: a head slot; offset not below the safe one nor beyond the slot.
  void advance_within(Offset offset);

  /// Next source offset that is safe to commit: all below it is done.
  Offset safe_offset() const noexcept { return safe_; }

 private:
  struct Entry {
    Offset next_offset;
    std::uint32_t open_records = 0;
  };
  Entry& entry(Slot slot);
  const Entry& entry(Slot slot) const;

  std::vector<Entry> slots_;
  Slot head_ = 0;
  Slot tail_ = 0;
  Offset safe_;
};

}  // namespace kferry::pipeline
