#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "client/backoff.hpp"
#include "client/produce_lane.hpp"
#include "kferry/base/fifo.hpp"
#include "kferry/client/connection.hpp"
#include "kferry/protocol/produce.hpp"

namespace kferry::client {

class ProducePipe;

/// One produce request, reused for the next.
class ProduceExchange final : public Exchange {
 public:
  explicit ProduceExchange(ProducePipe& pipe) : pipe_(pipe) {}

  void clear() {
    entries_.clear();
    batch_bytes_ = 0;
  }
  bool empty() const noexcept { return entries_.empty(); }
  std::size_t batch_bytes() const noexcept { return batch_bytes_; }
  std::size_t batches() const noexcept { return entries_.size(); }
  void add(Lane::Inside& lane, Shipment& shipment) {
    entries_.push_back({&lane, &shipment});
    batch_bytes_ += shipment.batch.size();
  }
  /// Writes the message.
  void encode(std::int16_t version_to_use, std::int32_t timeout_ms, std::string_view client_id);

  void on_response(protocol::WireReader body, const SlabRef& slab) override;
  void on_failure(const Error& error) override;

 private:
  struct Entry {
    Lane::Inside* lane;
    Shipment* shipment;
  };
  Entry* find(const protocol::ProducedPartition& answer, std::size_t hint);
  void answer_missing();

  ProducePipe& pipe_;
  std::vector<Entry> entries_;
  std::size_t batch_bytes_ = 0;
  std::vector<protocol::ProducePartition> partitions_;
  std::vector<std::size_t> cuts_;
  protocol::ProduceResponse response_;
};

/// What a pipe needs of the producer that it belongs to.
class PipeOwner {
 public:
  virtual ~PipeOwner() = default;
  virtual Cluster& cluster() noexcept = 0;
  virtual const ProduceSettings& settings() const noexcept = 0;
  /// Whether lanes may go to other brokers: no reset is on.
  virtual bool may_move() const noexcept = 0;
  /// Whether batches may go out: there is an identity too, or none is wanted.
  virtual bool may_send() const noexcept = 0;
  virtual bool idempotent() const noexcept = 0;
  /// Puts sequence numbers and identity into a batch that goes out for the first time.
  virtual void stamp(Lane::Inside& lane, Shipment& shipment) = 0;
  /// code: Kafka's error code.
  virtual void answered(Lane::Inside& lane, Shipment& shipment, std::int16_t code,
                        const protocol::ProducedPartition* answer) = 0;
  /// Finds out where the lane belongs, when that may have changed.
  virtual void place(Lane::Inside& lane) = 0;
  virtual void connected(ProducePipe& pipe) = 0;
  virtual void exchange_ended() = 0;
  virtual Producer::Counters& counters_of_pipes() noexcept = 0;
};

/// One connection to one target broker and the lanes that it serves. Thread: the loop's.
class ProducePipe : public std::enable_shared_from_this<ProducePipe> {
 public:
  ProducePipe(PipeOwner& owner, std::int32_t node);
  /// REQUIRES: closed.
  ~ProducePipe() = default;
  ProducePipe(const ProducePipe&) = delete;
  ProducePipe& operator=(const ProducePipe&) = delete;

  std::int32_t node() const noexcept { return node_; }
  Connection* connection() const noexcept {
    return connection_ && connection_->usable() ? connection_.get() : nullptr;
  }
  /// Connects when there is no connection; again after failures, ever more slowly.
  void ensure_connected();
  /// The lane has something to send, now or when its back-off is over.
  void enlist(Lane::Inside& lane);
  void delist(const Lane::Inside& lane);
  /// Sends as many requests as may be under way.
  void flush();
  void flush_soon();
  void close();
  int requests_in_flight() const noexcept { return in_flight_; }

  // From exchanges.
  PipeOwner& owner() noexcept { return owner_; }
  void ended(ProduceExchange& exchange, std::int32_t throttle_ms);
  void misbehaved(const std::string& how);

 private:
  ProduceExchange& idle_exchange();
  bool fill(ProduceExchange& exchange);
  bool still_ours(Lane::Inside& lane);
  void send_elsewhere();
  void wake_at(SteadyTime time);
  void opened(const Result<void>& result);

  PipeOwner& owner_;
  const std::int32_t node_;
  std::shared_ptr<Connection> connection_;
  bool connecting_ = false;
  Backoff backoff_;  ///< of connections
  SteadyTime connect_at_{};
  SteadyTime throttled_until_{};
  Fifo<Lane::Inside*> ready_;
  int in_flight_ = 0;
  std::vector<std::unique_ptr<ProduceExchange>> exchanges_;
  std::vector<ProduceExchange*> idle_;
  boost::asio::steady_timer timer_;
  SteadyTime timer_due_ = SteadyTime::max();
};

}  // namespace kferry::client
