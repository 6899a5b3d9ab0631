// The target thread of a stream: takes batches from the rings, sends them, settles acknowledgements
// in the ledgers and publishes positions. Everything that goes wrong on the target is dealt with
// here, since the batches are kept until they are acknowledged and can simply be sent again.

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "kferry/base/log.hpp"
#include "kferry/pipeline/stream.hpp"

namespace kferry::pipeline {
namespace {

constexpr Milliseconds k_idle_wait{1'000};
/// A full producer says nothing when it has room again.
constexpr Milliseconds k_blocked_retry{5};
/// Requests that are under way when a record is refused may still be answered; longer than a
/// healthy broker takes, short against every timeout of a group.
constexpr Milliseconds k_graceful_reset{2'000};
/// Between attempts to make a new producer.
constexpr Milliseconds k_writer_retry{1'000};
/// Between producers that die without having delivered anything.
constexpr Milliseconds k_mend_pause_min{100};
constexpr Milliseconds k_mend_pause_max{10'000};
/// Batches that one shard may send before the others get their turn.
constexpr int k_batches_per_turn = 16;

}  // namespace

class Stream::Acks final : public AckListener {
 public:
  explicit Acks(Stream& stream) : stream_(stream) {}

  void on_acknowledged(Batch& batch, std::uint32_t count) override {
    batch.shard->writing.in_flight -= count;
    stream_.in_flight_ -= count;
    stream_.resets_in_a_row_ = 0;
    batch.shard->writing.ledger.acknowledge(batch.slot, count);
    if (stream_.touched_.empty() || stream_.touched_.back() != batch.shard) {
      stream_.touched_.push_back(batch.shard);
    }
  }

  void on_failed(Batch& batch, std::uint32_t index, ErrorKind kind, const std::string& reason,
                 const std::string& text) override {
    // A careful shard sends alone, so what is refused together was in one batch of the producer.
    const bool alone = stream_.careful(*batch.shard);
    --batch.shard->writing.in_flight;
    --stream_.in_flight_;
    auto& refusals = stream_.refusals_;
    // The whole shard is refused: one of its records says it for all.
    const bool said = kind != ErrorKind::record && !refusals.empty() &&
                      refusals.back().kind == kind && refusals.back().batch->shard == batch.shard;
    if (!said) refusals.push_back({&batch, index, kind, reason, text, alone});
  }

  void on_returned(Batch& batch) override {
    --batch.shard->writing.in_flight;
    --stream_.in_flight_;
  }

 private:
  Stream& stream_;
};

void Stream::run_target() {
  Wakes taken;
  while (!stopping_) {
    target_wakes_.take(taken, target_pause());
    serve_target(taken);
  }
}

Milliseconds Stream::target_pause() const {
  const bool soon = !blocked_.empty() || writer_->broken() != nullptr;
  return soon ? k_blocked_retry : k_idle_wait;
}

void Stream::serve_target(const Wakes& taken) {
  serve_acknowledgements();
  for (Shard* shard : taken.items) {
    shard->target_queued.exchange(false);
    write_shard(*shard);
  }
  if (careful_ != nullptr) write_shard(*careful_);
  if (!blocked_.empty()) {
    for (Shard* shard : std::exchange(blocked_, {})) {
      shard->writing.blocked = false;
      write_shard(*shard);
    }
  }
  for (const auto& task : taken.tasks) task();
  if (writer_->broken() != nullptr) mend_writer();
}

/// A new producer for a broken one: at once the first time, then ever more slowly as long as none
/// of them gets a single record through.
void Stream::mend_writer() {
  const SteadyTime now = clock_.steady();
  if (now < mend_at_) return;
  const Milliseconds pause = std::min<Milliseconds>(
      k_mend_pause_max, k_mend_pause_min * (1 << std::min(resets_in_a_row_, 10)));
  ++resets_in_a_row_;
  mend_at_ = now + pause;
  reset_writer(k_graceful_reset);
}

void Stream::serve_acknowledgements() {
  Acks acks(*this);
  writer_->collect(acks);
  if (writer_->broken() != nullptr) {
    mend_writer();
  } else if (!refusals_.empty()) {
    reset_writer(k_graceful_reset);
  }
  for (Shard* shard : std::exchange(touched_, {})) {
    settle(*shard);
    write_shard(*shard);
  }
}

void Stream::write_shard(Shard& shard) {
  if (shard.writing.parked) {
    // Read again from the position later; what still comes through the ring is not kept.
    while (auto batch = shard.ring.try_pop()) give_back(shard, std::move(*batch));
    return;
  }
  for (int turn = 0; turn < k_batches_per_turn; ++turn) {
    if (!send_pending(shard) || !take_from_ring(shard)) return;
  }
  target_ready(shard);  // the others, acknowledgements and tasks get their turn
}

/// Sends what has a slot. False when something of it has to wait.
bool Stream::send_pending(Shard& shard) {
  Shard::TargetState& state = shard.writing;
  while (state.send_slot != state.ledger.tail()) {
    if (careful_ != nullptr && careful_ != &shard) return wait_in_line(shard);
    if (careful(shard) && state.in_flight > 0) return false;
    if (careful_ == &shard && in_flight_ > 0) return false;
    Batch& batch = *state.batch(state.send_slot);
    if (state.send_index >= batch.records) {
      ++state.send_slot;
      state.send_index = 0;
      continue;
    }
    if (careful(shard) && batch.record_offset(state.send_index) >= *state.careful_until) {
      state.careful_until.reset();
      choose_careful();
      continue;
    }
    const std::uint32_t count_max =
        careful(shard) ? state.careful_count : std::numeric_limits<std::uint32_t>::max();
    const WriteOutcome outcome = writer_->write(batch, state.send_index, count_max);
    state.send_index = outcome.next;
    state.in_flight += outcome.sent;
    in_flight_ += outcome.sent;
    batch.filtered += outcome.filtered;
    if (outcome.filtered > 0) state.ledger.acknowledge(batch.slot, outcome.filtered);
    switch (outcome.status) {
      case WriteOutcome::Status::done:
        break;
      case WriteOutcome::Status::full:
        return wait_in_line(shard);
      case WriteOutcome::Status::broken:
        return false;  // the loop resets the writer and everything is sent again
      case WriteOutcome::Status::rejected:
        count_send_error(outcome.reason);
        if (!take_rejection(
                {&batch, outcome.next, outcome.kind, outcome.reason, outcome.text, true})) {
          return false;
        }
        ++state.send_index;
        break;
    }
  }
  settle(shard);
  return true;
}

/// The shard is tried again soon; nobody says when its turn comes.
bool Stream::wait_in_line(Shard& shard) {
  if (!std::exchange(shard.writing.blocked, true)) blocked_.push_back(&shard);
  return false;
}

/// The producer did not even take the record. False when the shard can not go on now.
bool Stream::take_rejection(const Refusal& refusal) {
  Shard& shard = *refusal.batch->shard;
  switch (refusal.kind) {
    case ErrorKind::record:
      apply_policy(refusal);
      return !shard.writing.parked;
    case ErrorKind::shard:
      park(shard, refusal.batch->record_offset(refusal.index), refusal.reason, refusal.text);
      return false;
    default:
      return wait_in_line(shard);
  }
}

/// Of the shards with a refused record one at a time sends alone, where what several shards send
/// can end in one batch of the producer: the target refuses batches whole.
void Stream::choose_careful() {
  if (!writer_->mixes_shards()) return;
  const auto found = std::find_if(shards_.begin(), shards_.end(), [](const Shard* shard) {
    return shard->writing.careful_until && !shard->writing.parked;
  });
  careful_ = found == shards_.end() ? nullptr : *found;
}

bool Stream::careful(const Shard& shard) const noexcept {
  // Asked for each batch, and hardly ever so.
  if (!shard.writing.careful_until) return false;
  return !writer_->mixes_shards() || careful_ == &shard;
}

bool Stream::take_from_ring(Shard& shard) {
  Shard::TargetState& state = shard.writing;
  if (state.ledger.full() || state.ledger.in_flight() >= writer_->batches_ahead_max()) return false;
  auto popped = shard.ring.try_pop();
  if (!popped) return false;
  wake_source(shard);
  BatchPtr batch = std::move(*popped);
  batch->shard = &shard;
  batch->filtered = 0;
  batch->dropped = 0;
  batch->slot = state.ledger.open(batch->next_offset, batch->records);
  state.batch(batch->slot) = std::move(batch);
  return true;
}

/// When half of what kept it from reading is gone: to wake it for every batch would cost more than
/// the batch.
void Stream::wake_source(Shard& shard) {
  if (!shard.source_waits.load()) return;
  const bool room = shard.ring.size() <= k_ring_batches / 2 &&
                    shard.held_bytes.load() <= options_.shard_bytes_max / 2;
  if (room && shard.source_waits.exchange(false)) source_ready(shard);
}

/// Moves the position over what is acknowledged and lets those batches go.
void Stream::settle(Shard& shard) {
  Shard::TargetState& state = shard.writing;
  const Ledger::Slot before = state.ledger.head();
  const std::size_t passed = state.ledger.advance();
  for (std::size_t i = 0; i < passed; ++i) finish(std::move(state.batch(before + i)));
  if (state.send_slot < state.ledger.head()) {
    // Its last record was answered before send_pending came back to it.
    state.send_slot = state.ledger.head();
    state.send_index = 0;
  }
  if (careful(shard) && state.ledger.safe_offset() >= *state.careful_until) {
    // Nothing new may come that would end it in send_pending, and the others wait for it.
    state.careful_until.reset();
    choose_careful();
  }
  if (passed > 0) {
    shard.position.store(state.ledger.safe_offset().value(), std::memory_order_release);
  }
  const std::int64_t oldest =
      state.ledger.empty() ? -1 : state.batch(state.ledger.head())->oldest_timestamp;
  shard.oldest_pending_ms.store(oldest, std::memory_order_relaxed);
}

void Stream::finish(BatchPtr batch) {
  Shard& shard = *batch->shard;
  if (batch->records > 0) {
    const std::uint64_t mirrored = batch->records - batch->filtered - batch->dropped;
    const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t count) {
      counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    };
    add(shard.records_mirrored, mirrored);
    add(shard.bytes_mirrored, batch->payload_bytes);
    add(shard.records_filtered, batch->filtered);
    add(shard.records_dropped, batch->dropped);
    add(shard.batches, 1);
    if (batch->oldest_timestamp >= 0) {
      shard.last_mirrored_ms.store(batch->oldest_timestamp, std::memory_order_relaxed);
      observe_delay(*batch);
    }
  }
  give_back(shard, std::move(batch));
}

/// The batch's memory is free again for this shard and for the others.
void Stream::give_back(Shard& shard, BatchPtr batch) {
  budget_.give_back(batch->memory_bytes);
  shard.held_bytes.fetch_sub(static_cast<std::int64_t>(batch->memory_bytes));
  writer_->recycle(std::move(batch));
  wake_source(shard);
  if (budget_waits_.load(std::memory_order_relaxed)) source_wakes_.wake();
}

void Stream::observe_delay(const Batch& batch) {
  const std::int64_t delay_ms =
      std::max<std::int64_t>(0, clock_.wall_ms() - batch.oldest_timestamp);
  const auto bucket = static_cast<std::size_t>(
      std::lower_bound(k_delay_bounds_ms.begin(), k_delay_bounds_ms.end(), delay_ms) -
      k_delay_bounds_ms.begin());
  counters_.delay_counts[bucket].fetch_add(batch.records, std::memory_order_relaxed);
  counters_.delay_sum_ms.fetch_add(static_cast<std::uint64_t>(delay_ms) * batch.records,
                                   std::memory_order_relaxed);
}

void Stream::settle_refusals(const std::vector<Refusal>& refusals) {
  std::unordered_map<const Shard*, std::size_t> together;
  for (const Refusal& refusal : refusals) ++together[refusal.batch->shard];
  for (const Refusal& refusal : refusals) refuse(refusal, together[refusal.batch->shard]);
}

/// What a refusal means once the producer is whole again and everything unacknowledged is unsent.
void Stream::refuse(const Refusal& refusal, std::size_t refused_together) {
  Shard& shard = *refusal.batch->shard;
  if (shard.writing.parked) return;
  const Offset offset = refusal.batch->record_offset(refusal.index);
  if (refusal.kind != ErrorKind::record) {
    count_send_error(refusal.reason);
    park(shard, offset, refusal.reason, refusal.text);
  } else if (refusal.alone && refused_together == 1) {
    count_send_error(refusal.reason);
    apply_policy(refusal);
  } else {
    shard.writing.careful_count =
        std::max<std::uint32_t>(1, static_cast<std::uint32_t>(refused_together) / 2);
    // The broker refuses whole batches and does not say which record it means: from here to the
    // failed ones, few at a time and ever fewer.
    const Offset until = next(offset);
    shard.writing.careful_until = std::max(shard.writing.careful_until.value_or(until), until);
  }
}

void Stream::apply_policy(const Refusal& refusal) {
  KF_CHECK(refusal.kind == ErrorKind::record);
  Batch& batch = *refusal.batch;
  Shard& shard = *batch.shard;
  const Offset offset = batch.record_offset(refusal.index);
  switch (options_.on_send_failure) {
    case SendFailurePolicy::exit:
      stop_before(batch, refusal.index);
      shard.writing.parked = true;
      events_(StreamEvent{StreamEvent::Kind::send_failed, &shard, offset, refusal.reason,
                          refusal.text});
      break;
    case SendFailurePolicy::park:
      stop_before(batch, refusal.index);
      park(shard, offset, refusal.reason, refusal.text);
      break;
    case SendFailurePolicy::skip:
      log::warning("pipeline", "{}: record at offset {} of {} is dropped: the target says {} ({})",
                   options_.name, offset.value(), to_string(shard.source), refusal.text,
                   refusal.reason);
      batch.give_up(refusal.index);
      ++batch.dropped;
      shard.writing.ledger.acknowledge(batch.slot, 1);
      break;
  }
}

/// The shard ends up in front of this record: the position moves up to it, so that what arrived of
/// its batch is not sent again with every try.
void Stream::stop_before(const Batch& batch, std::uint32_t index) {
  Shard& shard = *batch.shard;
  settle(shard);
  // A record that the producer refuses may have others before it that are still in flight.
  if (shard.writing.in_flight > 0) return;
  if (batch.slot != shard.writing.ledger.head() || batch.first_unsent() != index) return;
  const Offset offset = std::max(shard.writing.ledger.safe_offset(), batch.record_offset(index));
  shard.writing.ledger.advance_within(offset);
  shard.position.store(offset.value(), std::memory_order_release);
}

void Stream::park(Shard& shard, Offset offset, const std::string& reason, const std::string& text) {
  shard.writing.parked = true;
  if (careful_ == &shard) choose_careful();
  events_(StreamEvent{StreamEvent::Kind::parked, &shard, offset, reason, text});
}

void Stream::reset_writer(Milliseconds graceful) {
  Acks acks(*this);
  if (const std::string* why = writer_->broken()) {
    log::warning("pipeline", "{}: new producer, unacknowledged records are sent again: {}",
                 options_.name, *why);
  }
  while (!stopping_) {
    const Result<void> result = writer_->reset(acks, graceful);
    if (result) break;
    events_(StreamEvent{StreamEvent::Kind::writer_failed, nullptr, Offset(-1), "PRODUCER",
                        result.error().text});
    std::this_thread::sleep_for(k_writer_retry);
  }
  counters_.producer_recreations.fetch_add(1, std::memory_order_relaxed);
  const std::vector<Refusal> refusals = std::exchange(refusals_, {});
  for (Shard* shard : shards_) rewind(*shard);
  settle_refusals(refusals);
  choose_careful();
  for (Shard* shard : shards_) {
    settle(*shard);
    target_ready(*shard);
  }
}

/// Everything from the first unacknowledged record on is to be sent again, in order.
void Stream::rewind(Shard& shard) {
  Shard::TargetState& state = shard.writing;
  state.in_flight = 0;
  bool gap = false;
  for (Ledger::Slot slot = state.ledger.head(); slot != state.ledger.tail(); ++slot) {
    Batch& batch = *state.batch(slot);
    const std::uint32_t unsent = batch.rewind(gap);
    state.ledger.reopen(slot, unsent);
    if (unsent > 0 && !gap) {
      gap = true;
      state.send_slot = slot;
      state.send_index = batch.first_unsent();
    }
  }
  if (!gap) {
    state.send_slot = state.ledger.tail();
    state.send_index = 0;
  }
}

void Stream::drop_everything(Shard& shard) {
  Shard::TargetState& state = shard.writing;
  KF_CHECK(state.in_flight == 0);
  // While a broken producer waits to be replaced, refusals wait with it.
  std::erase_if(refusals_, [&](const Refusal& refusal) { return refusal.batch->shard == &shard; });
  while (auto batch = shard.ring.try_pop()) give_back(shard, std::move(*batch));
  for (Ledger::Slot slot = state.ledger.head(); slot != state.ledger.tail(); ++slot) {
    give_back(shard, std::move(state.batch(slot)));
  }
  state.ledger = Ledger(k_ledger_slots, state.ledger.safe_offset());
  state.send_slot = 0;
  state.send_index = 0;
  state.careful_until.reset();
  if (careful_ == &shard) choose_careful();
  shard.oldest_pending_ms.store(-1, std::memory_order_relaxed);
}

}  // namespace kferry::pipeline
