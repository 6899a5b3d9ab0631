#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/config/settings.hpp"
#include "kferry/kafka/cluster.hpp"
#include "kferry/pipeline/planner.hpp"
#include "kferry/topics/topic_filter.hpp"
#include "kferry/topics/topic_renamer.hpp"

namespace kferry::app {

/// Which topics a flow mirrors, to where, and what keeps some of them from it. Asks both clusters
/// and decides with the planner; remembers how a topic that runs is partitioned, since that must
/// not change under its keys. Thread: the flow's control thread.
class TopicBoard {
 public:
  /// Errors: configuration, with the origin of the wrong pattern.
  static Result<TopicBoard> make(const config::FlowSettings& flow);

  /// One look at both clusters. with_config reads the configurations of all topics anew, for
  /// warnings; without it only those are read that passthrough needs and that are not known yet.
  Result<std::vector<pipeline::TopicPlan>> plan(const kafka::Cluster& source,
                                                const kafka::Cluster& target, bool with_config,
                                                Milliseconds timeout);
  /// Creates or grows what the plan says. Nothing happens to a plan without an action.
  Result<void> carry_out(const pipeline::TopicPlan& plan, const kafka::Cluster& source,
                         const kafka::Cluster& target, Milliseconds timeout) const;

  /// Whether the operator and the flow's rules leave room for it.
  bool passthrough_possible() const;
  /// No topic goes by passthrough from here on, except those that run so already.
  void rule_out_passthrough(const std::string& why);

  /// A topic that runs: where it goes and how, as decided when it first could.
  struct Route {
    std::string target;
    topics::Partitioner partitioner;
    std::int32_t target_partitions = 0;
    pipeline::EngineKind engine = pipeline::EngineKind::records;
    /// The source topic is, or may be: where that could not be learned, missing offsets are taken
    /// for compaction's. That loses nothing, as whatever the broker hands out is taken, and stalls
    /// nothing; what is given up is a second look at the gaps.
    bool compacted = true;
    std::optional<std::int64_t> target_batch_bytes_max;  ///< max.message.bytes; unset: not known
  };
  /// Takes over what plans decided. Returns the source topics that can run, sorted.
  std::vector<std::string> settle(const std::vector<pipeline::TopicPlan>& plans);
  const Route* route(const std::string& source_topic) const;

 private:
  TopicBoard(topics::TopicFilter filter, topics::TopicRenamer renamer, pipeline::PlanRules rules)
      : filter_(std::move(filter)), renamer_(std::move(renamer)), rules_(std::move(rules)) {}
  Route route_of(const pipeline::TopicPlan& plan) const;
  pipeline::PlanRules rules_for(const std::string& source_topic) const;
  std::vector<pipeline::TopicFacts> look(const std::vector<kafka::TopicInfo>& on_source,
                                         const std::vector<kafka::TopicInfo>& on_target) const;
  void learn_configs(std::vector<pipeline::TopicFacts>& topics, const kafka::Cluster& source,
                     const kafka::Cluster& target, bool anew, SteadyTime deadline);

  topics::TopicFilter filter_;
  topics::TopicRenamer renamer_;
  pipeline::PlanRules rules_;
  std::map<std::string, Route> routes_;
  using Configs = std::map<std::string, kafka::Cluster::Config>;
  Configs source_configs_;  ///< by topic; empty: may not be read
  Configs target_configs_;
};

}  // namespace kferry::app
