#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/pipeline/batch.hpp"
#include "kferry/ring/waiter.hpp"

/// What an engine has to offer so that the pipeline can move a shard's records with it. One virtual
/// call per batch, never per record.
namespace kferry::pipeline {

/// Why a source partition can not be read on.
struct ReadFailure {
  enum class Kind {
    out_of_range,  ///< the offset is outside of the log: expired, truncated, recreated
    truncated,     ///< the log was cut below the offset and may have grown anew since
    corrupt,       ///< data that fails its checksum or can not be decoded
    refused,       ///< not allowed, or the topic is gone
  };
  Kind kind = Kind::refused;
  std::string reason;  ///< stable name for metrics
  std::string text;
};

struct ReadOutcome {
  BatchPtr batch;  ///< null: nothing there now
  std::optional<ReadFailure> failure;
};

/// Where the source partition's log ends, as a reader that fetches itself hears of it.
struct LogEnd {
  std::int64_t offset = -1;  ///< -1: not known yet
  bool live = false;         ///< a change would be heard of; not so while fetching pauses
};

/// Reads one source partition. Thread: the stream's source thread, after open().
class ShardReader {
 public:
  virtual ~ShardReader() = default;
  /// Changes of it are reported by on_ready as well.
  virtual LogEnd log_end() const { return {}; }
  /// What has arrived, without waiting. Records below expected are dropped: they were read before.
  virtual ReadOutcome read(Offset expected) = 0;
  /// Goes on at the offset; what was fetched is dropped. For engines that fetch themselves: where a
  /// group member fetches it is told by whoever owns it.
  virtual void seek(Offset) {}
};

class Reader {
 public:
  virtual ~Reader() = default;
  /// Where the stream's thread sleeps, for an engine that has work of its own for it. Such a reader
  /// serves one stream, which then has one thread for both sides. Null: the stream has two.
  virtual ring::Waiter* waiter() { return nullptr; }
  /// Makes the partition readable; on_ready is called, from any thread, when records arrive where
  /// there were none. An engine that fetches itself begins at start.
  /// Thread: the control thread, before the partition is assigned.
  virtual Result<std::unique_ptr<ShardReader>> open(const TopicPartition& source, Offset start,
                                                    std::function<void()> on_ready) = 0;
};

/// What the target said about records that were sent. Called from Writer::collect.
class AckListener {
 public:
  virtual ~AckListener() = default;
  virtual void on_acknowledged(Batch& batch, std::uint32_t count) = 0;
  /// kind: record or shard; anything that kills the producer comes back as Writer::broken().
  virtual void on_failed(Batch& batch, std::uint32_t index, ErrorKind kind,
                         const std::string& reason, const std::string& text) = 0;
  /// The record was in flight when the producer was reset: nobody knows whether it arrived.
  virtual void on_returned(Batch& batch) = 0;
};

/// How far a write came.
struct WriteOutcome {
  enum class Status {
    done,      ///< all that was asked for is on its way
    full,      ///< the producer takes no more now
    rejected,  ///< the record at `next` was refused before it was sent
    broken,    ///< the producer has to be reset
  };
  Status status = Status::done;
  std::uint32_t next = 0;      ///< index behind the last record that was taken
  std::uint32_t sent = 0;      ///< records that will be acknowledged or fail
  std::uint32_t filtered = 0;  ///< records that the flow's rules left out
  ErrorKind kind = ErrorKind::record;
  std::string reason;
  std::string text;
};

/// Writes to the target for all shards of one stream. Thread: the stream's target thread.
class Writer {
 public:
  virtual ~Writer() = default;
  /// The shard may send from now on: what has to be learned about its target can be learned.
  virtual void expect(Shard&) {}
  /// Sends records [from, from + count_max) of the batch in order.
  virtual WriteOutcome write(Batch& batch, std::uint32_t from, std::uint32_t count_max) = 0;
  /// How many batches of a shard it is worth to give it before some are acknowledged.
  virtual std::size_t batches_ahead_max() const { return k_ledger_slots; }
  /// Whether records of several shards can end in one batch of the producer, and be refused with
  /// it.
  virtual bool mixes_shards() const { return true; }
  /// Passes acknowledgements on; never waits.
  virtual void collect(AckListener& listener) = 0;
  /// Why the producer is dead, or null while it works.
  virtual const std::string* broken() const = 0;
  /// Ends the producer, returns every record in flight to the listener and starts a new one.
  /// graceful: first lets the requests under way come back, up to the timeout.
  virtual Result<void> reset(AckListener& listener, Milliseconds graceful) = 0;
  /// Takes a batch that is done back for reuse.
  virtual void recycle(BatchPtr batch) = 0;
  /// The shard goes; nothing of it is in flight.
  virtual void forget(Shard&) {}
};

}  // namespace kferry::pipeline
