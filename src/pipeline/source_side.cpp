// The source thread of a stream: reads what arrived for each ready shard and puts it into the
// shard's ring, until the ring is full or the budget is used up.

#include <utility>

#include "kferry/pipeline/stream.hpp"

namespace kferry::pipeline {
namespace {

/// Batches that one shard may move before the others get their turn.
constexpr int k_batches_per_turn = 4;
/// How long a shard waits for budget that another flow holds, as nobody here hears of that.
constexpr Milliseconds k_budget_retry{5};
/// Nothing is expected to need this: every change wakes the thread.
constexpr Milliseconds k_idle_wait{1'000};

}  // namespace

void Stream::run_source() {
  Wakes taken;
  while (!stopping_) {
    source_wakes_.take(taken, source_pause());
    serve_source(taken);
  }
}

Milliseconds Stream::source_pause() const {
  return waiting_for_budget_.empty() ? k_idle_wait : k_budget_retry;
}

void Stream::serve_source(const Wakes& taken) {
  if (!waiting_for_budget_.empty()) {
    budget_waits_ = false;
    retrying_.swap(waiting_for_budget_);
    for (Shard* shard : retrying_) {
      shard->reading.waits_for_budget = false;
      read_shard(*shard);
    }
    retrying_.clear();
  }
  for (Shard* shard : taken.items) {
    shard->source_queued.exchange(false);
    read_shard(*shard);
  }
  // Last, so that a task that has run means that no shard is being served any more.
  for (const auto& task : taken.tasks) task();
}

void Stream::read_shard(Shard& shard) {
  read_batches(shard);
  if (!shard.reading.reader) return;
  const LogEnd end = shard.reading.reader->log_end();
  if (end.offset >= 0) shard.source_end.store(end.offset, std::memory_order_relaxed);
  shard.source_end_live.store(end.live && shard.reading.open, std::memory_order_relaxed);
}

void Stream::read_batches(Shard& shard) {
  for (int turn = 0; turn < k_batches_per_turn; ++turn) {
    if (!shard.reading.open) return;
    if (!wait_for_room(shard) || !wait_for_budget(shard)) return;
    ReadOutcome outcome = shard.reading.reader->read(Offset(shard.read_position));
    const bool progress = outcome.batch != nullptr;
    if (progress) {
      shard.read_position.store(outcome.batch->next_offset.value(), std::memory_order_relaxed);
      budget_.take(outcome.batch->memory_bytes);
      shard.held_bytes.fetch_add(static_cast<std::int64_t>(outcome.batch->memory_bytes));
      const bool pushed = shard.ring.try_push(std::move(outcome.batch));
      KF_CHECK(pushed);
      target_ready(shard);
    }
    if (outcome.failure) {
      shard.reading.open = false;
      events_(StreamEvent{StreamEvent::Kind::read_failed, &shard, Offset(shard.read_position),
                          outcome.failure->reason, outcome.failure->text, outcome.failure->kind});
      return;
    }
    if (!progress) return;
  }
  source_ready(shard);
}

/// False when the ring is full or the shard holds its share: the target side wakes the shard when
/// either changes.
bool Stream::wait_for_room(Shard& shard) {
  const auto full = [&] {
    return shard.ring.full() || shard.held_bytes.load() >= options_.shard_bytes_max;
  };
  if (!full()) return true;
  // The flag goes up before the second look, so that a batch taken in between is seen by one side
  // or the other.
  shard.source_waits.exchange(true);
  if (full()) return false;
  shard.source_waits.exchange(false);
  return true;
}

/// A shard that holds nothing may always read one batch, whoever holds the budget.
bool Stream::wait_for_budget(Shard& shard) {
  if (!budget_.exhausted() || shard.held_bytes.load() == 0) return true;
  if (!std::exchange(shard.reading.waits_for_budget, true)) waiting_for_budget_.push_back(&shard);
  budget_waits_ = true;
  return false;
}

}  // namespace kferry::pipeline
