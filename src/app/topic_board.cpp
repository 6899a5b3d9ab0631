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

/// What the choice of an engine, its limits and the warnings of a plan are made of.
constexpr std::array k_planned_configs = {"cleanup.policy",
                                          "compression.type",
                                          "max.message.bytes",
                                          "message.format.version",
                                          "message.timestamp.type",
                                          "message.timestamp.after.max.ms",
                                          "message.timestamp.before.max.ms",
                                          "message.timestamp.difference.max.ms"};

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

bool is_answer(const Error& error) {
  return error.kind == ErrorKind::authorization || error.kind == ErrorKind::configuration;
}

Error at(const config::Origin& origin, const Error& error) {
  const std::string where = to_string(origin);
  return Error{ErrorKind::configuration, where.empty() ? error.text : where + ": " + error.text};
}

}  // namespace

Result<TopicBoard> TopicBoard::make(const config::FlowSettings& flow) {
  auto filter = topics::TopicFilter::compile(flow.topics.include, flow.topics.exclude,
                                             flow.source.exclude_internal_topics);
  if (!filter) {
    const auto alone = topics::TopicFilter::compile(flow.topics.include, "", true);
    return at(alone ? flow.topics.exclude_origin : flow.topics.include_origin, filter.error());
  }
  std::vector<topics::TopicRenamer::Rule> rules;
  for (const auto& rule : flow.topics.renames) rules.push_back({rule.pattern, rule.replacement});
  auto renamer = topics::TopicRenamer::compile(rules, flow.topics.prefix);
  if (!renamer) {
    return at(rules.empty() ? flow.topics.include_origin : flow.topics.renames.front().origin,
              renamer.error());
  }
  pipeline::PlanRules plan_rules;
  plan_rules.partitioning = to_mode(flow.partitioning);
  plan_rules.create_topics = flow.create_topics;
  plan_rules.record_bytes_max = flow.target.record_bytes_max;
  plan_rules.engine = to_engine(flow.engine);
  plan_rules.against_passthrough = against_passthrough(flow);
  return TopicBoard(std::move(*filter), std::move(*renamer), std::move(plan_rules));
}

pipeline::PlanRules TopicBoard::rules_for(const std::string& source_topic) const {
  pipeline::PlanRules rules = rules_;
  if (const Route* running = route(source_topic)) {
    rules.partitioning = running->partitioner.by_key() ? topics::PartitioningMode::key
                                                       : topics::PartitioningMode::source;
    rules.running = running->engine;
  }
  return rules;
}

Result<std::vector<TopicPlan>> TopicBoard::plan(const kafka::Cluster& source,
                                                const kafka::Cluster& target, bool with_config,
                                                Milliseconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  const auto source_topics = source.topics(timeout);
  if (!source_topics) return source_topics.error();
  const auto target_topics = target.topics(timeout);
  if (!target_topics) return target_topics.error();
  std::vector<TopicFacts> topics = look(*source_topics, *target_topics);
  learn_configs(topics, source, target, with_config, deadline);
  std::map<std::string, std::string> passing;
  for (const auto& [source_topic, route] : routes_) {
    if (route.engine == pipeline::EngineKind::passthrough) {
      passing.emplace(route.target, source_topic);
    }
  }
  const auto rules = [this](const TopicFacts& facts) {
    return facts.target.empty() ? rules_ : rules_for(facts.source);
  };
  return pipeline::plan_topics(std::move(topics), rules, std::move(passing));
}

/// The topics of the flow, as far as lists of topics tell.
std::vector<TopicFacts> TopicBoard::look(const std::vector<kafka::TopicInfo>& on_source,
                                         const std::vector<kafka::TopicInfo>& on_target) const {
  std::map<std::string, std::int32_t> target_counts;
  for (const auto& topic : on_target) {
    if (topic.partitions > 0) target_counts.emplace(topic.name, topic.partitions);
  }
  std::vector<TopicFacts> topics;
  for (const kafka::TopicInfo& topic : on_source) {
    if (topic.error != 0 || topic.partitions == 0 || !filter_.matches(topic.name)) continue;
    TopicFacts& facts = topics.emplace_back();
    facts.source = topic.name;
    facts.source_partitions = topic.partitions;
    const auto renamed = renamer_.rename(topic.name);
    if (!renamed) {
      facts.target_problem = renamed.error().text;
      continue;
    }
    facts.target = *renamed;
    const auto found = target_counts.find(facts.target);
    if (found != target_counts.end()) facts.target_partitions = found->second;
  }
  return topics;
}

/// Not being allowed to know is an answer too, and so is a cluster that can not tell; one that does
/// not answer is asked again next time, for topics that do not run until then.
void TopicBoard::learn_configs(std::vector<TopicFacts>& topics, const kafka::Cluster& source,
                               const kafka::Cluster& target, bool anew, SteadyTime deadline) {
  const auto ask = [&](const kafka::Cluster& cluster, std::vector<std::string> names,
                       Configs& known) {
    if (!anew) std::erase_if(names, [&](const auto& name) { return known.contains(name); });
    std::sort(names.begin(), names.end());  // renames may lead to one target
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.empty()) return;
    const auto left =
        std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
    auto answer = cluster.topic_configs(names, k_planned_configs, std::max(left, Milliseconds(1)));
    if (!answer) {
      log::debug("app", "{}: their values are unknown", answer.error().text);
      if (is_answer(answer.error())) {
        for (const auto& name : names) known[name] = {};
      }
      return;
    }
    for (auto& [name, values] : *answer) {
      if (values || is_answer(values.error())) {
        known[name] = values ? std::move(*values) : kafka::Cluster::Config();
      }
    }
  };
  std::vector<std::string> of_source;
  std::vector<std::string> of_target;
  for (const TopicFacts& facts : topics) {
    const bool wanted = passthrough_possible() && route(facts.source) == nullptr;
    if (facts.target.empty() || !(anew || wanted)) continue;
    of_source.push_back(facts.source);
    if (facts.target_partitions) of_target.push_back(facts.target);
  }
  ask(source, std::move(of_source), source_configs_);
  ask(target, std::move(of_target), target_configs_);
  for (TopicFacts& facts : topics) {
    if (const auto own = source_configs_.find(facts.source); own != source_configs_.end()) {
      facts.source_config = own->second;
    }
    if (const auto own = target_configs_.find(facts.target); own != target_configs_.end()) {
      facts.target_config = own->second;
    }
  }
}

bool TopicBoard::passthrough_possible() const {
  return rules_.engine != pipeline::EngineKind::records && rules_.against_passthrough.empty();
}

void TopicBoard::rule_out_passthrough(const std::string& why) {
  if (rules_.against_passthrough.empty()) rules_.against_passthrough = why;
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
  Route route{plan.target, *plan.partitioner, *plan.target_partitions, plan.engine, true, {}};
  if (const auto found = source_configs_.find(plan.source); found != source_configs_.end()) {
    const auto policy = found->second.find("cleanup.policy");
    route.compacted =
        policy == found->second.end() || policy->second.find("compact") != std::string::npos;
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
