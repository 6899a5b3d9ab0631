#include "kferry/pipeline/planner.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace kferry::pipeline {
namespace {

std::optional<std::int64_t> number(const std::map<std::string, std::string>& config,
                                   const char* name) {
  const auto found = config.find(name);
  if (found == config.end()) return std::nullopt;
  std::int64_t value = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string text(const std::map<std::string, std::string>& config, const char* name) {
  const auto found = config.find(name);
  return found == config.end() ? std::string() : found->second;
}

void warn_about_sizes(const TopicFacts& facts, const PlanRules& rules, TopicPlan& plan) {
  const auto source_max = number(facts.source_config, "max.message.bytes");
  const auto target_max = number(facts.target_config, "max.message.bytes");
  if (source_max && target_max && *target_max < *source_max) {
    plan.warnings.emplace_back(
        "max.message.bytes is " + std::to_string(*target_max) + " on the target and " +
        std::to_string(*source_max) +
        " on the source: records between the two will be refused; raise it on "
        "the target topic");
  }
  if (rules.record_bytes_max && source_max && *rules.record_bytes_max < *source_max) {
    plan.warnings.push_back("max.request.size is " + std::to_string(*rules.record_bytes_max) +
                            " and the source topic holds records up to " +
                            std::to_string(*source_max) +
                            " bytes: larger ones will be refused; raise max.request.size");
  }
}

void warn_about_cleanup(const TopicFacts& facts, TopicPlan& plan) {
  const std::string source = text(facts.source_config, "cleanup.policy");
  const std::string target = text(facts.target_config, "cleanup.policy");
  if (!source.empty() && !target.empty() && source != target) {
    plan.warnings.push_back(
        "cleanup.policy is " + source + " on the source and " + target + " on the target" +
        (target.find("compact") != std::string::npos ? ": the target refuses records without key"
                                                     : ""));
  }
  const std::string type = text(facts.target_config, "message.timestamp.type");
  if (type == "LogAppendTime" &&
      text(facts.source_config, "message.timestamp.type") != "LogAppendTime") {
    plan.warnings.emplace_back(
        "message.timestamp.type is LogAppendTime on the target: record timestamps are replaced "
        "there by the time of arrival");
  }
}

/// Formats 0 and 1 end with 0.10; their versions are written "0.10.2-IV0" or "0.9.0.X".
bool old_message_format(const std::string& version) {
  return version.starts_with("0.8") || version.starts_with("0.9") || version.starts_with("0.10");
}

/// Why the topic can not go by passthrough; empty: it can.
std::string against_passthrough(const TopicFacts& facts, const PlanRules& rules, bool by_key) {
  if (!rules.against_passthrough.empty()) return rules.against_passthrough;
  if (by_key) return "records are placed by key";
  const std::string format = text(facts.source_config, "message.format.version");
  if (old_message_format(format)) return "its message format is that of " + format;
  return "";
}

void warn_about_batches(const TopicFacts& facts, TopicPlan& plan) {
  const std::string codec = text(facts.target_config, "compression.type");
  if (!codec.empty() && codec != "producer") {
    plan.warnings.push_back("compression.type is " + codec +
                            " on the target: its brokers compress again what comes in another "
                            "codec; set it to producer to spare them that");
  }
}

constexpr std::int64_t k_no_limit = std::numeric_limits<std::int64_t>::max();
constexpr const char* k_before = "message.timestamp.before.max.ms";
constexpr const char* k_after = "message.timestamp.after.max.ms";
/// Both ways, until 4.0; where a newer one is set it counts instead.
constexpr const char* k_difference = "message.timestamp.difference.max.ms";

struct TimeLimit {
  std::int64_t ms = k_no_limit;
  const char* name = k_difference;
};

TimeLimit time_limit(const std::map<std::string, std::string>& config, const char* name) {
  const auto own = number(config, name);
  if (own && *own != k_no_limit) return {*own, name};
  return {number(config, k_difference).value_or(k_no_limit), k_difference};
}

/// What a target refuses that its source has taken: a batch of which one record breaks a limit does
/// not arrive.
void warn_about_times(const TopicFacts& facts, TopicPlan& plan) {
  // Then the target sets the times itself, and looks at none.
  if (text(facts.target_config, "message.timestamp.type") == "LogAppendTime") return;
  const bool appended = text(facts.source_config, "message.timestamp.type") == "LogAppendTime";
  const auto warn = [&](const char* name, const char* where, const char* others) {
    const TimeLimit target = time_limit(facts.target_config, name);
    if (target.ms >= time_limit(facts.source_config, name).ms) return;
    plan.warnings.push_back("the target refuses record times more than " +
                            std::to_string(target.ms) + " ms " + where + " its clock (" +
                            target.name + ") and the source takes " + others +
                            " ones; raise it on the target topic if it may hold such records");
  };
  if (!appended) warn(k_after, "ahead of", "later");
  warn(k_before, "behind", "earlier");
}

void block(TopicPlan& plan, const char* reason, std::string what) {
  plan.blocked = reason;
  plan.blocked_text = std::move(what);
}

/// Without a target topic, or with one that is to be grown, the counts will be equal.
std::optional<std::int32_t> decide_target(const TopicFacts& facts, const PlanRules& rules,
                                          TopicPlan& plan) {
  if (!facts.target_partitions) {
    if (!rules.create_topics) {
      block(plan, "target-topic-missing",
            "topic " + facts.target +
                " does not exist on the target, or the principal may not describe it; create it "
                "there "
                "or start with --create.topics, or give the principal Describe");
      return std::nullopt;
    }
    plan.action = TopicPlan::Action::create;
    return facts.source_partitions;
  }
  if (rules.create_topics && *facts.target_partitions < facts.source_partitions &&
      rules.partitioning == topics::PartitioningMode::source) {
    plan.action = TopicPlan::Action::grow;
    return facts.source_partitions;
  }
  return facts.target_partitions;
}

void choose_engine(const TopicFacts& facts, const PlanRules& rules, TopicPlan& plan) {
  if (rules.running) {
    plan.engine = *rules.running;
    plan.engine_reason = "it runs so";
    return;
  }
  if (rules.engine == EngineKind::records) {
    plan.engine = EngineKind::records;
    plan.engine_reason = "chosen by --engine";
    return;
  }
  const std::string against = against_passthrough(facts, rules, plan.partitioner->by_key());
  const bool chosen = rules.engine == EngineKind::passthrough;
  plan.engine = chosen || against.empty() ? EngineKind::passthrough : EngineKind::records;
  if (against.empty()) {
    plan.engine_reason = chosen ? "chosen by --engine, and batches may go as they are"
                                : "batches may go as they are";
  } else if (chosen) {
    block(plan, "engine-not-possible", "--engine passthrough can not serve it: " + against);
  } else {
    plan.engine_reason = against;
  }
}

}  // namespace

const char* to_string(EngineKind engine) noexcept {
  return engine == EngineKind::passthrough ? "passthrough" : "records";
}

TopicPlan plan_topic(const TopicFacts& facts, const PlanRules& rules) {
  TopicPlan plan;
  plan.source = facts.source;
  plan.target = facts.target;
  plan.source_partitions = facts.source_partitions;
  plan.target_partitions = facts.target_partitions;
  if (!facts.target_problem.empty()) {
    block(plan, "target-topic-refused", facts.target_problem);
    return plan;
  }
  const auto target_count = decide_target(facts, rules, plan);
  if (!target_count) return plan;
  const auto partitioner =
      topics::Partitioner::make(rules.partitioning, facts.source_partitions, *target_count);
  if (!partitioner) {
    block(plan, "target-partitions-too-few", partitioner.error().text);
    return plan;
  }
  plan.partitioner = *partitioner;
  plan.partitioning = partitioner->by_key() ? "key" : "source";
  if (partitioner->by_key() && facts.source_partitions != *target_count) {
    plan.warnings.push_back(
        "partition counts differ: records are placed by key as a Java producer would; records "
        "without key by source partition modulo " +
        std::to_string(*target_count));
  }
  choose_engine(facts, rules, plan);
  warn_about_sizes(facts, rules, plan);
  warn_about_cleanup(facts, plan);
  warn_about_batches(facts, plan);
  warn_about_times(facts, plan);
  return plan;
}

std::vector<TopicPlan> plan_topics(std::vector<TopicFacts> topics,
                                   const std::function<PlanRules(const TopicFacts&)>& rules_for,
                                   std::map<std::string, std::string> passing) {
  std::sort(topics.begin(), topics.end(),
            [](const TopicFacts& a, const TopicFacts& b) { return a.source < b.source; });
  std::vector<TopicPlan> plans;
  plans.reserve(topics.size());
  for (const TopicFacts& facts : topics) {
    PlanRules rules = rules_for(facts);
    const auto other = passing.find(facts.target);
    if (other != passing.end() && other->second != facts.source &&
        rules.against_passthrough.empty()) {
      rules.against_passthrough = "topic " + other->second + " passes to the same target topic";
    }
    const TopicPlan& plan = plans.emplace_back(plan_topic(facts, rules));
    if (plan.partitioner && plan.engine == EngineKind::passthrough) {
      passing.emplace(plan.target, plan.source);
    }
  }
  return plans;
}

}  // namespace kferry::pipeline
