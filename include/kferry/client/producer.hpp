#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "kferry/base/strong_id.hpp"
#include "kferry/client/cluster.hpp"
#include "kferry/protocol/record_batch.hpp"

namespace kferry::client {

/// Whether the broker guards order and repeats.
enum class Idempotence {
  required,   ///< produce so or not at all
  preferred,  ///< without it where the target or its permissions do not have it
  off,
};

struct ProduceSettings {
  Idempotence idempotence = Idempotence::preferred;
  /// Unacknowledged batches per partition: brokers remember five of an idempotent producer
  /// (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). Without idempotence more than one risks order.
  int batches_in_flight_max = 5;
  /// Each owns the partitions of its leader that hash to it; a broker serves one request of a
  /// connection at a time.
  int connections_per_broker = 2;
  /// Per connection. What the broker has in advance it can go on with while we sleep, and hides the
  /// way to it and back.
  int requests_in_flight_max = 5;
  std::size_t request_bytes_max = 8U << 20;
  Milliseconds request_timeout{30'000};
  Milliseconds retry_backoff_min{50};
  Milliseconds retry_backoff_max{1'000};
};

/// Kafka's name of an error code that a broker answered to Produce, for messages and metrics.
std::string produce_error_name(std::int16_t code);

/// A batch on its way. Its owner keeps it and its bytes until the listener had it.
struct Shipment {
  std::span<std::byte> batch;  ///< whole v2 batch; the producer rewrites its header
  std::int32_t records = 0;
  // Filled in by the producer.
  enum class State { queued, sent, acknowledged };
  State state = State::queued;
  bool attempted = false;  ///< it was sent before and has its sequence numbers
  bool doubted = false;    ///< the target took it for damaged once
  std::int32_t base_sequence = -1;
  std::int16_t error = 0;           ///< Kafka's code; 0: acknowledged
  std::int64_t target_offset = -1;  ///< of its first record; -1: not known (a repeat)
  std::int32_t blamed_record = -1;  ///< index of the record that the target refuses, if it says
  std::string text;                 ///< why, for people
};

/// One target partition that is produced to, in order. Made by the engine, one for each shard.
struct Lane {
  TopicPartition target;
  struct Inside;
  std::shared_ptr<Inside> inside;  ///< the producer's
};

/// What becomes of shipments. Calls come on the loop's thread, in the order of sending per lane.
class ProduceListener {
 public:
  virtual ~ProduceListener() = default;
  virtual void on_acknowledged(Lane& lane, Shipment& shipment) = 0;
  /// Refused for good (record), or the partition can not be written to (shard). The lane sends
  /// nothing more until Producer::reset; what is behind it stays queued or under way.
  virtual void on_refused(Lane& lane, Shipment& shipment, ErrorKind kind) = 0;
  /// The identity is of no use any more (fenced, out of order, unknown), or none can be had: only
  /// reset() helps.
  virtual void on_broken(ErrorKind kind, const std::string& why) = 0;
  /// From here on batches go out with an identity of ours, or (why says the reason) without one.
  virtual void on_identity(bool idempotent, const std::string& why) = 0;
};

/// Produces batches as they are, one of every ready lane in each request, to the lanes' leaders.
/// Retries in order what may heal, for as long as it takes; every code that brokers may answer has
/// one kind of reaction (src/client/produce_errors.cpp). Thread: the cluster's loop.
class Producer {
 public:
  static std::unique_ptr<Producer> create(Cluster& cluster, ProduceSettings settings,
                                          ProduceListener& listener);
  virtual ~Producer() = default;

  /// A lane that will send: its leader is found out. REQUIRES: it is new.
  virtual void add(Lane& lane) = 0;
  /// Takes the shipment into the lane's queue. Nothing is sent before flush(). REQUIRES: add.
  virtual void send(Lane& lane, Shipment& shipment) = 0;
  virtual void flush() = 0;
  /// Requests under way, of all connections and of the one that has the fewest of those with any.
  struct InFlight {
    int all = 0;
    int least = 0;
  };
  virtual InFlight in_flight() const = 0;
  /// Lets go of every shipment (the listener does not hear of them any more), waiting up to
  /// `graceful` for the requests under way to be answered first. done is called once; after it all
  /// begins anew, under the identity's next epoch, or a new one if the target took it no more.
  virtual void reset(Milliseconds graceful, std::function<void()> done) = 0;
  /// Forgets a lane without shipments.
  virtual void remove(Lane& lane) = 0;

  struct Counters {
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;
    std::uint64_t bytes = 0;
    std::uint64_t batches = 0;
    std::uint64_t retried_batches = 0;
    std::uint64_t throttled_ms = 0;
  };
  virtual Counters counters() const = 0;
};

}  // namespace kferry::client
