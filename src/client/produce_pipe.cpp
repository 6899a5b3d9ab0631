#include "client/produce_pipe.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "client/too_old.hpp"
#include "kferry/base/log.hpp"

namespace kferry::client {
namespace {

constexpr std::int16_t k_network_exception = 13;

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

void ProduceExchange::encode(std::int16_t version_to_use, std::int32_t timeout_ms,
                             std::string_view client_id) {
  // The wire groups partitions by topic.
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.lane->lane.target.topic < b.lane->lane.target.topic;
  });
  partitions_.clear();
  for (const Entry& entry : entries_) {
    partitions_.push_back({entry.lane->lane.target.topic, entry.lane->lane.target.partition.value(),
                           entry.shipment->batch.size()});
  }
  key = protocol::ApiKey::produce;
  version = version_to_use;
  protocol::RequestFrame message(frame, key, version, 0, client_id);
  protocol::write_produce(message.body(), timeout_ms, partitions_, cuts_);
  message.finish(batch_bytes_);
  inserts.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    inserts.push_back({cuts_[i], ByteView(entries_[i].shipment->batch)});
  }
}

void ProduceExchange::on_response(protocol::WireReader body, const SlabRef&) {
  if (!protocol::read_produce(body, version, response_)) {
    pipe_.misbehaved("its answer to Produce can not be read");
    response_ = {};
  }
  for (std::size_t i = 0; i < response_.partitions.size(); ++i) {
    const protocol::ProducedPartition& answer = response_.partitions[i];
    Entry* const entry = find(answer, i);
    if (entry == nullptr) continue;
    Shipment& shipment = *std::exchange(entry->shipment, nullptr);
    pipe_.owner().answered(*entry->lane, shipment, answer.error, &answer);
  }
  answer_missing();
  pipe_.ended(*this, response_.throttle_ms);
}

void ProduceExchange::on_failure(const Error&) {
  answer_missing();
  pipe_.ended(*this, 0);
}

/// Brokers answer in another order than they were asked in when topics are many.
ProduceExchange::Entry* ProduceExchange::find(const protocol::ProducedPartition& answer,
                                              std::size_t hint) {
  const auto fits = [&](const Entry& entry) {
    return entry.shipment != nullptr &&
           entry.lane->lane.target.partition.value() == answer.partition &&
           entry.lane->lane.target.topic == answer.topic;
  };
  if (hint < entries_.size() && fits(entries_[hint])) return &entries_[hint];
  const auto found = std::find_if(entries_.begin(), entries_.end(), fits);
  return found == entries_.end() ? nullptr : &*found;
}

void ProduceExchange::answer_missing() {
  for (Entry& entry : entries_) {
    if (entry.shipment == nullptr) continue;
    Shipment& shipment = *std::exchange(entry.shipment, nullptr);
    pipe_.owner().answered(*entry.lane, shipment, k_network_exception, nullptr);
  }
}

ProducePipe::ProducePipe(PipeOwner& owner, std::int32_t node)
    : owner_(owner),
      node_(node),
      backoff_(owner.cluster().settings().backoff_min, owner.cluster().settings().backoff_max),
      timer_(owner.cluster().loop().io()) {}

void ProducePipe::ensure_connected() {
  // A connection that ends tells its exchanges one by one: it stays until all of them know.
  if (connecting_ || connection() != nullptr || in_flight_ > 0) return;
  if (now() < connect_at_) return wake_at(connect_at_);
  const auto endpoint = owner_.cluster().endpoint(node_);
  if (!endpoint) return owner_.cluster().refresh_soon();
  connecting_ = true;
  Cluster& cluster = owner_.cluster();
  connection_ =
      Connection::open(cluster.loop(), cluster.slabs(), *endpoint, cluster.settings().connection,
                       [weak = weak_from_this()](const Result<void>& result) {
                         if (const auto self = weak.lock()) self->opened(result);
                       });
}

void ProducePipe::opened(const Result<void>& result) {
  connecting_ = false;
  if (!result) {
    connect_at_ = now() + backoff_.next();
    log::debug("client", "target: {}", result.error().text);
    owner_.cluster().refresh_soon();
    return wake_at(connect_at_);
  }
  backoff_.reset();
  owner_.connected(*this);
  flush();
}

void ProducePipe::enlist(Lane::Inside& lane) {
  if (!std::exchange(lane.listed, true)) ready_.push(&lane);
}

void ProducePipe::delist(const Lane::Inside& lane) {
  for (std::size_t left = ready_.size(); left > 0; --left) {
    Lane::Inside* const other = ready_.pop();
    if (other != &lane) ready_.push(other);
  }
}

/// Whether the lane's leader is still behind this pipe; if not the lane moves to where it is.
bool ProducePipe::still_ours(Lane::Inside& lane) {
  owner_.place(lane);
  if (lane.pipe == this) return true;
  if (lane.pipe != nullptr) {
    lane.pipe->enlist(lane);
    // Not at once: that one may have lanes for this one, and both are counting theirs.
    lane.pipe->flush_soon();
  }
  return false;
}

/// The broker can not be reached; what has another leader by now need not wait for it.
void ProducePipe::send_elsewhere() {
  for (std::size_t left = ready_.size(); left > 0; --left) {
    Lane::Inside& lane = *ready_.pop();
    lane.listed = false;
    if (still_ours(lane)) enlist(lane);
  }
}

void ProducePipe::flush() {
  if (ready_.empty() || !owner_.may_move()) return;
  if (connection() == nullptr) {
    // Also without an identity, which has to come from a broker that can be reached.
    send_elsewhere();
    if (!ready_.empty()) ensure_connected();
    return;
  }
  if (!owner_.may_send()) return;
  if (now() < throttled_until_) return wake_at(throttled_until_);
  const auto version = connection_->version(protocol::ApiKey::produce);
  if (!version) return misbehaved(too_old("Produce").text);
  while (in_flight_ < owner_.settings().requests_in_flight_max) {
    ProduceExchange& exchange = idle_exchange();
    if (!fill(exchange)) {
      idle_.push_back(&exchange);
      return;
    }
    const auto timeout_ms = static_cast<std::int32_t>(owner_.settings().request_timeout.count());
    exchange.encode(*version, timeout_ms, owner_.cluster().settings().connection.client_id);
    Producer::Counters& counters = owner_.counters_of_pipes();
    ++counters.requests;
    counters.batches += exchange.batches();
    counters.bytes += exchange.batch_bytes();
    ++in_flight_;
    connection_->send(exchange);
    if (connection() == nullptr) return;
  }
}

ProduceExchange& ProducePipe::idle_exchange() {
  if (idle_.empty()) {
    exchanges_.push_back(std::make_unique<ProduceExchange>(*this));
    idle_.push_back(exchanges_.back().get());
  }
  ProduceExchange& exchange = *idle_.back();
  idle_.pop_back();
  exchange.clear();
  return exchange;
}

/// One batch of every lane that is ready, as many as fit. False when there is none.
bool ProducePipe::fill(ProduceExchange& exchange) {
  const ProduceSettings& settings = owner_.settings();
  const SteadyTime time = now();
  for (std::size_t left = ready_.size(); left > 0; --left) {
    Lane::Inside& lane = *ready_.pop();
    lane.listed = false;
    if (!still_ours(lane)) continue;
    if (!lane.wants_to_send(settings, owner_.idempotent())) continue;
    if (time < lane.not_before) {
      enlist(lane);
      wake_at(lane.not_before);
      continue;
    }
    const std::size_t size = lane.queue[lane.cursor]->batch.size();
    if (!exchange.empty() && exchange.batch_bytes() + size > settings.request_bytes_max) {
      enlist(lane);
      continue;
    }
    Shipment& shipment = *lane.queue[lane.cursor];
    if (!shipment.attempted) owner_.stamp(lane, shipment);
    exchange.add(lane, lane.take_next());
    if (lane.wants_to_send(settings, owner_.idempotent())) enlist(lane);
  }
  return !exchange.empty();
}

void ProducePipe::ended(ProduceExchange& exchange, std::int32_t throttle_ms) {
  --in_flight_;
  ++owner_.counters_of_pipes().answers;
  idle_.push_back(&exchange);
  if (throttle_ms > 0) {
    owner_.counters_of_pipes().throttled_ms += static_cast<std::uint64_t>(throttle_ms);
    throttled_until_ = now() + Milliseconds(throttle_ms);
  }
  owner_.exchange_ended();
  if (connection() == nullptr) {
    wake_at(now());
  } else {
    flush();
  }
}

void ProducePipe::misbehaved(const std::string& how) {
  const auto connection = std::exchange(connection_, nullptr);
  connect_at_ = now() + owner_.cluster().settings().backoff_max;
  if (!connection) return;
  log::warning("client", "target: broker {}: {}", to_string(connection->endpoint()), how);
  connection->close({ErrorKind::unreachable, how});
}

void ProducePipe::flush_soon() { wake_at(now()); }

void ProducePipe::close() {
  timer_.cancel();
  timer_due_ = SteadyTime::max();
  if (const auto connection = std::exchange(connection_, nullptr)) {
    connecting_ = false;
    connection->close({ErrorKind::unreachable, "the producer ends"});
  }
}

void ProducePipe::wake_at(SteadyTime time) {
  if (time >= timer_due_) return;
  timer_due_ = time;
  timer_.expires_at(time);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    self->timer_due_ = SteadyTime::max();
    self->flush();
  });
}

}  // namespace kferry::client
