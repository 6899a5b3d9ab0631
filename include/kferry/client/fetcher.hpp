#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kferry/base/strong_id.hpp"
#include "kferry/client/cluster.hpp"
#include "kferry/protocol/fetch.hpp"

namespace kferry::client {

struct FetchSettings {
  bool read_committed = true;
  Milliseconds wait_max{500};
  std::int32_t bytes_min = 1;
  /// Of one response, at the most: how much is asked for follows from the way to the broker.
  std::int32_t bytes_max = 8 << 20;
  std::int32_t partition_bytes_max = 1 << 20;  ///< of one partition in it
  /// For each request a broker looks at all partitions of its session: 100 to 150 ms for 10,000.
  std::size_t session_partitions_max = 1'000;
  /// A topic that is not known may just be new, and an unheard-of error may pass: that long.
  Milliseconds unknown_timeout{60'000};
};

/// What came for one partition. Everything points into the slab.
struct Fetched {
  SlabRef slab;
  std::span<std::byte> records;  ///< batches one behind the other, the last one perhaps cut
  std::span<const protocol::AbortedTransaction> aborted;
  std::int64_t high_watermark = -1;
  std::int64_t last_stable_offset = -1;
  std::int64_t log_start_offset = -1;
  std::size_t bytes_max = 0;  ///< what was asked for of this partition
};

enum class FetchTrouble {
  out_of_range,  ///< the offset is outside of the log
  corrupt,       ///< the broker can not read its own log there (CORRUPT_MESSAGE)
  truncated,     ///< the log was cut below the offset (OffsetForLeaderEpoch)
  refused,       ///< not allowed, or no such topic, or an error that stays
};

/// The receiving end of one partition. Calls come on the loop's thread.
class FetchFeed {
 public:
  virtual ~FetchFeed() = default;
  struct Wish {
    std::int64_t next_offset = 0;
    std::int32_t leader_epoch = -1;  ///< of the batch before next_offset, for the truncation check
    bool paused = false;             ///< nothing more until Fetcher::resume
  };
  /// What is to be fetched next. Also called without records, when only the watermarks moved.
  virtual Wish on_fetched(const Fetched& fetched) = 0;
  /// For a while nothing is heard of the partition, whatever its log does: its leader moves or can
  /// not be reached. Over with the next on_fetched, which comes even when nothing has changed.
  virtual void on_silence() = 0;
  /// The partition is fetched no more until Fetcher::start. What may heal by itself is not told
  /// here.
  virtual void on_trouble(FetchTrouble trouble, std::int16_t error, const std::string& text) = 0;
};

/// Fetches many partitions from their leaders, with one connection and one incremental session
/// (KIP-227) for each broker, or for each session_partitions_max of its partitions, and one request
/// under way on each. Partitions take turns at the front of requests. An idle partition costs us
/// nothing per request.
///
/// When the leader changes, OffsetForLeaderEpoch tells whether the log was truncated below the
/// position (KIP-320) before fetching goes on. Records always come from the leader. Every code that
/// brokers may answer has one kind of reaction (src/client/fetch_errors.cpp). Whoever starts feeds
/// lets the cluster watch their topics. Thread: the cluster's loop.
class Fetcher {
 public:
  static std::unique_ptr<Fetcher> create(Cluster& cluster, FetchSettings settings);
  /// Ends all requests; no feed is called any more. Not from inside a feed.
  virtual ~Fetcher() = default;

  /// Begins, or begins anew elsewhere; the feed is called later, never from in here. It outlives
  /// the fetcher or is stopped before.
  virtual void start(FetchFeed& feed, const TopicPartition& tp, Offset from) = 0;
  /// The feed is not called any more once this returns.
  virtual void stop(FetchFeed& feed) = 0;
  /// A paused feed takes more, from where it said.
  virtual void resume(FetchFeed& feed) = 0;

  struct Counters {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
    std::uint64_t full_requests = 0;  ///< sessions that had to be opened
    std::uint64_t throttled_ms = 0;
  };
  virtual Counters counters() const = 0;
};

}  // namespace kferry::client
