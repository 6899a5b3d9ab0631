#include "app/flow.hpp"

#include <algorithm>
#include <utility>

#include "app/flow_config.hpp"
#include "kferry/base/log.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_request_timeout{10'000};
/// A topic that was just created shows in the target's metadata after so long.
constexpr Milliseconds k_created_soon{200};
/// How long the control loop waits for the group; it is not on the way of any record.
constexpr Milliseconds k_poll{50};
/// Refreshes that a running topic may be missing from before it is left.
constexpr int k_misses_max = 3;
constexpr const char* k_no_match = "no source topic matches";

}  // namespace

Flow::Flow(const config::FlowSettings& settings, TopicBoard board, std::int64_t flow_budget_bytes,
           const Clock& clock)
    : settings_(settings),
      board_(std::move(board)),
      budget_(flow_budget_bytes / k_budget_quarters),
      flow_budget_bytes_(flow_budget_bytes),
      clock_(clock),
      newest_security_{settings_.source.security, settings_.target.security},
      source_context_{kafka::Side::source, settings_.name,
                      make_watch(kafka::Side::source, settings_, clock)},
      target_context_{kafka::Side::target, settings_.name,
                      make_watch(kafka::Side::target, settings_, clock)} {}

Flow::~Flow() = default;

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
  if (exit_code_ == ExitCode::ok && ending_ && !ending_->complete()) {
    exit_code_ = ExitCode::try_again;
  }
  const bool stopped = exit_code_ == ExitCode::ok || exit_code_ == ExitCode::try_again;
  if (state_ != observe::FlowState::failed && stopped) state_ = observe::FlowState::stopped;
  return exit_code_;
}

void Flow::loop() {
  commit_at_ = clock_.steady() + settings_.commit_interval;
  while (!stop_requested_ && exit_code_ == ExitCode::ok) {
    refresh_topics();
    if (security_changed_) apply_security();
    source_context_.watch->remind();
    target_context_.watch->remind();
    member_->poll(k_poll);
    serve_events();
    judge_out_of_range();
    move_to_records();
    retry_parked();
    start_waiting();
    watch_progress();
    if (resize_wanted_) resize();
    if (commit_now_ || clock_.steady() >= commit_at_) {
      commit_due();
      commit_at_ = clock_.steady() + settings_.commit_interval;
    }
  }
}

/// Begins to look at the clusters when it is time, and takes over what was seen.
void Flow::refresh_topics() {
  if (!looking_.valid()) {
    if (clock_.steady() < refresh_at_) return;
    looking_ = std::async(std::launch::async, [this] {
      return board_.plan({source_query_.get(), kafka::Side::source},
                         {target_query_.get(), kafka::Side::target}, false, k_request_timeout);
    });
    return;
  }
  if (looking_.wait_for(Milliseconds(0)) != std::future_status::ready) return;
  auto plans = looking_.get();
  refresh_at_ = clock_.steady() + settings_.refresh_interval;
  if (plans) return take_over(std::move(*plans));
  log::warning("app", "{}: {}; the topics stay as they were", settings_.name, plans.error().text);
}

void Flow::take_over(std::vector<pipeline::TopicPlan> plans) {
  const kafka::Cluster source(source_query_.get(), kafka::Side::source);
  const kafka::Cluster target(target_query_.get(), kafka::Side::target);
  bool changed = false;
  bool unreachable = false;  // one order that is not answered is enough for this round
  for (auto& plan : plans) {
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
  // What was created is looked at at once, and shows in the target's metadata a moment later at
  // worst; until then it waits.
  if (changed) refresh_at_ = clock_.steady() + (looked_again_ ? k_created_soon : Milliseconds(0));
  if (changed && !std::exchange(looked_again_, true)) return;
  looked_again_ = changed;
  std::erase_if(plans, [this](const pipeline::TopicPlan& plan) {
    return source_cluster_id_ == target_cluster_id_ && plan.source == plan.target;
  });
  const std::vector<std::string> runnable = with_missed(board_.settle(plans));
  note_waiting(plans);
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
  const std::string before = std::exchange(reason_, plans.empty() ? k_no_match : "");
  if (plans.empty() && before != k_no_match) say_no_match();
}

/// Nothing else tells an idle mirror from one whose pattern is wrong.
void Flow::say_no_match() const {
  const auto& topics = settings_.topics;
  log::warning("app",
               "{}: {} '{}'{}, or none that the principal may describe; looked for again every "
               "{} ms",
               settings_.name, k_no_match, topics.include,
               topics.exclude.empty() ? "" : " without '" + topics.exclude + "'",
               settings_.refresh_interval.count());
}

bool Flow::commit_due() {
  commit_now_ = false;
  std::vector<kafka::CommitMark> marks;
  {
    const std::lock_guard lock(state_mutex_);
    marks = commits_.due(clock_.steady());
  }
  if (!marks.empty()) member_->commit(marks);
  return !marks.empty();
}

void Flow::fail(ExitCode code, const std::string& why) {
  log::error("app", "{}: {}", settings_.name, why);
  const std::lock_guard lock(state_mutex_);
  if (exit_code_ == ExitCode::ok) exit_code_ = code;
  state_ = observe::FlowState::failed;
  reason_ = why;
}

}  // namespace kferry::app
