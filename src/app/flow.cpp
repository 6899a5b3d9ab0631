#include "app/flow.hpp"

#include <algorithm>
#include <utility>

#include "app/flow_config.hpp"
#include "app/record_filter.hpp"
#include "kferry/base/log.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_request_timeout{10'000};
constexpr Milliseconds k_connect_timeout{5'000};
constexpr Milliseconds k_connect_retry{1'000};
/// A cluster that does not answer is mentioned this often.
constexpr Milliseconds k_connecting_reminder{30'000};
/// How long the control loop waits for the group; it is not on the way of any record.
constexpr Milliseconds k_poll{50};
/// Leaving the group may take this long beyond the drain; the library can hang here (2.0.2).
constexpr Milliseconds k_leave_timeout{10'000};
/// Refreshes that a running topic may be missing from before it is left.
constexpr int k_misses_max = 3;

std::vector<TopicPartition> all_partitions(const std::vector<pipeline::TopicPlan>& plans) {
  std::vector<TopicPartition> partitions;
  for (const auto& plan : plans) {
    for (std::int32_t p = 0; p < plan.source_partitions; ++p) {
      partitions.push_back({plan.source, Partition(p)});
    }
  }
  return partitions;
}

positions::Reset to_reset(config::OffsetReset reset) {
  switch (reset) {
    case config::OffsetReset::earliest:
      return positions::Reset::earliest;
    case config::OffsetReset::latest:
      return positions::Reset::latest;
    case config::OffsetReset::none:
      return positions::Reset::none;
  }
  return positions::Reset::none;
}

pipeline::SendFailurePolicy to_policy(config::SendFailurePolicy policy) {
  switch (policy) {
    case config::SendFailurePolicy::exit:
      return pipeline::SendFailurePolicy::exit;
    case config::SendFailurePolicy::park:
      return pipeline::SendFailurePolicy::park;
    case config::SendFailurePolicy::skip:
      return pipeline::SendFailurePolicy::skip;
  }
  return pipeline::SendFailurePolicy::exit;
}

}  // namespace

Flow::Flow(const config::FlowSettings& settings, TopicBoard board, std::int64_t flow_budget_bytes,
           const Clock& clock)
    : settings_(settings),
      board_(std::move(board)),
      budget_(flow_budget_bytes / k_budget_quarters),
      flow_budget_bytes_(flow_budget_bytes),
      clock_(clock) {}

Flow::~Flow() = default;

Result<std::unique_ptr<Flow>> Flow::make(const config::FlowSettings& settings,
                                         std::int64_t flow_budget_bytes, const Clock& clock) {
  auto board = TopicBoard::make(settings);
  if (!board) return board.error();
  std::unique_ptr<Flow> flow(new Flow(settings, std::move(*board), flow_budget_bytes, clock));
  auto source = kafka::make_query_client(source_query_config(settings), flow->source_context_);
  if (!source) return source.error();
  flow->source_query_ = std::move(*source);
  auto target = kafka::make_query_client(target_config(settings), flow->target_context_);
  if (!target) return target.error();
  flow->target_query_ = std::move(*target);
  return flow;
}

void Flow::stop(bool drain) {
  if (!drain) drain_wanted_ = false;
  stop_requested_ = true;
}

ExitCode Flow::run() {
  if (connect()) loop();
  {
    const std::lock_guard lock(state_mutex_);
    state_ = exit_code_ == ExitCode::ok ? observe::FlowState::draining : observe::FlowState::failed;
  }
  if (member_) {
    // The last revoke drains, commits and releases every shard.
    if (!member_->close(settings_.drain_timeout + k_leave_timeout)) {
      log::warning("app", "{}: the group could not be left in time", settings_.name);
      left_cleanly_ = false;
    }
    release_all();
  }
  const std::lock_guard lock(state_mutex_);
  if (exit_code_ == ExitCode::ok) state_ = observe::FlowState::stopped;
  return exit_code_;
}

/// Retries until both clusters answered. False when the flow is to end instead.
bool Flow::connect() {
  while (!stop_requested_) {
    const Result<void> connected = try_connect();
    if (connected) return exit_code_ == ExitCode::ok;
    if (connected.error().kind == ErrorKind::configuration) {
      fail(ExitCode::configuration, connected.error().text);
      return false;
    }
    say_connecting(connected.error().text);
    const SteadyTime until = clock_.steady() + k_connect_retry;
    while (!stop_requested_ && clock_.steady() < until) std::this_thread::sleep_for(k_poll);
  }
  return false;
}

void Flow::say_connecting(const std::string& why) {
  const SteadyTime now = clock_.steady();
  if (said_connecting_at_ == SteadyTime{} || now - said_connecting_at_ >= k_connecting_reminder) {
    log::warning("app", "{}: {}; trying again until it works", settings_.name, why);
    said_connecting_at_ = now;
  }
  const std::lock_guard lock(state_mutex_);
  reason_ = why;
}

Result<void> Flow::try_connect() {
  const kafka::Cluster source(source_query_.get(), kafka::Side::source);
  const kafka::Cluster target(target_query_.get(), kafka::Side::target);
  const auto source_id = source.cluster_id(k_connect_timeout);
  if (!source_id) return source_id.error();
  const auto target_id = target.cluster_id(k_connect_timeout);
  if (!target_id) return target_id.error();
  {
    const std::lock_guard lock(state_mutex_);
    source_cluster_id_ = *source_id;
    target_cluster_id_ = *target_id;
  }
  const auto plans = board_.plan(source, target, false, k_request_timeout);
  if (!plans) return plans.error();
  for (const auto& plan : *plans) {
    if (*source_id == *target_id && plan.source == plan.target) {
      return Error{ErrorKind::configuration,
                   "source and target are the same cluster (" + *source_id + ") and topic " +
                       plan.source +
                       " would be copied into itself; check bootstrap.servers, or "
                       "rename the topic"};
    }
  }
  const std::vector<TopicPartition> partitions = all_partitions(*plans);
  starts_ =
      std::make_unique<positions::StartPositions>(source, to_reset(settings_.source.offset_reset));
  if (!partitions.empty()) {
    if (const auto primed = starts_->prime(partitions, k_request_timeout); !primed) {
      return primed.error();
    }
  }
  if (const auto made = make_member(partitions.size()); !made) return made.error();
  if (const auto made = make_streams(partitions.size()); !made) return made.error();
  log::info("app", "{}: source cluster {}, target cluster {}, {} matching topics, {} partitions",
            settings_.name, *source_id, *target_id, plans->size(), partitions.size());
  return {};
}

Result<void> Flow::make_member(std::size_t partitions) {
  const PrefetchLimits limits = prefetch_limits(flow_budget_bytes_, partitions);
  sized_for_ = partitions;
  log::info("app",
            "{}: limits: {} KiB and {} records fetched ahead per partition, {} KiB per fetch and "
            "partition, {} KiB per fetch, {} batches in flight per partition",
            settings_.name, limits.queue_bytes_per_partition / 1'024,
            limits.queue_records_per_partition, limits.fetch_bytes_per_partition / 1'024,
            limits.fetch_bytes_max / 1'024, pipeline::k_ledger_slots);
  auto member = kafka::GroupMember::create(member_config(settings_, limits), settings_.name, *this);
  if (!member) return member.error();
  member_ = std::move(*member);
  auto log_ends = std::make_unique<LogEnds>(member_->cluster());
  reader_ = engines::records::make_reader(
      member_->client(), [ends = log_ends.get()](const TopicPartition& tp) { ends->nudge(tp); });
  const std::lock_guard lock(state_mutex_);
  log_ends_ = std::move(log_ends);
  return {};
}

Result<void> Flow::make_streams(std::size_t partitions) {
  engines::records::WriterOptions options;
  options.config = target_config(settings_);
  options.idempotence = settings_.target.idempotence;
  options.name = settings_.name;
  options.transform.provenance_headers = settings_.provenance_headers;
  options.transform.source_cluster_id = source_cluster_id_;
  auto filter = make_record_filter(settings_.filters);
  if (!filter) return filter.error();
  options.transform.filter = std::move(*filter);
  options.on_timestamps_replaced = [this](std::uint64_t count) { timestamps_replaced_ += count; };

  const auto sink = [this](pipeline::StreamEvent event) {
    const std::lock_guard lock(events_mutex_);
    events_.push_back(std::move(event));
  };
  std::vector<std::unique_ptr<pipeline::Stream>> streams;
  for (int i = 0; i < settings_.streams; ++i) {
    const auto factory = [&](std::function<void()> on_acknowledgements) {
      return engines::records::make_writer(options, std::move(on_acknowledgements));
    };
    auto stream = pipeline::Stream::create({to_policy(settings_.on_send_failure), settings_.name,
                                            shard_bytes_max(flow_budget_bytes_, partitions)},
                                           *reader_, factory, budget_, clock_, sink);
    if (!stream) return stream.error();
    streams.push_back(std::move(*stream));
  }
  const std::lock_guard lock(state_mutex_);
  streams_ = std::move(streams);
  return {};
}

void Flow::loop() {
  commit_at_ = clock_.steady() + settings_.commit_interval;
  while (!stop_requested_ && exit_code_ == ExitCode::ok) {
    const SteadyTime now = clock_.steady();
    if (now >= refresh_at_) {
      refresh_topics();
      refresh_at_ = clock_.steady() + settings_.refresh_interval;
    }
    member_->poll(k_poll);
    serve_events();
    judge_out_of_range();
    retry_parked();
    start_waiting();
    if (resize_wanted_) resize();
    if (commit_now_ || clock_.steady() >= commit_at_) {
      commit_due();
      commit_at_ = clock_.steady() + settings_.commit_interval;
    }
  }
}

/// The client's limits are per partition and for its life: with many more partitions than they were
/// made for, memory would outgrow the budget. A new member with the same group takes its place.
void Flow::resize() {
  resize_wanted_ = false;
  const std::size_t partitions = shards_.size();
  log::info("app", "{}: {} partitions where limits were made for {}: joining the group anew",
            settings_.name, partitions, sized_for_);
  if (!member_->close(settings_.drain_timeout + k_leave_timeout)) {
    log::warning("app", "{}: the group could not be left in time; limits stay", settings_.name);
    sized_for_ = partitions;
    return;
  }
  release_all();
  std::vector<std::unique_ptr<pipeline::Stream>> streams;
  std::unique_ptr<LogEnds> log_ends;
  {
    const std::lock_guard lock(state_mutex_);
    streams.swap(streams_);
    log_ends.swap(log_ends_);
  }
  streams.clear();
  log_ends.reset();
  reader_.reset();
  member_.reset();
  subscribed_.clear();
  refresh_at_ = SteadyTime{};
  auto made = make_member(partitions);
  if (made) made = make_streams(partitions);
  if (!made) fail(exit_code(made.error().kind), made.error().text);
}

void Flow::refresh_topics() {
  const kafka::Cluster source(source_query_.get(), kafka::Side::source);
  const kafka::Cluster target(target_query_.get(), kafka::Side::target);
  auto plans = board_.plan(source, target, false, k_request_timeout);
  if (!plans) {
    log::warning("app", "{}: {}; the topics stay as they were", settings_.name, plans.error().text);
    return;
  }
  bool changed = false;
  bool unreachable = false;  // one order that is not answered is enough for this round
  for (auto& plan : *plans) {
    if (plan.action == pipeline::TopicPlan::Action::none || unreachable) continue;
    const auto done = board_.carry_out(plan, source, target, k_request_timeout);
    if (done) {
      changed = true;
    } else {
      plan.blocked = "target-topic-not-created";
      plan.blocked_text = done.error().text;
      unreachable = done.error().kind == ErrorKind::unreachable;
    }
  }
  if (changed) {
    // What was created shows in the target's metadata a moment later; until then it waits.
    if (auto again = board_.plan(source, target, false, k_request_timeout)) plans = again;
    refresh_at_ = clock_.steady() + k_connect_retry;
  }
  std::erase_if(*plans, [this](const pipeline::TopicPlan& plan) {
    return source_cluster_id_ == target_cluster_id_ && plan.source == plan.target;
  });
  const std::vector<std::string> runnable = with_missed(board_.settle(*plans));
  note_waiting(*plans);
  if (runnable == subscribed_) return;
  log::info("app", "{}: mirroring {} topics (were {})", settings_.name, runnable.size(),
            subscribed_.size());
  if (const auto subscribed = member_->subscribe(runnable); !subscribed) {
    log::warning("app", "{}: {}", settings_.name, subscribed.error().text);
    return;
  }
  subscribed_ = runnable;
}

/// A topic that runs and is missing from one answer may only have a broker that restarts: leaving
/// it at once would cost the whole group a rebalance, twice.
std::vector<std::string> Flow::with_missed(std::vector<std::string> runnable) {
  for (const std::string& topic : subscribed_) {
    if (std::binary_search(runnable.begin(), runnable.end(), topic)) {
      misses_.erase(topic);
    } else if (++misses_[topic] < k_misses_max) {
      runnable.insert(std::upper_bound(runnable.begin(), runnable.end(), topic), topic);
    }
  }
  return runnable;
}

void Flow::note_waiting(const std::vector<pipeline::TopicPlan>& plans) {
  std::map<std::string, Waiting> waiting;
  for (const auto& plan : plans) {
    if (board_.route(plan.source) != nullptr) continue;
    waiting.emplace(plan.source, plan.blocked
                                     ? Waiting{*plan.blocked, plan.blocked_text}
                                     : Waiting{"target-topic-new", "created a moment ago"});
  }
  const std::lock_guard lock(state_mutex_);
  for (const auto& [topic, why] : waiting) {
    const auto known = waiting_topics_.find(topic);
    if (known == waiting_topics_.end() || known->second.reason != why.reason) {
      log::warning("app", "{}: topic {} waits: {}", settings_.name, topic, why.text);
    }
  }
  waiting_topics_ = std::move(waiting);
  state_ = observe::FlowState::running;
  reason_ = plans.empty() ? "no source topic matches" : std::string();
}

std::vector<kafka::CommitMark> Flow::positions() const {
  std::vector<kafka::CommitMark> marks;
  marks.reserve(shards_.size());
  for (const auto& [tp, entry] : shards_) {
    marks.push_back({tp, Offset(entry.shard->position.load(std::memory_order_acquire))});
  }
  return marks;
}

void Flow::commit_due() {
  commit_now_ = false;
  std::vector<kafka::CommitMark> marks;
  {
    const std::lock_guard lock(state_mutex_);
    marks = commits_.due(positions(), clock_.steady());
  }
  if (!marks.empty()) member_->commit(marks);
}

void Flow::fail(ExitCode code, const std::string& why) {
  log::error("app", "{}: {}", settings_.name, why);
  const std::lock_guard lock(state_mutex_);
  if (exit_code_ == ExitCode::ok) exit_code_ = code;
  state_ = observe::FlowState::failed;
  reason_ = why;
}

}  // namespace kferry::app
