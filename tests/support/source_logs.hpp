#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kferry/base/strong_id.hpp"
#include "kferry/protocol/record_batch.hpp"
#include "kferry/protocol/wire.hpp"
#include "support/log_batches.hpp"
#include "support/scripted_broker.hpp"

namespace kferry::testing {

/// The logs of a scripted cluster, and brokers that serve Fetch and OffsetForLeaderEpoch from them
/// as Kafka does: sessions, fencing, and a long poll that ends when there is something to tell or
/// when the test says so, never by time. Thread: any.
class SourceLogs {
 public:
  /// A request as text: "17/1 orders[0e2@5 1e0@7] forgotten pay[3]" is session 17, epoch 1, and
  /// partitions with leader epoch and offset.
  struct Seen {
    std::int32_t node = 0;
    int connection = 0;
    std::string text;
    std::int32_t wait_ms = 0;
    std::int32_t bytes_min = 0;
    std::int32_t partition_bytes_max = 0;  ///< of the first partition, if any
    std::chrono::steady_clock::time_point at;
  };

  explicit SourceLogs(ScriptedCluster& cluster) : cluster_(cluster) {
    serve();
    cluster_.on(protocol::ApiKey::offset_for_leader_epoch,
                [this](const ScriptedRequest& request) { return epoch_ends(request); });
  }
  ~SourceLogs() {
    cluster_.on(protocol::ApiKey::fetch, nullptr);
    cluster_.on(protocol::ApiKey::offset_for_leader_epoch, nullptr);
  }
  SourceLogs(const SourceLogs&) = delete;
  SourceLogs& operator=(const SourceLogs&) = delete;

  /// Serves Fetch, again when a test had put another script in its place.
  void serve() {
    cluster_.on(protocol::ApiKey::fetch,
                [this](const ScriptedRequest& request) { return fetch(request); });
  }
  /// The node answers no Fetch any more.
  void silence(std::int32_t node) {
    change([&] { silent_.insert(node); });
  }

  /// A partition at its leader, for Metadata too.
  void lead(const TopicPartition& tp, std::int32_t node, std::int32_t epoch) {
    lead_quietly(tp, node, epoch);
    cluster_.set_leader(tp, node, epoch);
  }
  /// Metadata still tells of the old one.
  void lead_quietly(const TopicPartition& tp, std::int32_t node, std::int32_t epoch) {
    change([&] {
      logs_[tp].leader = node;
      logs_[tp].epoch = epoch;
    });
  }
  /// One batch of so many records behind the last one.
  void append(const TopicPartition& tp, std::int32_t records) {
    change([&] {
      Log& log = logs_[tp];
      LogBatch batch = plain_batch(log.end, records);
      batch.leader_epoch = log.epoch;
      log.batches.push_back({log.end, log.end + records, encode(batch)});
      log.end += records;
    });
  }
  void truncate(const TopicPartition& tp, std::int64_t end) {
    change([&] {
      Log& log = logs_[tp];
      std::erase_if(log.batches, [end](const Batch& batch) { return batch.next_offset > end; });
      log.end = end;
    });
  }
  /// What OffsetForLeaderEpoch says instead of the end of the log.
  void set_epoch_end(const TopicPartition& tp, std::int32_t epoch, std::int64_t end) {
    change([&] { logs_[tp].epoch_end = {epoch, end}; });
  }
  /// Answers for the partition are this error; 0: no more.
  void fail(const TopicPartition& tp, std::int16_t error) {
    change([&] { logs_[tp].error = error; });
  }
  /// The next request is refused as a whole.
  void refuse_next(std::int16_t error) {
    change([&] { refuse_next_ = error; });
  }
  void throttle_next(std::int32_t throttle_ms) {
    change([&] { throttle_next_ms_ = throttle_ms; });
  }
  void lose_sessions() {
    change([&] { sessions_.clear(); });
  }
  void keep_no_sessions() {
    change([&] { keep_sessions_ = false; });
  }
  /// The next answer with something to tell is one for a partition that nobody asked for.
  void add_stranger_once() {
    change([&] { stranger_ = true; });
  }
  /// The long polls end, as if their time was over.
  void end_polls() {
    const std::lock_guard lock(mutex_);
    answer_polls(true);
  }

  /// Fetch requests so far.
  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::vector<std::string> texts(std::int32_t node) const {
    std::vector<std::string> texts;
    for (const Seen& each : seen()) {
      if (each.node == node) texts.push_back(each.text);
    }
    return texts;
  }
  /// OffsetForLeaderEpoch: "2: orders-0 epoch 1 of 3" is node 2 asked for epoch 1 under 3.
  std::vector<std::string> checks() const {
    const std::lock_guard lock(mutex_);
    return checks_;
  }
  /// Requests that wait for something to tell.
  bool await_polls(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, k_patience, [&] { return polls_.size() >= count; });
  }

 private:
  static constexpr std::chrono::seconds k_patience{60};

  struct Batch {
    std::int64_t base_offset;
    std::int64_t next_offset;
    std::vector<std::byte> bytes;
  };
  struct Log {
    std::int32_t leader = 1;
    std::int32_t epoch = 0;
    std::int16_t error = 0;
    std::int64_t end = 0;
    std::vector<Batch> batches;
    std::optional<std::pair<std::int32_t, std::int64_t>> epoch_end;
  };
  struct Wanted {
    std::int32_t epoch = -1;
    std::int64_t offset = 0;
    std::int32_t bytes_max = 0;
    std::int64_t told_end = -1;
  };
  struct Session {
    std::int32_t node = 0;
    std::int32_t next_epoch = 1;
    std::map<TopicPartition, Wanted> wanted;
  };
  struct Poll {
    std::int32_t node;
    std::int32_t session;
    std::shared_ptr<LaterReply> reply;
  };

  template <class Change>
  void change(Change&& change) {
    const std::lock_guard lock(mutex_);
    change();
    answer_polls(false);
  }

  ScriptedReply fetch(const ScriptedRequest& request) {
    const std::lock_guard lock(mutex_);
    auto in = request.reader();
    Seen seen{.node = request.node,
              .connection = request.connection,
              .text = "",
              .at = std::chrono::steady_clock::now()};
    in.i32();  // replica
    seen.wait_ms = in.i32();
    seen.bytes_min = in.i32();
    in.i32();
    in.i8();
    const std::int32_t id = in.i32();
    const std::int32_t epoch = in.i32();
    seen.text = std::to_string(id) + "/" + std::to_string(epoch);
    Session asked;
    std::vector<TopicPartition> forgotten;
    read_asked(in, seen.text, asked, forgotten);
    if (!asked.wanted.empty()) seen.partition_bytes_max = asked.wanted.begin()->second.bytes_max;
    seen_.push_back(seen);
    if (silent_.contains(request.node)) return ScriptedReply::silence();
    if (refuse_next_ != 0) return whole_error(std::exchange(refuse_next_, std::int16_t{0}));
    if (epoch == 0) return open_session(request.node, id, std::move(asked));
    const auto session = sessions_.find(id);
    if (session == sessions_.end() || session->second.node != request.node) return whole_error(70);
    if (session->second.next_epoch != epoch) return whole_error(71);
    ++session->second.next_epoch;
    for (auto& [tp, wanted] : asked.wanted) {
      Wanted& known = session->second.wanted[tp];
      wanted.told_end = known.told_end;
      known = wanted;
    }
    for (const auto& tp : forgotten) session->second.wanted.erase(tp);
    if (auto body = answer(session->second, id, false)) return ScriptedReply::answer(*body);
    return poll(request.node, id);
  }

  static void read_asked(protocol::WireReader& in, std::string& text, Session& asked,
                         std::vector<TopicPartition>& forgotten) {
    for (auto topics = in.array(1); topics > 0; --topics) {
      const std::string topic(in.string());
      text += " " + topic + "[";
      for (auto count = in.array(1); count > 0; --count) {
        const std::int32_t partition = in.i32();
        Wanted wanted;
        wanted.epoch = in.i32();
        wanted.offset = in.i64();
        in.i64();
        wanted.bytes_max = in.i32();
        text += std::to_string(partition) + "e" + std::to_string(wanted.epoch) + "@" +
                std::to_string(wanted.offset) + (count > 1 ? " " : "]");
        asked.wanted[{topic, Partition(partition)}] = wanted;
      }
    }
    for (auto topics = in.array(1); topics > 0; --topics) {
      const std::string topic(in.string());
      text += " forgotten " + topic + "[";
      for (auto count = in.array(1); count > 0; --count) {
        const std::int32_t partition = in.i32();
        text += std::to_string(partition) + (count > 1 ? " " : "]");
        forgotten.push_back({topic, Partition(partition)});
      }
    }
  }

  ScriptedReply open_session(std::int32_t node, std::int32_t closes, Session asked) {
    sessions_.erase(closes);
    std::erase_if(polls_, [&](const Poll& poll) {
      if (poll.session != closes) return false;
      poll.reply->resolve(ScriptedReply::close());
      return true;
    });
    asked.node = node;
    if (!keep_sessions_) return ScriptedReply::answer(*answer(asked, 0, true));
    const std::int32_t id = ++last_session_;
    Session& session = sessions_[id] = std::move(asked);
    return ScriptedReply::answer(*answer(session, id, true));
  }

  ScriptedReply poll(std::int32_t node, std::int32_t session) {
    polls_.push_back({node, session, std::make_shared<LaterReply>()});
    changed_.notify_all();
    return ScriptedReply::later(polls_.back().reply);
  }

  void answer_polls(bool all) {
    std::erase_if(polls_, [&](const Poll& poll) {
      const auto session = sessions_.find(poll.session);
      if (session == sessions_.end()) {
        if (all) poll.reply->resolve(whole_error(70));
        return all;
      }
      auto body = answer(session->second, poll.session, false);
      if (!body && all) body = whole(0, poll.session);
      if (body) poll.reply->resolve(ScriptedReply::answer(*body));
      return body.has_value();
    });
  }

  static std::vector<std::byte> whole(std::int16_t error, std::int32_t session) {
    return body_of([&](protocol::WireWriter& out) {
      out.i32(0);
      out.i16(error);
      out.i32(session);
      out.array(0);
    });
  }
  static ScriptedReply whole_error(std::int16_t error) {
    return ScriptedReply::answer(whole(error, 0));
  }

  std::int16_t error_of(const Session& session, const Log& log, const Wanted& wanted) const {
    if (log.error != 0) return log.error;
    if (log.leader != session.node) return 6;
    if (wanted.epoch >= 0 && wanted.epoch < log.epoch) return 74;
    if (wanted.epoch > log.epoch) return 75;
    if (wanted.offset > log.end || wanted.offset < 0) return 1;
    return 0;
  }

  /// Nothing when there is nothing to tell, unless everything is wanted.
  std::optional<std::vector<std::byte>> answer(Session& session, std::int32_t id, bool full) {
    std::size_t told = 0;
    std::vector<std::byte> partitions;
    protocol::WireWriter out(partitions);
    for (auto& [tp, wanted] : session.wanted) {
      const Log& log = logs_[tp];
      const std::int16_t error = error_of(session, log, wanted);
      std::vector<std::byte> records;
      if (error == 0) records = read(log, wanted);
      if (!full && error == 0 && records.empty() && wanted.told_end == log.end) continue;
      wanted.told_end = log.end;
      ++told;
      write_partition(out, tp, error, log.end, records);
    }
    if (told > 0 && std::exchange(stranger_, false)) {
      ++told;
      write_partition(out, {"stranger", Partition(0)}, 0, 0, {});
    }
    if (!full && told == 0 && throttle_next_ms_ == 0) return std::nullopt;
    return body_of([&](protocol::WireWriter& body) {
      body.i32(std::exchange(throttle_next_ms_, 0));
      body.i16(0);
      body.i32(id);
      body.array(told);
      body.raw(partitions);
    });
  }

  static void write_partition(protocol::WireWriter& out, const TopicPartition& tp,
                              std::int16_t error, std::int64_t end, ByteView records) {
    out.string(tp.topic);
    out.array(1);
    out.i32(tp.partition.value());
    out.i16(error);
    out.i64(end);
    out.i64(end);
    out.i64(0);
    out.null_array();
    out.i32(-1);  // preferred replica
    out.bytes(records);
  }

  static std::vector<std::byte> read(const Log& log, const Wanted& wanted) {
    std::vector<std::byte> records;
    for (const Batch& batch : log.batches) {
      if (batch.next_offset <= wanted.offset) continue;
      records.insert(records.end(), batch.bytes.begin(), batch.bytes.end());
      if (records.size() >= static_cast<std::size_t>(wanted.bytes_max)) break;
    }
    return records;
  }

  ScriptedReply epoch_ends(const ScriptedRequest& request) {
    const std::lock_guard lock(mutex_);
    auto in = request.reader();
    std::vector<std::byte> topics_written;
    protocol::WireWriter out(topics_written);
    const auto topics = in.array(1);
    for (std::size_t i = 0; i < topics; ++i) {
      const std::string topic(in.string());
      const auto count = in.array(1);
      out.string(topic);
      out.array(count);
      for (std::size_t j = 0; j < count; ++j) {
        const std::int32_t partition = in.i32();
        const std::int32_t current = in.i32();
        const std::int32_t epoch = in.i32();
        checks_.push_back(std::to_string(request.node) + ": " + topic + "-" +
                          std::to_string(partition) + " epoch " + std::to_string(epoch) + " of " +
                          std::to_string(current));
        const Log& log = logs_[{topic, Partition(partition)}];
        std::int16_t error = log.error;
        if (error == 0 && log.leader != request.node) error = 6;
        if (error == 0 && current != log.epoch) error = current < log.epoch ? 74 : 75;
        const auto end = log.epoch_end.value_or(std::pair(epoch, log.end));
        out.i16(error);
        out.i32(partition);
        out.i32(error == 0 ? end.first : -1);
        out.i64(error == 0 ? end.second : -1);
      }
    }
    changed_.notify_all();
    return ScriptedReply::answer(body_of([&](protocol::WireWriter& body) {
      body.i32(0);
      body.array(topics);
      body.raw(topics_written);
    }));
  }

  ScriptedCluster& cluster_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<TopicPartition, Log> logs_;
  std::map<std::int32_t, Session> sessions_;
  std::int32_t last_session_ = 16;
  bool keep_sessions_ = true;
  std::set<std::int32_t> silent_;
  std::int16_t refuse_next_ = 0;
  std::int32_t throttle_next_ms_ = 0;
  bool stranger_ = false;
  std::vector<Poll> polls_;
  std::vector<Seen> seen_;
  std::vector<std::string> checks_;
};

}  // namespace kferry::testing
