// How partitions come to a flow and leave it.

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "app/flow.hpp"
#include "kferry/base/log.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_request_timeout{10'000};
constexpr Milliseconds k_start_retry{2'000};
constexpr Milliseconds k_drain_poll{2};
/// With this many times the partitions that the client's limits were made for, it is made anew.
constexpr std::size_t k_resize_factor = 2;
constexpr Milliseconds k_last_commit_timeout{5'000};

bool arrived(const pipeline::Shard& shard) {
  return shard.position.load(std::memory_order_acquire) >=
         shard.read_position.load(std::memory_order_acquire);
}

}  // namespace

std::vector<std::optional<Offset>> Flow::on_assign(const std::vector<TopicPartition>& partitions) {
  log::info("app", "{}: {} partitions assigned", settings_.name, partitions.size());
  const auto offsets = start_shards(partitions);
  resize_wanted_ = partitions.size() > k_resize_factor * std::max<std::size_t>(8, sized_for_);
  std::vector<std::optional<Offset>> starts(partitions.size());
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const auto found = offsets.find(partitions[i]);
    if (found != offsets.end() && !reads_itself(partitions[i])) starts[i] = found->second;
  }
  {
    const std::lock_guard lock(state_mutex_);
    ++rebalances_;
    assigned_once_ = assigned_ = true;
  }
  // Start positions are committed at once: a crash before the first regular commit must not move
  // them, and Kafka's tools show numbers from the beginning.
  commit_now_ = true;
  source_context_.watch->group_joined();
  return starts;
}

/// Makes shards of the partitions that can start; the others wait, with a reason.
std::map<TopicPartition, Offset> Flow::start_shards(const std::vector<TopicPartition>& partitions) {
  std::map<TopicPartition, Offset> started;
  std::set<TopicPartition> ready;
  for (const TopicPartition& tp : partitions) {
    const TopicBoard::Route* route = board_.route(tp.topic);
    if (route == nullptr) {
      wait_for_start(tp, "topic-unknown", "its topic is not mirrored by this instance");
    } else if (!route->partitioner.by_key() && tp.partition.value() >= route->target_partitions) {
      wait_for_start(tp, "target-partition-missing",
                     "topic " + route->target + " has only " +
                         std::to_string(route->target_partitions) +
                         " partitions on the target; add partitions there or start with "
                         "--create.topics");
    } else {
      ready.insert(tp);
    }
  }
  // All of them, also those that wait: what a group's first member decides about a partition holds
  // from now on, not from when it starts.
  const auto starts = starts_->resolve(partitions, k_request_timeout);
  if (!starts) {
    log::warning("app", "{}: {}; trying again", settings_.name, starts.error().text);
    for (const TopicPartition& tp : ready) {
      wait_for_start(tp, "start-position-unknown", starts.error().text);
    }
    return started;
  }
  for (const positions::Start& start : *starts) {
    if (!ready.contains(start.tp)) continue;
    if (!start.offset) {
      wait_for_start(start.tp, "start-position-unknown", start.problem);
    } else if (const Waiting* why = foreign_log(start)) {
      wait_for_start(start.tp, why->reason, why->text);
    } else if (open_shard(start, *board_.route(start.tp.topic))) {
      started.emplace(start.tp, *start.offset);
    }
  }
  return started;
}

/// Why the log is not read from that position; null: it is.
const Flow::Waiting* Flow::foreign_log(const positions::Start& start) {
  const auto found = foreign_logs_.find(start.tp);
  if (found == foreign_logs_.end()) return nullptr;
  const ForeignLog& log = found->second;
  if (log.position == *start.offset || log.committed == start.offset) return &log.why;
  foreign_logs_.erase(found);
  return nullptr;
}

bool Flow::open_shard(const positions::Start& start, const TopicBoard::Route& route) {
  Entry entry;
  entry.engine = route.engine;
  const auto stream = stream_for(route.engine);
  if (!stream) {
    wait_for_start(start.tp, "not-opened", stream.error().text);
    return false;
  }
  entry.stream = *stream;
  entry.shard =
      std::make_unique<pipeline::Shard>(start.tp, route.target, route.partitioner, *start.offset);
  entry.records_lost = start.lost;
  if (start.lost > 0) {
    log::error("app",
               "{}: DATA LOST at the source: {} records of {} before offset {} were deleted "
               "before they were mirrored; going on behind them",
               settings_.name, start.lost, to_string(start.tp), start.offset->value());
  }
  if (const auto opened = streams_[entry.stream]->open(*entry.shard); !opened) {
    wait_for_start(start.tp, "not-opened", opened.error().text);
    return false;
  }
  log_ends_->watch(start.tp, entry.shard->source_end_live);
  const bool committed = start.committed && start.lost == 0;
  const std::lock_guard lock(state_mutex_);
  commits_.add(start.tp, entry.shard->position, committed ? start.offset : std::nullopt,
               clock_.steady());
  waiting_partitions_.erase(start.tp);
  shards_[start.tp] = std::move(entry);
  return true;
}

void Flow::wait_for_start(const TopicPartition& tp, std::string reason, std::string text) {
  const std::lock_guard lock(state_mutex_);
  const auto known = waiting_partitions_.find(tp);
  if (known == waiting_partitions_.end() || known->second.reason != reason) {
    log::warning("app", "{}: {} waits: {}", settings_.name, to_string(tp), text);
  }
  waiting_partitions_[tp] = Waiting{std::move(reason), std::move(text)};
}

/// Tries the assigned partitions that could not start.
void Flow::start_waiting() {
  if (waiting_partitions_.empty() || clock_.steady() < start_retry_at_) return;
  start_retry_at_ = clock_.steady() + k_start_retry;
  std::vector<TopicPartition> partitions;
  for (const auto& [tp, why] : waiting_partitions_) partitions.push_back(tp);
  if (start_shards(partitions).empty()) return;
  commit_now_ = true;
  // The library takes assignments whole: what runs goes on where it reads now.
  std::vector<kafka::CommitMark> reads;
  for (const auto& [tp, entry] : shards_) {
    if (reads_itself(tp)) continue;
    reads.push_back({tp, Offset(entry.shard->read_position.load())});
  }
  if (const auto restarted = member_->restart(reads); !restarted) {
    log::warning("app", "{}: {}", settings_.name, restarted.error().text);
  }
}

void Flow::on_revoke(const std::vector<TopicPartition>& partitions, bool lost) {
  if (lost) {
    log::warning("app", "{}: {} partitions lost: the group has given them up, it was not heard of",
                 settings_.name, partitions.size());
    const std::lock_guard lock(state_mutex_);
    assigned_ = false;
  } else {
    log::info("app", "{}: {} partitions revoked", settings_.name, partitions.size());
  }
  const auto left_behind = drain(partitions, lost);
  if (!left_behind.empty()) {
    log::warning("app",
                 "{}: {} partitions did not drain (limit {} ms); what was not acknowledged will be "
                 "read again by the next owner",
                 settings_.name, left_behind.size(), settings_.drain_timeout.count());
  }
  if (!lost) commit_last();
  if (stop_requested_) note_ending(partitions, left_behind.size());
  for (const TopicPartition& tp : partitions) release(tp);
}

/// While the shards are still there to tell.
void Flow::note_ending(const std::vector<TopicPartition>& partitions, std::size_t left_behind) {
  const std::lock_guard lock(state_mutex_);
  observe::FlowEnding& ending = ending_ ? *ending_ : ending_.emplace();
  ending.partitions_left_behind += left_behind;
  for (const TopicPartition& tp : partitions) {
    const auto found = shards_.find(tp);
    if (found == shards_.end()) continue;
    const pipeline::Shard& shard = *found->second.shard;
    const std::int64_t position = shard.position.load(std::memory_order_acquire);
    if (commits_.committed(tp) != Offset(position)) ++ending.partitions_not_committed;
    const std::int64_t end = source_end_of(shard);
    if (end < 0) {
      ++ending.partitions_without_lag;
    } else {
      ending.lag_records += static_cast<std::uint64_t>(std::max<std::int64_t>(0, end - position));
    }
  }
}

void Flow::commit_last() {
  const SteadyTime deadline = clock_.steady() + k_last_commit_timeout;
  const auto answered = [&] {
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - clock_.steady());
    if (member_->await_commits(std::max(left, Milliseconds(0)))) return true;
    log::warning("app", "{}: the last commit was not answered in time", settings_.name);
    return false;
  };
  commit_due();
  // Whatever had an older commit on its way gets its last one behind that.
  if (answered() && commit_due()) answered();
}

/// Stops reading the partitions and waits for what is under way. Returns the shards that did not
/// get through; they hold nothing any more.
std::vector<pipeline::Shard*> Flow::drain(const std::vector<TopicPartition>& partitions,
                                          bool lost) {
  draining_ = true;
  std::vector<Entry*> open;
  for (const TopicPartition& tp : partitions) {
    const auto found = shards_.find(tp);
    if (found == shards_.end()) continue;
    streams_[found->second.stream]->stop_reading(*found->second.shard);
    open.push_back(&found->second);
  }
  {
    const std::lock_guard lock(state_mutex_);
    for (Entry* entry : open) {
      if (entry->state == observe::ShardState::running) {
        entry->state = observe::ShardState::draining;
      }
    }
  }
  const SteadyTime deadline = clock_.steady() + settings_.drain_timeout;
  std::erase_if(open, [](const Entry* entry) { return arrived(*entry->shard); });
  std::vector<pipeline::Shard*> behind;
  while (!open.empty()) {
    serve_events();  // a shard may be parked while it drains
    const bool wait = !lost && drain_wanted_ && clock_.steady() < deadline;
    std::erase_if(open, [&](Entry* entry) {
      if (arrived(*entry->shard)) return true;
      if (wait && entry->state != observe::ShardState::parked) return false;
      behind.push_back(entry->shard.get());
      return true;
    });
    if (!open.empty()) std::this_thread::sleep_for(k_drain_poll);
  }
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    std::vector<pipeline::Shard*> of_stream;
    for (pipeline::Shard* shard : behind) {
      if (shards_.at(shard->source).stream == i) of_stream.push_back(shard);
    }
    if (!of_stream.empty()) streams_[i]->abandon(of_stream);
  }
  draining_ = false;
  return behind;
}

void Flow::release(const TopicPartition& tp) {
  log_ends_->forget(tp);
  const auto found = shards_.find(tp);
  if (found != shards_.end() && !found->second.cut.empty()) {
    note_foreign_log(found->second, "LOG_TRUNCATED", found->second.cut);
  }
  {
    const std::lock_guard lock(state_mutex_);
    commits_.remove(tp);
    waiting_partitions_.erase(tp);
  }
  if (found == shards_.end()) return;
  Entry& entry = found->second;
  pipeline::Stream& stream = *streams_[entry.stream];
  stream.stop_reading(*entry.shard);
  if (!stream.drained(*entry.shard)) stream.abandon({entry.shard.get()});
  stream.release(*entry.shard);
  forget_events(*entry.shard);
  const std::lock_guard lock(state_mutex_);
  released_.add(counters_of(entry));
  released_.batches[to_string(entry.engine)] += entry.shard->batches;
  shards_.erase(found);
  troubled_.erase(tp);
}

void Flow::forget_events(const pipeline::Shard& shard) {
  const std::lock_guard lock(events_mutex_);
  std::erase_if(events_, [&](const auto& event) { return event.shard == &shard; });
}

/// Whatever is still ours when the group was left or could not be.
void Flow::release_all() {
  std::vector<TopicPartition> partitions;
  for (const auto& [tp, entry] : shards_) partitions.push_back(tp);
  const auto left_behind = drain(partitions, true);
  if (stop_requested_ && !partitions.empty()) note_ending(partitions, left_behind.size());
  for (const TopicPartition& tp : partitions) release(tp);
}

void Flow::on_committed(const std::vector<kafka::CommitOutcome>& outcomes) {
  const std::lock_guard lock(state_mutex_);
  commits_.record(outcomes, clock_.steady());
  for (const auto& outcome : outcomes) {
    if (outcome.error == 0) continue;
    log::warning("app", "{}: commit of {} failed: {}; it is sent again with the next one",
                 settings_.name, to_string(outcome.tp), kafka::error_text(outcome.error));
    break;  // one line speaks for the request
  }
}

}  // namespace kferry::app
