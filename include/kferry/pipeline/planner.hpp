#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kferry/topics/partitioner.hpp"

namespace kferry::pipeline {

/// What is known of a source topic and of the topic that its records go to. Values that the
/// clusters did not tell (no right to describe) are absent, and nothing is concluded from that.
struct TopicFacts {
  std::string source;
  std::string target;
  std::int32_t source_partitions = 0;
  std::optional<std::int32_t> target_partitions;     ///< absent: no such topic
  std::string target_problem;                        ///< why the target topic can not be used
  std::map<std::string, std::string> source_config;  ///< effective; empty: unknown
  std::map<std::string, std::string> target_config;
};

enum class EngineKind { passthrough, records };
const char* to_string(EngineKind engine) noexcept;

struct PlanRules {
  topics::PartitioningMode partitioning = topics::PartitioningMode::automatic;
  bool create_topics = false;
  std::optional<std::int64_t> record_bytes_max;  ///< the producer's own limit
  std::optional<EngineKind> engine;  ///< the operator's choice; unset: passthrough where possible
  /// The engine of a topic that runs: it stays, whatever changes.
  std::optional<EngineKind> running;
  /// Why no topic of the flow can go by passthrough; empty: nothing is in the way.
  std::string against_passthrough;
};

/// What happens to one topic and why.
struct TopicPlan {
  enum class Action { none, create, grow };
  std::string source;
  std::string target;
  std::int32_t source_partitions = 0;
  std::optional<std::int32_t> target_partitions;
  EngineKind engine = EngineKind::records;
  std::string engine_reason;
  std::string partitioning;  ///< "source", "key" or empty while it can not be decided
  std::optional<topics::Partitioner> partitioner;
  Action action = Action::none;
  std::optional<std::string> blocked;  ///< stable reason name; the topic can not run
  std::string blocked_text;            ///< the same for people, with what to do
  std::vector<std::string> warnings;
};

/// Decides from facts and rules alone. Thread: any.
TopicPlan plan_topic(const TopicFacts& facts, const PlanRules& rules);

/// All topics of a flow, by source topic. A producer numbers the batches of a target partition as
/// they come from one source partition, so of the topics that go to one target topic one can pass
/// and the others come record by record. passing: target topic to the source topic that passes to
/// it already.
std::vector<TopicPlan> plan_topics(std::vector<TopicFacts> topics,
                                   const std::function<PlanRules(const TopicFacts&)>& rules_for,
                                   std::map<std::string, std::string> passing);

}  // namespace kferry::pipeline
