#include "kferry/client/producer.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "client/pauses.hpp"
#include "client/produce_identity.hpp"
#include "client/produce_pipe.hpp"
#include "kferry/base/log.hpp"

namespace kferry::client {
namespace {

constexpr std::int16_t k_out_of_order_sequence_number = 45;

SteadyTime now() { return std::chrono::steady_clock::now(); }

class BatchProducer final : public Producer, PipeOwner, IdentityOwner {
 public:
  BatchProducer(Cluster& cluster, ProduceSettings settings, ProduceListener& listener)
      : cluster_(cluster),
        settings_(settings),
        listener_(listener),
        idempotent_(settings.idempotence != Idempotence::off),
        pauses_(settings.retry_backoff_min, settings.retry_backoff_max),
        identity_(*this),
        drain_timer_(cluster.loop().io()),
        alive_(std::make_shared<bool>(true)) {
    cluster_.add_listener([this, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) on_metadata();
    });
  }
  ~BatchProducer() override {
    resetting_ = true;
    for (const auto& [key, pipe] : pipes_) pipe->close();
  }
  BatchProducer(const BatchProducer&) = delete;
  BatchProducer& operator=(const BatchProducer&) = delete;

  void add(Lane& lane) override;
  void send(Lane& lane, Shipment& shipment) override;
  void flush() override;
  void reset(Milliseconds graceful, std::function<void()> done) override;
  void remove(Lane& lane) override;
  InFlight in_flight() const override;
  Counters counters() const override { return counters_; }

  // PipeOwner
  Cluster& cluster() noexcept override { return cluster_; }
  const ProduceSettings& settings() const noexcept override { return settings_; }
  bool may_move() const noexcept override { return !resetting_ && !broken_; }
  bool may_send() const noexcept override {
    return may_move() && (!idempotent_ || identity_.known());
  }
  bool idempotent() const noexcept override { return idempotent_; }
  void stamp(Lane::Inside& lane, Shipment& shipment) override;
  void answered(Lane::Inside& lane, Shipment& shipment, std::int16_t code,
                const protocol::ProducedPartition* answer) override;
  void place(Lane::Inside& lane) override;
  void connected(ProducePipe& pipe) override;
  void exchange_ended() override;
  Counters& counters_of_pipes() noexcept override { return counters_; }

  // IdentityOwner
  void on_identity_known() override;
  void on_identity_refused(ErrorKind kind, const std::string& why) override;
  void on_identity_failed() override;

 private:
  void on_metadata();
  void enlist(Lane::Inside& lane);
  void try_again(Lane::Inside& lane, Shipment& shipment, bool elsewhere);
  void refuse(Lane::Inside& lane, Shipment& shipment, ErrorKind kind, const ProduceError& error);
  void fail(ErrorKind kind, const std::string& why);
  std::shared_ptr<ProducePipe>& pipe(std::int32_t node, const TopicPartition& target);
  void finish_reset();

  Cluster& cluster_;
  const ProduceSettings settings_;
  ProduceListener& listener_;
  Counters counters_;
  bool idempotent_;
  Pauses pauses_;  ///< of lanes
  Identity identity_;
  bool identity_spoiled_ = false;  ///< the target does not take it any more
  bool broken_ = false;
  bool resetting_ = false;
  std::function<void()> reset_done_;
  boost::asio::steady_timer drain_timer_;
  std::map<std::pair<std::int32_t, std::size_t>, std::shared_ptr<ProducePipe>> pipes_;
  std::unordered_set<Lane::Inside*> lanes_;
  std::unordered_map<std::string, int> topics_;  ///< with how many lanes each
  std::vector<Lane::Inside*> homeless_;          ///< their leader is not known
  std::uint64_t generation_ = 1;                 ///< of the metadata
  std::shared_ptr<bool> alive_;
};

void BatchProducer::add(Lane& lane) {
  lane.inside = std::make_shared<Lane::Inside>(lane);
  lanes_.insert(lane.inside.get());
  if (topics_[lane.target.topic]++ == 0) cluster_.watch(lane.target.topic);
}

void BatchProducer::send(Lane& lane, Shipment& shipment) {
  shipment.state = Shipment::State::queued;
  shipment.attempted = false;
  shipment.doubted = false;
  shipment.base_sequence = -1;
  shipment.error = 0;
  shipment.target_offset = -1;
  shipment.blamed_record = -1;
  lane.inside->queue.push(&shipment);
  enlist(*lane.inside);
}

void BatchProducer::enlist(Lane::Inside& lane) {
  if (!lane.wants_to_send(settings_, idempotent_) || lane.listed) return;
  place(lane);
  if (lane.pipe != nullptr) lane.pipe->enlist(lane);
}

void BatchProducer::place(Lane::Inside& lane) {
  if (lane.leader_check == generation_) return;
  // What is under way must be answered where it was sent before more goes elsewhere.
  if (lane.in_flight > 0) return;
  const auto leader = cluster_.leader(lane.lane.target);
  if (!leader || leader->node < 0) {
    lane.pipe = nullptr;
    if (!std::exchange(lane.listed, true)) homeless_.push_back(&lane);
    cluster_.refresh_soon();
    return;
  }
  lane.leader_check = generation_;
  lane.pipe = pipe(leader->node, lane.lane.target).get();
}

std::shared_ptr<ProducePipe>& BatchProducer::pipe(std::int32_t node, const TopicPartition& target) {
  const auto count = static_cast<std::size_t>(std::max(1, settings_.connections_per_broker));
  const std::size_t which = std::hash<TopicPartition>{}(target) % count;
  auto& found = pipes_[{node, which}];
  if (!found) found = std::make_shared<ProducePipe>(static_cast<PipeOwner&>(*this), node);
  return found;
}

void BatchProducer::on_metadata() {
  ++generation_;
  for (Lane::Inside* lane : std::exchange(homeless_, {})) {
    lane->listed = false;
    enlist(*lane);
  }
  flush();
}

void BatchProducer::flush() {
  if (resetting_ || broken_) return;
  const bool needs_identity = idempotent_ && !identity_.known();
  for (const auto& [key, pipe] : pipes_) {
    if (!needs_identity) {
      pipe->flush();
    } else if (pipe->connection() != nullptr) {
      return identity_.ask(*pipe);
    } else {
      pipe->flush();
      pipe->ensure_connected();
    }
  }
}

void BatchProducer::connected(ProducePipe& pipe) {
  if (idempotent_ && !identity_.known() && !resetting_ && !broken_) identity_.ask(pipe);
}

void BatchProducer::on_identity_known() {
  listener_.on_identity(true, "");
  flush();
}

void BatchProducer::on_identity_refused(ErrorKind kind, const std::string& why) {
  if (settings_.idempotence == Idempotence::required) return fail(kind, why);
  idempotent_ = false;
  listener_.on_identity(false, why);
  flush();
}

void BatchProducer::on_identity_failed() { flush(); }

void BatchProducer::stamp(Lane::Inside& lane, Shipment& shipment) {
  if (idempotent_) {
    shipment.base_sequence = lane.next_sequence;
    lane.next_sequence = protocol::next_sequence(lane.next_sequence, shipment.records);
  }
  protocol::rewrite_header(shipment.batch,
                           idempotent_ ? identity_.value() : protocol::ProducerIdentity{},
                           shipment.base_sequence);
}

void BatchProducer::answered(Lane::Inside& lane, Shipment& shipment, std::int16_t code,
                             const protocol::ProducedPartition* answer) {
  --lane.in_flight;
  const ProduceError error = produce_error(code);
  const bool first = lane.queue.front() == &shipment;
  switch (error.reaction) {
    case ProduceReaction::acknowledge:
      if (code == 0 && answer != nullptr) shipment.target_offset = answer->base_offset;
      lane.acknowledge(shipment, listener_);
      break;
    case ProduceReaction::retry:
      try_again(lane, shipment, false);
      break;
    case ProduceReaction::retry_elsewhere:
      try_again(lane, shipment, true);
      break;
    case ProduceReaction::retry_some:
      if (lane.tries >= k_retries_of_some) {
        refuse(lane, shipment, ErrorKind::shard, error);
      } else {
        try_again(lane, shipment, true);
      }
      break;
    case ProduceReaction::retry_once:
      if (!std::exchange(shipment.doubted, true)) {
        log::warning("client", "{}: the target answers {}: the batch is sent again",
                     to_string(lane.lane.target), error.name);
        try_again(lane, shipment, false);
        break;
      }
      [[fallthrough]];
    case ProduceReaction::refuse_record:
      if (answer != nullptr) {
        shipment.blamed_record = answer->blamed_record;
        shipment.text = answer->text;
      }
      refuse(lane, shipment, ErrorKind::record, error);
      break;
    case ProduceReaction::refuse_lane:
      refuse(lane, shipment, ErrorKind::shard, error);
      break;
    case ProduceReaction::broken:
      // Behind one that has to be sent again the broker misses sequence numbers, and says so.
      if (!first) {
        try_again(lane, shipment, false);
      } else {
        if (code != k_out_of_order_sequence_number) identity_spoiled_ = true;
        fail(ErrorKind::fatal,
             to_string(lane.lane.target) + ": the target answers " + std::string(error.name));
      }
      break;
  }
  const ProducePipe* const before = lane.pipe;
  enlist(lane);
  // The caller goes on with its own pipe only.
  if (lane.pipe != nullptr && lane.pipe != before) lane.pipe->flush_soon();
}

void BatchProducer::try_again(Lane::Inside& lane, Shipment& shipment, bool elsewhere) {
  ++counters_.retried_batches;
  if (lane.stopped) return;
  lane.send_again(shipment);
  lane.not_before = now() + pauses_.after(lane.tries);
  ++lane.tries;
  if (!elsewhere) return;
  lane.leader_check = 0;
  cluster_.refresh_soon();
}

void BatchProducer::refuse(Lane::Inside& lane, Shipment& shipment, ErrorKind kind,
                           const ProduceError& error) {
  if (lane.stopped) return;
  lane.stopped = true;
  shipment.error = error.code;
  if (shipment.text.empty()) shipment.text = error.name;
  listener_.on_refused(lane.lane, shipment, kind);
}

void BatchProducer::fail(ErrorKind kind, const std::string& why) {
  if (std::exchange(broken_, true)) return;
  listener_.on_broken(kind, why);
}

Producer::InFlight BatchProducer::in_flight() const {
  InFlight sum;
  for (const auto& [key, pipe] : pipes_) {
    const int own = pipe->requests_in_flight();
    if (own == 0) continue;
    sum.least = sum.all == 0 ? own : std::min(sum.least, own);
    sum.all += own;
  }
  return sum;
}

void BatchProducer::reset(Milliseconds graceful, std::function<void()> done) {
  resetting_ = true;
  reset_done_ = std::move(done);
  if (in_flight().all == 0 || graceful.count() == 0) return finish_reset();
  drain_timer_.expires_after(graceful);
  drain_timer_.async_wait(
      [this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& cancelled) {
        if (!cancelled && !alive.expired() && resetting_) finish_reset();
      });
}

void BatchProducer::exchange_ended() {
  if (resetting_ && reset_done_ && in_flight().all == 0) finish_reset();
}

void BatchProducer::finish_reset() {
  drain_timer_.cancel();
  const auto done = std::exchange(reset_done_, nullptr);
  // A late answer must not be taken for one to what is sent from now on.
  for (const auto& [key, pipe] : pipes_) {
    if (pipe->requests_in_flight() > 0) pipe->close();
  }
  for (Lane::Inside* lane : lanes_) lane->start_anew();
  if (std::exchange(identity_spoiled_, false)) {
    identity_.forget();
  } else {
    identity_.renew();
  }
  idempotent_ = settings_.idempotence == Idempotence::required ||
                (settings_.idempotence == Idempotence::preferred && !identity_.refused());
  broken_ = false;
  resetting_ = false;
  if (done) done();
}

void BatchProducer::remove(Lane& lane) {
  Lane::Inside& inside = *lane.inside;
  KF_CHECK(inside.in_flight == 0);
  for (const auto& [key, pipe] : pipes_) pipe->delist(inside);
  std::erase(homeless_, &inside);
  lanes_.erase(&inside);
  lane.inside.reset();
  if (--topics_[lane.target.topic] > 0) return;
  topics_.erase(lane.target.topic);
  cluster_.unwatch(lane.target.topic);
}

}  // namespace

std::unique_ptr<Producer> Producer::create(Cluster& cluster, ProduceSettings settings,
                                           ProduceListener& listener) {
  return std::make_unique<BatchProducer>(cluster, settings, listener);
}

}  // namespace kferry::client
