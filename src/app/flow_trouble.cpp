// What a flow does about shards that can not go on, and about what the group's client reports.

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "app/flow.hpp"
#include "kferry/base/log.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_request_timeout{10'000};
/// A parked shard is tried again after a second, then ever more rarely.
constexpr Milliseconds k_park_backoff_min{1'000};
constexpr Milliseconds k_park_backoff_max{60'000};
constexpr Milliseconds k_progress_pause{5'000};
/// Longer than leaders take to move and brokers to restart.
constexpr Milliseconds k_stalled_after{30'000};
constexpr std::string_view k_cut_means =
    ": the topic was truncated or created anew, and what it holds now below the position may never "
    "have been mirrored";
constexpr std::string_view k_cut_remedy =
    "; stop kferry, set the group's position with kafka-consumer-groups --reset-offsets, and start "
    "it again";
/// What the target says of a damaged batch, and both engines' readers of what they fetched.
constexpr std::array<std::string_view, 2> k_damage_reasons{"CORRUPT_MESSAGE", "_BAD_MSG"};

}  // namespace

void Flow::serve_events() {
  std::deque<pipeline::StreamEvent> events;
  {
    const std::lock_guard lock(events_mutex_);
    events.swap(events_);
  }
  for (const auto& event : events) serve_event(event);
}

Flow::Entry* Flow::entry_of(const pipeline::Shard* shard) {
  const auto found = std::find_if(shards_.begin(), shards_.end(), [&](const auto& pair) {
    return pair.second.shard.get() == shard;
  });
  return found == shards_.end() ? nullptr : &found->second;
}

void Flow::serve_event(const pipeline::StreamEvent& event) {
  if (event.kind == pipeline::StreamEvent::Kind::writer_failed) {
    log::error("app", "{}: no producer for the target: {}", settings_.name, event.text);
    return;
  }
  Entry* entry = entry_of(event.shard);
  if (entry == nullptr) return;
  // The operator's: what came late does not bring it back.
  if (entry->retry_at == SteadyTime::max()) return;
  const std::string where = to_string(entry->shard->source);
  switch (event.kind) {
    case pipeline::StreamEvent::Kind::send_failed:
      fail(ExitCode::send_failed,
           "the target refuses the record at offset " + std::to_string(event.offset.value()) +
               " of " + where + " for good: " + event.text + " (" + event.reason +
               "); stopping, as abort.on.send.failure=true asks. Raise the target topic's limit, "
               "or choose --on.send.failure skip or park");
      park(*entry, event.reason, event.text);
      break;
    case pipeline::StreamEvent::Kind::parked:
      if (fetch_again(*entry, event)) break;
      park(*entry, event.reason,
           "target topic " + entry->shard->target_topic + ", source offset " +
               std::to_string(event.offset.value()) + ": " + event.text +
               kafka::authorization_remedy(event.reason, kafka::Side::target));
      break;
    case pipeline::StreamEvent::Kind::read_failed:
      if (event.read_kind == pipeline::ReadFailure::Kind::truncated) {
        entry->cut = event.text + std::string(k_cut_means);
        entry->out_of_range = true;
        troubled_.insert(entry->shard->source);
      } else if (event.read_kind == pipeline::ReadFailure::Kind::out_of_range && !draining_) {
        entry->out_of_range = true;
        troubled_.insert(entry->shard->source);
      } else if (event.reason == engines::passthrough::k_old_message_format && !draining_ &&
                 settings_.engine == config::EngineChoice::automatic) {
        entry->moving = true;
        troubled_.insert(entry->shard->source);
      } else if (!fetch_again(*entry, event)) {
        park(*entry, event.reason,
             "source: reading at offset " + std::to_string(event.offset.value()) + ": " +
                 event.text + kafka::authorization_remedy(event.reason, kafka::Side::source));
      }
      break;
    case pipeline::StreamEvent::Kind::writer_failed:
      break;
  }
}

void Flow::park(Entry& entry, const std::string& reason, const std::string& text) {
  const std::int64_t position = entry.shard->position;
  // Back-off starts over when the shard got somewhere since it was parked last.
  entry.backoff = position > entry.parked_position
                      ? k_park_backoff_min
                      : std::min(entry.backoff * 2, k_park_backoff_max);
  entry.parked_position = position;
  entry.retry_at = clock_.steady() + entry.backoff;
  log::warning("app", "{}: {} is parked ({}): {}; the others go on, next try in {} ms",
               settings_.name, to_string(entry.shard->source), reason, text, entry.backoff.count());
  stand_still(entry, reason, text);
}

void Flow::stand_still(Entry& entry, const std::string& reason, const std::string& text) {
  streams_[entry.stream]->stop_reading(*entry.shard);
  troubled_.insert(entry.shard->source);
  const std::lock_guard lock(state_mutex_);
  entry.state = observe::ShardState::parked;
  entry.reason = reason + ": " + text;
}

/// Nothing is read until the group has another position: from the old one records would be left
/// out without a word, as soon as the new log has grown beyond it.
void Flow::leave_to_operator(Entry& entry, const std::string& reason, const std::string& text) {
  const std::string what = text + std::string(k_cut_remedy);
  log::error("app", "{}: {} is parked ({}): {}; the others go on", settings_.name,
             to_string(entry.shard->source), reason, what);
  stand_still(entry, reason, what);
  streams_[entry.stream]->abandon({entry.shard.get()});
  entry.retry_at = SteadyTime::max();
  note_foreign_log(entry, reason, text);
}

void Flow::note_foreign_log(const Entry& entry, const std::string& reason,
                            const std::string& text) {
  const TopicPartition& tp = entry.shard->source;
  foreign_logs_.try_emplace(tp, ForeignLog{Offset(entry.shard->position),
                                           commits_.committed(tp),
                                           {reason, text + std::string(k_cut_remedy)}});
}

/// Damage on the way from the source is gone when the same is read again, at once; damage that is
/// there again is for the operator.
bool Flow::fetch_again(Entry& entry, const pipeline::StreamEvent& event) {
  const auto* const damage =
      std::find(k_damage_reasons.begin(), k_damage_reasons.end(), event.reason);
  if (damage == k_damage_reasons.end() || entry.fetched_again == event.offset.value()) return false;
  entry.fetched_again = event.offset.value();
  streams_[entry.stream]->stop_reading(*entry.shard);
  log::warning("app", "{}: {} is damaged at offset {} ({}): {}; reading it again", settings_.name,
               to_string(entry.shard->source), event.offset.value(), event.reason, event.text);
  entry.retry_at = clock_.steady();
  troubled_.insert(entry.shard->source);
  const std::lock_guard lock(state_mutex_);
  entry.state = observe::ShardState::parked;
  entry.reason = event.reason + ": reading it again";
  return true;
}

void Flow::retry_parked() {
  const SteadyTime now = clock_.steady();
  for (const TopicPartition& tp : std::set(troubled_)) {
    Entry& entry = shards_.at(tp);
    const bool again = entry.state == observe::ShardState::parked && entry.cut.empty();
    if (again && now >= entry.retry_at) retry(tp, entry);
    const bool well = entry.state != observe::ShardState::parked && !entry.out_of_range;
    if (well && !entry.moving) troubled_.erase(tp);
  }
}

/// What was read before the log ended under the reader still arrives; only then is it known what is
/// lost.
void Flow::judge_out_of_range() {
  for (const TopicPartition& tp : std::set(troubled_)) {
    Entry& entry = shards_.at(tp);
    if (!entry.out_of_range || !streams_[entry.stream]->drained(*entry.shard)) continue;
    entry.out_of_range = false;
    if (entry.cut.empty()) {
      leave_lost_range(entry);
    } else {
      leave_to_operator(entry, "LOG_TRUNCATED", entry.cut);
    }
  }
}

/// Reads again from the position: whatever was not acknowledged. A shard whose source side failed
/// first lets arrive what it has read, so that no other shard's records are sent twice for it.
void Flow::retry(const TopicPartition& tp, Entry& entry) {
  pipeline::Stream& stream = *streams_[entry.stream];
  if (!stream.drained(*entry.shard) && clock_.steady() < entry.retry_at + settings_.drain_timeout) {
    return;
  }
  stream.abandon({entry.shard.get()});
  const Offset position(entry.shard->position);
  if (!reads_itself(tp) && !member_->seek(tp, position, k_request_timeout)) {
    // Where the library stands still at the end of its log no seek helps, only a fresh start.
    leave_lost_range(entry);
    return;
  }
  // What the reader met is still there, and it will meet it again.
  entry.moving = entry.out_of_range = false;
  stream.resume(*entry.shard, position);
  const std::lock_guard lock(state_mutex_);
  entry.state = observe::ShardState::running;
  entry.reason.clear();
}

/// The position is outside of the source's log. Below it: records are gone, which is counted. Above
/// it: the log is another one than we knew, which nobody but the operator can judge.
void Flow::leave_lost_range(Entry& entry) {
  const TopicPartition tp = entry.shard->source;
  const std::array asked{tp};
  pipeline::Stream& stream = *streams_[entry.stream];
  stream.stop_reading(*entry.shard);
  stream.abandon({entry.shard.get()});
  const Offset position(entry.shard->position);
  const auto low = member_->cluster().offsets(asked, kafka::LogEnd::beginning, k_request_timeout);
  const auto high = member_->cluster().offsets(asked, kafka::LogEnd::end, k_request_timeout);
  if (!low || !high || !low->front().offset || !high->front().offset) {
    park(entry, "LOG_ENDS_UNKNOWN", "source: the log's beginning and end can not be read");
    return;
  }
  const Offset begin = *low->front().offset;
  const Offset end = *high->front().offset;
  if (position > end) {
    leave_to_operator(entry, "OFFSET_BEYOND_END",
                      "the position " + std::to_string(position.value()) +
                          " lies beyond the source's log end " + std::to_string(end.value()) +
                          ": the topic was truncated or created anew");
    return;
  }
  Offset start = position;
  if (position < begin) {
    const auto lost = static_cast<std::uint64_t>(begin.value() - position.value());
    log::error("app",
               "{}: DATA LOST at the source: {} records of {} between offsets {} and {} were "
               "deleted before they were mirrored; going on behind them",
               settings_.name, lost, to_string(tp), position.value(), begin.value());
    const std::lock_guard lock(state_mutex_);
    entry.records_lost += lost;
    start = begin;
  }
  stream.resume(*entry.shard, start);
  std::vector<kafka::CommitMark> reads;
  for (const auto& [other, known] : shards_) {
    if (reads_itself(other)) continue;
    reads.push_back({other, other == tp ? start : Offset(known.shard->read_position.load())});
  }
  if (const auto restarted = reads_itself(tp) ? Result<void>() : member_->restart(reads);
      !restarted) {
    park(entry, "RESTART", restarted.error().text);
    return;
  }
  const std::lock_guard lock(state_mutex_);
  entry.state = observe::ShardState::running;
  entry.reason.clear();
}

/// A shard that has more to mirror and does not move is not ready, whatever the reason: not all
/// that holds a record up is an error that somebody reports.
void Flow::watch_progress() {
  const SteadyTime now = clock_.steady();
  if (now < progress_at_) return;
  progress_at_ = now + k_progress_pause;
  std::string first;
  std::size_t more = 0;
  const std::lock_guard lock(state_mutex_);
  for (auto& [tp, entry] : shards_) {
    const std::int64_t position = entry.shard->position.load(std::memory_order_acquire);
    const bool behind =
        entry.state == observe::ShardState::running && source_end_of(*entry.shard) > position;
    if (!behind || position != entry.still_at) {
      entry.still_at = position;
      entry.still_since = now;
      entry.stalled = false;
    } else if (!entry.stalled && now - entry.still_since >= k_stalled_after) {
      entry.stalled = true;
      if (first.empty()) first = to_string(tp) + " at offset " + std::to_string(position);
      ++more;
    }
  }
  if (more == 0) return;
  log::warning("app", "{}: nothing has arrived for {} s of {} partitions that have more: {}",
               settings_.name, k_stalled_after.count() / 1'000, more, first);
}

/// Records of the partition went past its reader: read again from where the reader stands.
void Flow::reread(const TopicPartition& tp) {
  const auto found = shards_.find(tp);
  if (found == shards_.end() || found->second.state != observe::ShardState::running) return;
  log::warning("app", "{}: records of {} came by another way, reading them again", settings_.name,
               to_string(tp));
  park(found->second, "STRAY_RECORDS", "records came by another way");
  found->second.retry_at = clock_.steady();
}

void Flow::on_error(kafka::ErrorCode code, const std::string& text,
                    const std::optional<TopicPartition>& tp) {
  if (tp && kafka::error_name(code) == "_INCONSISTENT") {
    reread(*tp);
    return;
  }
  if (!tp && kafka::is_about_connection(code)) {
    // The watch says it in the operator's words, or finds nothing worth saying.
    log::debug("app", "{}: source: {}", settings_.name, text);
    return;
  }
  if (kafka::error_name(code) == "GROUP_AUTHORIZATION_FAILED") {
    source_context_.watch->group_denied(settings_.source.group_id);
    return;
  }
  const std::string where = tp ? " (" + to_string(*tp) + ")" : "";
  const ErrorKind kind = kafka::classify_request(code);
  if (kind == ErrorKind::fatal) {
    // The library has given up this member: nothing is fetched any more, and nothing mends it.
    fail(ExitCode::try_again, "source: the group member is lost: " + text);
    return;
  }
  if (kind == ErrorKind::authorization || kind == ErrorKind::configuration) {
    log::error("app", "{}: source{}: {}", settings_.name, where, text);
  } else {
    log::warning("app", "{}: source{}: {}", settings_.name, where, text);
  }
}

}  // namespace kferry::app
