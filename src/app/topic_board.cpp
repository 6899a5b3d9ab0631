#include "app/topic_board.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "kferry/base/log.hpp"

namespace kferry::app {
namespace {

using pipeline::TopicFacts;
using pipeline::TopicPlan;

/// What a created topic takes over of its source: what shapes its content and its limits. Replica
/// placement, throttles and durability are the target cluster's own affair.
constexpr std::array<std::string_view, 13> k_carried_configs = {"cleanup.policy",
                                                                "compression.type",
                                                                "delete.retention.ms",
                                                                "max.compaction.lag.ms",
                                                                "max.message.bytes",
                                                                "message.timestamp.type",
                                                                "min.cleanable.dirty.ratio",
                                                                "min.compaction.lag.ms",
                                                                "retention.bytes",
                                                                "retention.ms",
                                                                "segment.bytes",
                                                                "segment.index.bytes",
                                                                "segment.ms"};

topics::PartitioningMode to_mode(config::Partitioning partitioning) {
  switch (partitioning) {
    case config::Partitioning::automatic:
      return topics::PartitioningMode::automatic;
    case config::Partitioning::source:
      return topics::PartitioningMode::source;
    case config::Partitioning::key:
      return topics::PartitioningMode::key;
  }
  return topics::PartitioningMode::automatic;
}

std::optional<pipeline::EngineKind> to_engine(config::EngineChoice choice) {
  switch (choice) {
    case config::EngineChoice::automatic:
      return std::nullopt;
    case config::EngineChoice::passthrough:
      return pipeline::EngineKind::passthrough;
    case config::EngineChoice::records:
      return pipeline::EngineKind::records;
  }
  return std::nullopt;
}

/// Mechanisms that only librdkafka speaks.
bool foreign_mechanism(const security::SecurityProfile& profile) {
  return profile.sasl && (profile.sasl->mechanism == security::SaslMechanism::gssapi ||
                          profile.sasl->mechanism == security::SaslMechanism::oauthbearer);
}

std::string against_passthrough(const config::FlowSettings& flow) {
  if (!flow.filters.empty()) return "records are filtered";
  if (flow.provenance_headers) return "headers are added to records";
  if (foreign_mechanism(flow.source.security) || foreign_mechanism(flow.target.security)) {
    return "GSSAPI and OAUTHBEARER are spoken by the records engine only";
  }
  return "";
}

Error at(const config::Origin& origin, const Error& error) {
  const std::string where = to_string(origin);
  return Error{ErrorKind::configuration, where.empty() ? error.text : where + ": " + error.text};
}

}  // namespace

Result<TopicBoard> TopicBoard::make(const config::FlowSettings& flow) {
  auto filter = topics::TopicFilter::compile(flow.topics.include, flow.topics.exclude,
                                             flow.source.exclude_internal_topics);
  if (!filter) return at(flow.topics.include_origin, filter.error());
  std::vector<topics::TopicRenamer::Rule> rules;
  for (const auto& rule : flow.topics.renames) rules.push_back({rule.pattern, rule.replacement});
  auto renamer = topics::TopicRenamer::compile(rules, flow.topics.prefix);
  if (!renamer) {
    return at(rules.empty() ? flow.topics.include_origin : flow.topics.renames.front().origin,
              renamer.error());
  }
  return TopicBoard(std::move(*filter), std::move(*renamer),
                    pipeline::PlanRules{to_mode(flow.partitioning), flow.create_topics,
                                        flow.target.record_bytes_max, to_engine(flow.engine),
                                        against_passthrough(flow)});
}

pipeline::PlanRules TopicBoard::rules_for(const std::string& source_topic) const {
  pipeline::PlanRules rules = rules_;
  if (const Route* running = route(source_topic)) {
    rules.partitioning = running->partitioner.by_key() ? topics::PartitioningMode::key
                                                       : topics::PartitioningMode::source;
    rules.engine = running->engine;
  }
  return rules;
}

Result<std::vector<TopicPlan>> TopicBoard::plan(const kafka::Cluster& source,
                                                const kafka::Cluster& target, bool with_config,
                                                Milliseconds timeout) {
  const auto source_topics = source.topics(timeout);
  if (!source_topics) return source_topics.error();
  const auto target_topics = target.topics(timeout);
  if (!target_topics) return target_topics.error();
  std::map<std::string, kafka::TopicInfo> on_target;
  for (const auto& topic : *target_topics) on_target.emplace(topic.name, topic);

  std::vector<TopicPlan> plans;
  for (const kafka::TopicInfo& topic : *source_topics) {
    if (topic.error != 0 || topic.partitions == 0 || !filter_.matches(topic.name)) continue;
    TopicFacts facts;
    facts.source = topic.name;
    facts.source_partitions = topic.partitions;
    const auto renamed = renamer_.rename(topic.name);
    if (!renamed) {
      facts.target_problem = renamed.error().text;
      plans.push_back(plan_topic(facts, rules_));
      continue;
    }
    facts.target = *renamed;
    if (const auto found = on_target.find(facts.target);
        found != on_target.end() && found->second.partitions > 0) {
      facts.target_partitions = found->second.partitions;
    }
    add_configs(facts, source, target, with_config, timeout);
    plans.push_back(plan_topic(facts, rules_for(topic.name)));
  }
  std::sort(plans.begin(), plans.end(),
            [](const TopicPlan& a, const TopicPlan& b) { return a.source < b.source; });
  return plans;
}

void TopicBoard::add_configs(TopicFacts& facts, const kafka::Cluster& source,
                             const kafka::Cluster& target, bool anew, Milliseconds timeout) {
  const bool passthrough_wanted =
      rules_.engine == pipeline::EngineKind::passthrough && rules_.against_passthrough.empty();
  if (!anew && !passthrough_wanted) return;
  const auto look_up = [&](std::map<std::string, Config>& known, const kafka::Cluster& cluster,
                           const std::string& topic) {
    const auto found = known.find(topic);
    if (found != known.end() && !anew) return found->second;
    const auto values = cluster.topic_config(topic, timeout);
    // Not being allowed to know is an answer too; a cluster that does not answer is asked again.
    if (!values && values.error().kind != ErrorKind::authorization) return Config();
    return known[topic] = values ? *values : Config();
  };
  facts.source_config = look_up(source_configs_, source, facts.source);
  if (facts.target_partitions) {
    facts.target_config = look_up(target_configs_, target, facts.target);
  }
}

Result<void> TopicBoard::carry_out(const TopicPlan& plan, const kafka::Cluster& source,
                                   const kafka::Cluster& target, Milliseconds timeout) const {
  if (plan.action == TopicPlan::Action::grow) {
    log::info("app", "target topic {}: {} partitions become {}", plan.target,
              plan.target_partitions.value_or(0), plan.source_partitions);
    return target.grow_topic(plan.target, plan.source_partitions, timeout);
  }
  if (plan.action != TopicPlan::Action::create) return {};
  std::map<std::string, std::string> carried;
  const auto overrides = source.topic_overrides(plan.source, timeout);
  if (overrides) {
    for (const auto& [name, value] : *overrides) {
      if (std::find(k_carried_configs.begin(), k_carried_configs.end(), name) !=
          k_carried_configs.end()) {
        carried.emplace(name, value);
      }
    }
  } else {
    log::warning("app", "{}: target topic {} gets the target's default configuration",
                 overrides.error().text, plan.target);
  }
  log::info("app", "creating target topic {} with {} partitions and {} settings of the source",
            plan.target, plan.source_partitions, carried.size());
  return target.create_topic(plan.target, plan.source_partitions, carried, timeout);
}

TopicBoard::Route TopicBoard::route_of(const TopicPlan& plan) const {
  Route route{plan.target, *plan.partitioner, *plan.target_partitions, plan.engine, false, {}};
  if (const auto found = source_configs_.find(plan.source); found != source_configs_.end()) {
    const auto policy = found->second.find("cleanup.policy");
    route.compacted =
        policy != found->second.end() && policy->second.find("compact") != std::string::npos;
  }
  if (const auto found = target_configs_.find(plan.target); found != target_configs_.end()) {
    const auto limit = found->second.find("max.message.bytes");
    std::int64_t bytes = 0;
    if (limit != found->second.end() &&
        std::from_chars(limit->second.data(), limit->second.data() + limit->second.size(), bytes)
                .ec == std::errc()) {
      route.target_batch_bytes_max = bytes;
    }
  }
  return route;
}

std::vector<std::string> TopicBoard::settle(const std::vector<TopicPlan>& plans) {
  std::vector<std::string> runnable;
  for (const TopicPlan& plan : plans) {
    const bool possible = !plan.blocked && plan.partitioner && plan.target_partitions;
    const auto running = routes_.find(plan.source);
    if (running == routes_.end()) {
      if (!possible) continue;
      routes_.emplace(plan.source, route_of(plan));
    } else if (plan.target_partitions) {
      // Placement by key goes on with the count it began with; placement by source partition only
      // learns of partitions that are new on the target.
      running->second.target_partitions = *plan.target_partitions;
      if (possible && !running->second.partitioner.by_key()) {
        running->second.partitioner = *plan.partitioner;
      }
    }
    runnable.push_back(plan.source);
  }
  return runnable;
}

const TopicBoard::Route* TopicBoard::route(const std::string& source_topic) const {
  const auto found = routes_.find(source_topic);
  return found == routes_.end() ? nullptr : &found->second;
}

}  // namespace kferry::app
