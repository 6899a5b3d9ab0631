#pragma once

#include "support/fake_engine.hpp"

namespace kferry::test {

/// The target and the producer before it. A request holds records of one target log in the order
/// they were written; once one is refused, nothing behind it in that log is accepted before the
/// producer is made anew, as with an idempotent producer. Thread: any; answers are given on the
/// stream's target thread.
class FakeTarget {
 public:
  FakeTarget(News& news, std::uint64_t seed) : news_(news), random_(seed) {}

  /// How it behaves by itself: one in so many times, 0 for never.
  struct Temper {
    bool answers = true;               ///< false: only as told by tell()
    std::size_t request_records = 64;  ///< that one request holds at most
    std::uint32_t dawdles = 0;         ///< answers a request later
    std::uint32_t breaks = 0;          ///< ends the producer
    std::uint32_t refuses = 0;         ///< refuses a request that is without fault
    bool by_key = false;               ///< all shards share one target log, so also its requests
    bool mixes = true;                 ///< what the producer says of its batches
    bool falls_silent = false;         ///< a log that refused once answers nothing any more
  };
  void set_temper(Temper temper) {
    const std::lock_guard lock(mutex_);
    temper_ = temper;
    wake();
  }
  /// How many records the producer takes.
  void set_room(std::size_t records) {
    const std::lock_guard lock(mutex_);
    room_ = records;
    wake();
  }
  /// The record is never accepted by the broker; before: already the producer refuses it.
  void refuse(const TopicPartition& tp, std::int64_t offset, ErrorKind kind = ErrorKind::record,
              bool before = false) {
    const std::lock_guard lock(mutex_);
    refused_[{tp, offset}] = {kind, before};
  }
  void accept_again(const TopicPartition& tp, std::int64_t offset) {
    const std::lock_guard lock(mutex_);
    refused_.erase({tp, offset});
  }
  void filter_out(const TopicPartition& tp, std::int64_t offset) {
    const std::lock_guard lock(mutex_);
    filtered_.insert({tp, offset});
  }
  /// Records that are refused may be passed by the position.
  void set_skips_refused() {
    const std::lock_guard lock(mutex_);
    skips_refused_ = true;
  }
  void break_producer() {
    const std::lock_guard lock(mutex_);
    if (!broken_) broken_ = "broken on order";  // its reader holds it until the next producer
    wake();
  }
  /// The next so many attempts to make a producer fail.
  void fail_resets(int count) {
    const std::lock_guard lock(mutex_);
    failing_resets_ = count;
  }
  /// Records [from, to) of the shard, which are in flight, arrive.
  void acknowledge(const TopicPartition& tp, std::int64_t from, std::int64_t to) {
    const std::lock_guard lock(mutex_);
    for (; from < to; ++from) told_.emplace_back(tp, from);
    wake();
  }

  /// From here on the shard's position is compared with what was acknowledged, each time the
  /// stream's target thread comes by.
  void watch(const pipeline::Shard& shard, const FakeLog& source) {
    const std::lock_guard lock(mutex_);
    watched_[&shard] = &source;
    excused_[shard.source] = std::max(excused_[shard.source], shard.position.load());
  }
  /// Records below the offset are not expected any more.
  void excuse(const TopicPartition& tp, std::int64_t below) {
    const std::lock_guard lock(mutex_);
    excused_[tp] = below;
  }
  void forget(const pipeline::Shard& shard) {
    const std::lock_guard lock(mutex_);
    watched_.erase(&shard);
  }
  /// Says what went wrong first; empty: nothing.
  std::string violation() const {
    const std::lock_guard lock(mutex_);
    return violation_;
  }
  /// Everything that was written for the shard, in order.
  std::vector<std::int64_t> log(const TopicPartition& tp) const {
    const std::lock_guard lock(mutex_);
    const auto found = logs_.find(tp);
    return found == logs_.end() ? std::vector<std::int64_t>() : found->second;
  }
  std::size_t in_flight() const {
    const std::lock_guard lock(mutex_);
    return flights_.size();
  }
  std::size_t resets() const {
    const std::lock_guard lock(mutex_);
    return resets_;
  }

  std::unique_ptr<pipeline::Writer> make_writer(std::function<void()> on_acknowledgements) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(on_acknowledgements);
    return std::make_unique<FakeWriter>(*this, temper_.mixes);
  }

 private:
  using Key = std::pair<TopicPartition, std::int64_t>;
  struct Flight {
    FakeBatch* batch;
    std::uint32_t index;
    Key key;
    bool accepted;
  };
  struct Refused {
    ErrorKind kind;
    bool before;
  };

  class FakeWriter final : public pipeline::Writer {
   public:
    FakeWriter(FakeTarget& target, bool mixes) : target_(target), mixes_(mixes) {}
    pipeline::WriteOutcome write(pipeline::Batch& batch, std::uint32_t from,
                                 std::uint32_t count_max) override {
      return target_.write(static_cast<FakeBatch&>(batch), from, count_max);
    }
    // Asked for inside of answers, with the lock held.
    bool mixes_shards() const override { return mixes_; }
    void collect(pipeline::AckListener& listener) override { target_.collect(listener); }
    const std::string* broken() const override { return target_.broken(); }
    Result<void> reset(pipeline::AckListener& listener, Milliseconds graceful) override {
      return target_.reset(listener, graceful);
    }
    void recycle(pipeline::BatchPtr batch) override {
      batch.reset();
      target_.news_.tell();
    }

   private:
    FakeTarget& target_;
    const bool mixes_;
  };

  bool one_in(std::uint32_t n) { return n > 0 && random_() % n == 0; }
  void wake() {
    if (wake_) wake_();
  }

  pipeline::WriteOutcome write(FakeBatch& batch, std::uint32_t from, std::uint32_t count_max) {
    const std::lock_guard lock(mutex_);
    check_positions();
    pipeline::WriteOutcome outcome;
    using Status = pipeline::WriteOutcome::Status;
    outcome.next = from;
    if (broken_) {
      outcome.status = Status::broken;
      return outcome;
    }
    for (; outcome.next < batch.contents.size() && outcome.sent < count_max; ++outcome.next) {
      FakeBatch::Record& record = batch.contents[outcome.next];
      if (record.state != FakeBatch::State::unsent) continue;
      const Key key{batch.shard->source, record.offset};
      if (filtered_.contains(key)) {
        record.state = FakeBatch::State::done;
        ++outcome.filtered;
        continue;
      }
      if (flights_.size() >= room_) {
        outcome.status = Status::full;
        break;
      }
      if (const auto found = refused_.find(key); found != refused_.end() && found->second.before) {
        outcome.status = Status::rejected;
        outcome.kind = found->second.kind;
        outcome.reason = "REFUSED";
        outcome.text = "refused before it was sent";
        if (found->second.kind == ErrorKind::record) dropped_.insert(key);
        break;
      }
      record.state = FakeBatch::State::in_flight;
      flights_.push_back({&batch, outcome.next, key, false});
      ++outcome.sent;
    }
    if (outcome.sent > 0) wake();
    news_.tell();
    return outcome;
  }

  void collect(pipeline::AckListener& listener) {
    const std::lock_guard lock(mutex_);
    check_positions();
    for (const Key& key : std::exchange(told_, {})) {
      const auto found = std::find_if(flights_.begin(), flights_.end(),
                                      [&](const Flight& flight) { return flight.key == key; });
      if (found == flights_.end()) {
        complain("told to acknowledge " + name(key) + ", which is not in flight");
        continue;
      }
      // The target writes in order; only the answers come in any.
      for (auto before = flights_.begin(); before <= found; ++before) {
        if (before->key.first == key.first) accept(*before);
      }
      acknowledge(*found, listener);
      flights_.erase(found);
    }
    if (temper_.answers) answer(listener);
    news_.tell();
  }

  void answer(pipeline::AckListener& listener) {
    std::set<TopicPartition> later;
    for (std::size_t i = 0; i < flights_.size();) {
      const TopicPartition log = target_log(flights_[i].key);
      const bool waits = flights_[i].accepted || stuck_.contains(log) || later.contains(log) ||
                         silent_.contains(log);
      if (!waits && one_in(temper_.dawdles)) later.insert(log);
      // A refused request leaves the queue, with the next flight in its place.
      if (waits || later.contains(log) || serve_request(log, i, listener)) ++i;
    }
    for (std::size_t i = 0; i < flights_.size();) {
      if (!flights_[i].accepted || one_in(temper_.dawdles)) {
        ++i;
        continue;
      }
      acknowledge(flights_[i], listener);
      flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (!flights_.empty() && one_in(temper_.breaks) && !broken_) broken_ = "broken by chance";
    if (!flights_.empty()) wake();
  }

  /// Accepts or refuses, as a whole, the request that begins at the flight. False: refused.
  bool serve_request(const TopicPartition& log, std::size_t begin,
                     pipeline::AckListener& listener) {
    std::vector<std::size_t> request;
    bool fault = false;
    ErrorKind kind = ErrorKind::record;
    for (std::size_t i = begin; i < flights_.size() && request.size() < temper_.request_records;
         ++i) {
      if (flights_[i].accepted || !(target_log(flights_[i].key) == log)) continue;
      request.push_back(i);
      if (const auto found = refused_.find(flights_[i].key); found != refused_.end()) {
        fault = true;
        kind = found->second.kind;
        if (kind == ErrorKind::record) dropped_.insert(flights_[i].key);
      }
    }
    // By chance only what may pass when it comes in smaller pieces.
    fault = fault || (request.size() > 1 && one_in(temper_.refuses));
    if (!fault) {
      for (const std::size_t i : request) accept(flights_[i]);
      return true;
    }
    stuck_.insert(log);
    if (temper_.falls_silent) silent_.insert(log);
    for (const std::size_t i : request) {
      const Flight& flight = flights_[i];
      flight.batch->contents[flight.index].state = FakeBatch::State::unsent;
      listener.on_failed(*flight.batch, flight.index, kind, "REFUSED", "refused on order");
    }
    for (auto i = request.rbegin(); i != request.rend(); ++i) {
      flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(*i));
    }
    return false;
  }

  const std::string* broken() const {
    const std::lock_guard lock(mutex_);
    return broken_ ? &*broken_ : nullptr;
  }

  /// What was under way may have arrived all the same, up to some point, and be told or not.
  Result<void> reset(pipeline::AckListener& listener, Milliseconds graceful) {
    const std::lock_guard lock(mutex_);
    for (Flight& flight : flights_) {
      const TopicPartition log = target_log(flight.key);
      const bool refused = refused_.contains(flight.key);
      if (!flight.accepted && !stuck_.contains(log) && !refused && random_() % 2 == 0) {
        accept(flight);
      } else if (!flight.accepted) {
        stuck_.insert(log);
      }
      if (flight.accepted && graceful.count() > 0) {
        acknowledge(flight, listener);
      } else {
        flight.batch->contents[flight.index].state = FakeBatch::State::unsent;
        listener.on_returned(*flight.batch);
      }
    }
    flights_.clear();
    stuck_.clear();
    told_.clear();
    broken_.reset();
    news_.tell();
    if (failing_resets_ > 0) {
      --failing_resets_;
      return Error{ErrorKind::unreachable, "no producer on order"};
    }
    ++resets_;
    return {};
  }

  TopicPartition target_log(const Key& key) const {
    return temper_.by_key ? TopicPartition{"all", Partition(0)} : key.first;
  }
  void accept(Flight& flight) {
    if (flight.accepted) return;
    flight.accepted = true;
    logs_[flight.key.first].push_back(flight.key.second);
  }
  void acknowledge(Flight& flight, pipeline::AckListener& listener) {
    flight.batch->contents[flight.index].state = FakeBatch::State::acknowledged;
    acknowledged_.insert(flight.key);
    listener.on_acknowledged(*flight.batch, 1);
  }

  void check_positions() {
    for (const auto& [shard, source] : watched_) {
      const std::int64_t position = shard->position;
      std::size_t& index = done_[shard->source];
      for (auto record = source->record(index); record && *record < position;
           record = source->record(++index)) {
        const Key key{shard->source, *record};
        const bool skipped = skips_refused_ && dropped_.contains(key);
        if (*record < excused_[shard->source]) continue;
        if (!acknowledged_.contains(key) && !filtered_.contains(key) && !skipped) {
          complain("position " + std::to_string(position) + " passed " + name(key) +
                   ", which is not acknowledged");
        }
      }
    }
  }
  void complain(std::string text) {
    if (violation_.empty()) violation_ = std::move(text);
  }
  static std::string name(const Key& key) {
    return to_string(key.first) + "@" + std::to_string(key.second);
  }

  News& news_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  std::function<void()> wake_;
  Temper temper_;
  std::size_t room_ = std::numeric_limits<std::size_t>::max();
  std::map<Key, Refused> refused_;
  std::set<Key> filtered_;
  std::set<Key> dropped_;
  bool skips_refused_ = false;
  std::optional<std::string> broken_;
  int failing_resets_ = 0;
  std::size_t resets_ = 0;
  std::vector<Key> told_;
  std::deque<Flight> flights_;
  std::set<TopicPartition> stuck_;  // refused something
  std::set<TopicPartition> silent_;
  std::map<TopicPartition, std::vector<std::int64_t>> logs_;
  std::set<Key> acknowledged_;
  std::map<const pipeline::Shard*, const FakeLog*> watched_;
  std::map<TopicPartition, std::size_t> done_;
  std::map<TopicPartition, std::int64_t> excused_;
  std::string violation_;
};

/// Whether the sequence is what a mirror may write of these records: in their order, with repeats
/// only as steps back from which it goes on without a hole. Empty: yes; else the first fault.
inline std::string order_fault(const std::vector<std::int64_t>& written,
                               const std::vector<std::int64_t>& records, bool complete = true) {
  std::map<std::int64_t, std::size_t> rank;
  for (std::size_t i = 0; i < records.size(); ++i) rank[records[i]] = i;
  std::size_t reached = 0;  // records that were written once, all before it as well
  std::size_t expected = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const auto found = rank.find(written[i]);
    if (found == rank.end()) return "wrote " + std::to_string(written[i]) + ", which it must not";
    const bool goes_on = found->second == expected;
    const bool steps_back = found->second < reached;
    if (!goes_on && !steps_back) {
      std::string text = "a hole before the last of";
      for (std::size_t j = i < 20 ? 0 : i - 20; j <= i; ++j)
        text += " " + std::to_string(written[j]);
      return text;
    }
    expected = found->second + 1;
    reached = std::max(reached, expected);
  }
  if (complete && reached != records.size()) {
    return "only " + std::to_string(reached) + " of " + std::to_string(records.size()) +
           " records were written";
  }
  return "";
}

}  // namespace kferry::test
