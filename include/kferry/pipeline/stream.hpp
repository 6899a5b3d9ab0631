#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/pipeline/byte_budget.hpp"
#include "kferry/pipeline/engine.hpp"
#include "kferry/pipeline/shard.hpp"
#include "kferry/ring/wake_list.hpp"

namespace kferry::pipeline {

enum class SendFailurePolicy { exit, park, skip };

/// Something that a stream's threads can not decide: for the control thread.
struct StreamEvent {
  enum class Kind {
    read_failed,    ///< shard closed on the source side
    parked,         ///< shard parked on the target side
    send_failed,    ///< a record can not be sent and the policy is to exit
    writer_failed,  ///< no new producer can be made
  };
  Kind kind = Kind::parked;
  Shard* shard = nullptr;
  Offset offset{-1};   ///< of the record or of the position it is about
  std::string reason;  ///< stable name
  std::string text;
  ReadFailure::Kind read_kind = ReadFailure::Kind::refused;
};

/// Upper bounds of the mirror delay's buckets, milliseconds; one more bucket is above all.
inline constexpr std::array<std::int64_t, 14> k_delay_bounds_ms = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1'000, 2'500, 10'000, 60'000, 600'000};

/// Moves shards. Its source side reads batches and puts them into the shards' rings, its target
/// side sends them, keeps the ledgers and publishes positions. Each side has a thread, or one
/// thread serves both where the engine wants it so (Reader::waiter).
///
/// One road forward, one number back: batches cross by the ring, positions by one atomic per shard.
/// A shard that can not go on (ring full, budget used up, producer full, parked) is left alone
/// until something changes; the others never wait for it. Thread: the control thread calls every
/// public method; metrics read the atomics.
class Stream {
 public:
  struct Options {
    SendFailurePolicy on_send_failure = SendFailurePolicy::exit;
    std::string name;  ///< for messages
    /// What one shard may hold of the budget beyond its first batch, so that a shard that stands
    /// still leaves the others theirs.
    std::int64_t shard_bytes_max = 4LL << 20;
  };
  using EventSink = std::function<void(StreamEvent)>;  ///< called from both threads

  /// on_acknowledgements is to be called, from any thread, when collect() has something to pass on.
  using WriterFactory =
      std::function<Result<std::unique_ptr<Writer>>(std::function<void()> on_acknowledgements)>;

  static Result<std::unique_ptr<Stream>> create(Options options, Reader& reader,
                                                const WriterFactory& make_writer,
                                                ByteBudget& budget, const Clock& clock,
                                                EventSink events);
  /// REQUIRES: every shard was released.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Takes part in the shard's life from here on; records flow as soon as they arrive.
  Result<void> open(Shard& shard);
  /// Stops reading the shard. What was read goes on to the target.
  void stop_reading(Shard& shard);
  /// Whether nothing of the shard is on its way any more.
  bool drained(Shard& shard);
  /// Forgets whatever of these shards is not acknowledged. Resets the producer if records of theirs
  /// are in flight; other shards' records are then sent again, in order.
  void abandon(const std::vector<Shard*>& shards);
  /// After stop_reading and (drained or abandon): no thread of the stream touches the shard again.
  void release(Shard& shard);
  /// Reads on from the offset, after the source was told to do so. For shards that were stopped and
  /// abandoned.
  void resume(Shard& shard, Offset offset);

  struct Counters {
    std::atomic<std::uint64_t> producer_recreations{0};
    std::array<std::atomic<std::uint64_t>, k_delay_bounds_ms.size() + 1> delay_counts{};
    std::atomic<std::uint64_t> delay_sum_ms{0};
  };
  const Counters& counters() const noexcept { return counters_; }
  std::map<std::string, std::uint64_t> send_errors() const;

  /// Calls from the data path: the source has something for the shard. Thread: any.
  void source_ready(Shard& shard);

 private:
  class Acks;
  /// A record that the target refused, until the producer is whole again and it can be dealt with.
  struct Refusal {
    Batch* batch;
    std::uint32_t index;
    ErrorKind kind;
    std::string reason;
    std::string text;
    bool alone;  ///< no other record can have been in its batch, so it is this one that is refused
  };

  Stream(Options options, Reader& reader, ByteBudget& budget, const Clock& clock, EventSink events);
  void start();

  using Wakes = ring::WakeList<Shard>::Taken;
  void run_both(ring::Waiter& waiter);
  void run_source();
  void serve_source(const Wakes& taken);
  Milliseconds source_pause() const;
  void read_shard(Shard& shard);
  void read_batches(Shard& shard);
  bool wait_for_room(Shard& shard);
  bool wait_for_budget(Shard& shard);

  void run_target();
  void serve_target(const Wakes& taken);
  Milliseconds target_pause() const;
  void serve_acknowledgements();
  void mend_writer();
  void write_shard(Shard& shard);
  bool send_pending(Shard& shard);
  bool take_from_ring(Shard& shard);
  bool wait_in_line(Shard& shard);
  bool take_rejection(const Refusal& refusal);
  void choose_careful();
  bool careful(const Shard& shard) const noexcept;
  void wake_source(Shard& shard);
  void settle(Shard& shard);
  void settle_refusals(const std::vector<Refusal>& refusals);
  void refuse(const Refusal& refusal, std::size_t refused_together);
  void apply_policy(const Refusal& refusal);
  void stop_before(const Batch& batch, std::uint32_t index);
  void reset_writer(Milliseconds graceful);
  void rewind(Shard& shard);
  void park(Shard& shard, Offset offset, const std::string& reason, const std::string& text);
  void drop_everything(Shard& shard);
  void finish(BatchPtr batch);
  void give_back(Shard& shard, BatchPtr batch);
  void observe_delay(const Batch& batch);
  void count_send_error(const std::string& reason);
  void target_ready(Shard& shard);

  const Options options_;
  Reader& reader_;
  std::unique_ptr<Writer> writer_;
  ByteBudget& budget_;
  const Clock& clock_;
  const EventSink events_;
  Counters counters_;

  ring::WakeList<Shard> source_wakes_;
  ring::WakeList<Shard> target_wakes_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> budget_waits_{false};

  std::vector<Shard*> waiting_for_budget_;  // source thread
  std::vector<Shard*> retrying_;            // source thread
  std::vector<Shard*> shards_;              // target thread: every shard that was opened
  std::vector<Shard*> blocked_;             // target thread: met a full producer
  std::vector<Shard*> touched_;             // target thread: got acknowledgements
  std::vector<Refusal> refusals_;           // target thread
  std::uint64_t in_flight_ = 0;             // target thread: records without an answer
  Shard* careful_ = nullptr;                // target thread: the shard that sends alone
  int resets_in_a_row_ = 0;                 // target thread: without a delivery in between
  SteadyTime mend_at_{};                    // target thread

  mutable std::mutex send_errors_mutex_;
  std::map<std::string, std::uint64_t> send_errors_;

  std::vector<std::thread> threads_;
};

}  // namespace kferry::pipeline
