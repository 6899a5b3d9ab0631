// How a flow comes to its clusters, and comes to them anew.

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "app/flow.hpp"
#include "app/flow_config.hpp"
#include "app/passthrough_config.hpp"
#include "app/plan_starts.hpp"
#include "kferry/base/log.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_request_timeout{10'000};
constexpr Milliseconds k_connect_timeout{5'000};
constexpr Milliseconds k_connect_retry{1'000};
/// A cluster that does not answer is mentioned this often.
constexpr Milliseconds k_connecting_reminder{30'000};
constexpr Milliseconds k_poll{50};

/// What tells one profile's connections from another's beside user name and password.
security::SecurityProfile without_credentials(security::SecurityProfile profile) {
  const bool named =
      profile.sasl && (profile.sasl->mechanism == security::SaslMechanism::plain ||
                       profile.sasl->mechanism == security::SaslMechanism::scram_sha_256 ||
                       profile.sasl->mechanism == security::SaslMechanism::scram_sha_512);
  if (named) {
    profile.sasl->username.clear();
    profile.sasl->password = Secret();
  }
  return profile;
}

}  // namespace

Result<std::unique_ptr<Flow>> Flow::make(const config::FlowSettings& settings,
                                         std::int64_t flow_budget_bytes, const Clock& clock) {
  auto board = TopicBoard::make(settings);
  if (!board) return board.error();
  std::unique_ptr<Flow> flow(new Flow(settings, std::move(*board), flow_budget_bytes, clock));
  if (const auto made = flow->make_query_clients(); !made) return made.error();
  return flow;
}

Result<void> Flow::make_query_clients() {
  auto source = kafka::make_query_client(source_query_config(settings_), source_context_);
  if (!source) return source.error();
  auto target = kafka::make_query_client(target_config(settings_), target_context_);
  if (!target) return target.error();
  if (starts_) starts_->use({source->get(), kafka::Side::source});
  source_query_ = std::move(*source);
  target_query_ = std::move(*target);
  return {};
}

/// Retries until both clusters answered. False when the flow is to end instead.
bool Flow::connect() {
  while (!stop_requested_) {
    if (security_changed_) apply_security();
    const Result<void> connected = try_connect();
    if (connected) return exit_code_ == ExitCode::ok;
    if (connected.error().kind == ErrorKind::configuration) {
      fail(ExitCode::configuration, connected.error().text);
      return false;
    }
    say_connecting(connected.error());
    const SteadyTime until = clock_.steady() + k_connect_retry;
    while (!stop_requested_ && !security_changed_ && clock_.steady() < until) {
      source_context_.watch->remind();
      target_context_.watch->remind();
      std::this_thread::sleep_for(k_poll);
    }
  }
  return false;
}

void Flow::say_connecting(const Error& why) {
  const SteadyTime now = clock_.steady();
  // What the watches know they say themselves, and better.
  const bool said =
      !source_context_.watch->current().empty() || !target_context_.watch->current().empty();
  const bool due =
      said_connecting_at_ == SteadyTime{} || now - said_connecting_at_ >= k_connecting_reminder;
  if (!said && due) {
    log::write(why.kind == ErrorKind::authorization ? log::Level::error : log::Level::warning,
               "app", fmt::format("{}: {}; trying again until it works", settings_.name, why.text));
    said_connecting_at_ = now;
  }
  const std::lock_guard lock(state_mutex_);
  reason_ = why.text;
}

Result<void> Flow::try_connect() {
  const kafka::Cluster source(source_query_.get(), kafka::Side::source);
  const kafka::Cluster target(target_query_.get(), kafka::Side::target);
  const auto source_id = kafka::await_cluster(source, *source_context_.watch, k_connect_timeout);
  if (!source_id) return source_id.error();
  const auto target_id = kafka::await_cluster(target, *target_context_.watch, k_connect_timeout);
  if (!target_id) return target_id.error();
  {
    const std::lock_guard lock(state_mutex_);
    source_cluster_id_ = *source_id;
    target_cluster_id_ = *target_id;
  }
  learn_versions();
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
  if (const auto made = make_streams(*plans); !made) return made.error();
  log::info("app", "{}: source cluster {}, target cluster {}, {} matching topics, {} partitions",
            settings_.name, *source_id, *target_id, plans->size(), partitions.size());
  return {};
}

/// Our own client needs brokers from 2.2 on; librdkafka, which asked until now, does not.
void Flow::learn_versions() {
  if (!board_.passthrough_possible()) return;
  const auto why = against_clusters(settings_, k_connect_timeout);
  if (!why) return;
  log::warning("app", "{}: no topic can go by passthrough: {}", settings_.name, *why);
  board_.rule_out_passthrough(*why);
}

Result<void> Flow::make_member(std::size_t partitions) {
  drop_streams();  // of a try that did not get through
  const PrefetchLimits limits = prefetch_limits(flow_budget_bytes_, partitions);
  sized_for_ = partitions;
  log::info("app",
            "{}: limits of the records engine: {} KiB and {} records fetched ahead per partition, "
            "{} KiB per fetch and partition, {} KiB per fetch, {} batches in flight per partition",
            settings_.name, limits.queue_bytes_per_partition / 1'024,
            limits.queue_records_per_partition, limits.fetch_bytes_per_partition / 1'024,
            limits.fetch_bytes_max / 1'024, pipeline::k_ledger_slots);
  auto member = kafka::GroupMember::create(member_config(settings_, limits), settings_.name, *this,
                                           source_context_.watch);
  if (!member) return member.error();
  member_ = std::move(*member);
  auto log_ends = std::make_unique<LogEnds>(member_->cluster());
  const std::lock_guard lock(state_mutex_);
  log_ends_ = std::move(log_ends);
  return {};
}

/// The client's limits are per partition and for its life: with many more partitions than they were
/// made for, memory would outgrow the budget. A new member with the same group takes its place.
void Flow::resize() {
  resize_wanted_ = false;
  const std::size_t partitions = shards_.size();
  log::info("app", "{}: {} partitions where limits were made for {}: joining the group anew",
            settings_.name, partitions, sized_for_);
  if (rejoin(partitions)) return;
  // Its member is closed, or about to be: nothing would be assigned to it any more.
  fail(ExitCode::try_again, "the group could not be left in time to join it anew; start again");
}

/// New clients take the place of those that read and write, by the road of every rebalance: what is
/// under way arrives, is committed and released first. False when the group could not be left.
bool Flow::rejoin(std::size_t partitions) {
  if (!member_->close(settings_.drain_timeout + k_leave_timeout)) return false;
  release_all();
  drop_streams();
  member_.reset();
  subscribed_.clear();
  if (looking_.valid())
    static_cast<void>(looking_.get());  // seen with the clients that were: look again
  refresh_at_ = SteadyTime{};
  const auto made = make_member(partitions);
  if (!made) fail(exit_code(made.error().kind), made.error().text);
  return true;
}

bool Flow::change_security(const security::SecurityProfile& source,
                           const security::SecurityProfile& target) {
  const std::lock_guard lock(security_mutex_);
  if (source == newest_security_.first && target == newest_security_.second) return false;
  newest_security_ = {source, target};
  security_changed_ = true;
  return true;
}

/// Connections that are made from here on use the new profiles. User names and passwords change
/// under librdkafka's clients; everything else is part of them, and everything is of our own
/// client, so those are made anew.
void Flow::apply_security() {
  std::pair<security::SecurityProfile, security::SecurityProfile> wanted;
  {
    const std::lock_guard lock(security_mutex_);
    wanted = newest_security_;
    security_changed_ = false;
  }
  const auto before = std::pair(settings_.source.security, settings_.target.security);
  const bool same_clients =
      pass_readers_.empty() &&
      without_credentials(wanted.first) == without_credentials(before.first) &&
      without_credentials(wanted.second) == without_credentials(before.second);
  std::tie(settings_.source.security, settings_.target.security) = wanted;
  if (!same_clients) {
    if (looking_.valid()) looking_.wait();
    if (const auto made = make_query_clients(); !made) {
      log::error("app", "{}: {}; the security settings stay as they were", settings_.name,
                 made.error().text);
      std::tie(settings_.source.security, settings_.target.security) = before;
      const std::lock_guard lock(security_mutex_);
      if (!security_changed_) newest_security_ = before;
      return;
    }
  }
  source_context_.watch->start_over(std::make_shared<security::SecurityProfile>(wanted.first));
  target_context_.watch->start_over(std::make_shared<security::SecurityProfile>(wanted.second));
  if (same_clients) {
    log::info("app", "{}: new credentials for the connections from now on", settings_.name);
    return;
  }
  log::info("app", "{}: new security settings: making the clients anew", settings_.name);
  if (member_ && !rejoin(sized_for_)) {
    fail(ExitCode::try_again,
         "the group could not be left in time for the new security settings; start again");
  }
}

}  // namespace kferry::app
