#pragma once

#include <cstdint>

#include "client/produce_errors.hpp"
#include "kferry/base/clock.hpp"
#include "kferry/base/fifo.hpp"
#include "kferry/client/producer.hpp"

namespace kferry::client {

class ProducePipe;

/// What the producer knows of one target partition. Shipments stay in the queue until they are
/// acknowledged, so their order is never in question.
///
/// Invariants: 1. shipments before `cursor` are sent or acknowledged, those from it on are queued.
///             2. once something has to be sent again nothing new goes out before all that was ever
///                sent is acknowledged, one batch at a time: a later batch must not overtake.
struct Lane::Inside {
  explicit Inside(Lane& its_lane) : lane(its_lane) {}

  Lane& lane;
  Fifo<Shipment*> queue;
  std::size_t cursor = 0;
  int in_flight = 0;       ///< sent and unanswered
  int attempted_open = 0;  ///< sent at least once and not acknowledged
  bool recovering = false;
  bool stopped = false;          ///< refused something; only a reset helps
  bool known_to_target = false;  ///< the current identity has an acknowledged batch here
  std::int32_t next_sequence = 0;
  int tries = 0;                   ///< in a row that ended in a retry
  SteadyTime not_before{};         ///< back-off
  ProducePipe* pipe = nullptr;     ///< where it is sent; null: the leader is not known
  std::uint64_t leader_check = 0;  ///< the metadata generation that pipe comes from
  bool listed = false;             ///< stands in the pipe's list of ready lanes, or waits

  bool wants_to_send(const ProduceSettings& settings, bool idempotent) const noexcept {
    if (stopped || cursor >= queue.size()) return false;
    if (recovering || !known_to_target || !idempotent) return in_flight == 0;
    return in_flight < settings.batches_in_flight_max;
  }

  Shipment& take_next() {
    Shipment& shipment = *queue[cursor++];
    while (cursor < queue.size() && queue[cursor]->state != Shipment::State::queued) ++cursor;
    shipment.state = Shipment::State::sent;
    ++in_flight;
    if (!shipment.attempted) {
      shipment.attempted = true;
      ++attempted_open;
    }
    return shipment;
  }

  void send_again(Shipment& shipment) {
    shipment.state = Shipment::State::queued;
    recovering = true;
    for (std::size_t i = 0; i < cursor; ++i) {
      if (queue[i] == &shipment) cursor = i;
    }
  }

  void acknowledge(Shipment& shipment, ProduceListener& listener) {
    shipment.state = Shipment::State::acknowledged;
    --attempted_open;
    if (attempted_open == 0) recovering = false;
    known_to_target = true;
    tries = 0;
    while (!queue.empty() && queue.front()->state == Shipment::State::acknowledged) {
      Shipment& done = *queue.pop();
      if (cursor > 0) --cursor;
      listener.on_acknowledged(lane, done);
    }
  }

  void start_anew() {
    queue.clear();
    cursor = 0;
    in_flight = 0;
    attempted_open = 0;
    recovering = false;
    stopped = false;
    known_to_target = false;
    next_sequence = 0;
    tries = 0;
    not_before = {};
  }
};

}  // namespace kferry::client
