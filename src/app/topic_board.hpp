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

  /// One look at both clusters. with_config also reads topic configurations, for warnings.
  Result<std::vector<pipeline::TopicPlan>> plan(const kafka::Cluster& source,
                                                const kafka::Cluster& target, bool with_config,
                                                Milliseconds timeout);
  /// Creates or grows what the plan says. Nothing happens to a plan without an action.
  Result<void> carry_out(const pipeline::TopicPlan& plan, const kafka::Cluster& source,
                         const kafka::Cluster& target, Milliseconds timeout) const;

  /// A topic that runs: where it goes and how, as decided when it first could.
  struct Route {
    std::string target;
    topics::Partitioner partitioner;
    std::int32_t target_partitions = 0;
  };
  /// Takes over what plans decided. Returns the source topics that can run, sorted.
  std::vector<std::string> settle(const std::vector<pipeline::TopicPlan>& plans);
  const Route* route(const std::string& source_topic) const;

 private:
  TopicBoard(topics::TopicFilter filter, topics::TopicRenamer renamer, pipeline::PlanRules rules)
      : filter_(std::move(filter)), renamer_(std::move(renamer)), rules_(rules) {}
  pipeline::PlanRules rules_for(const std::string& source_topic) const;

  topics::TopicFilter filter_;
  topics::TopicRenamer renamer_;
  pipeline::PlanRules rules_;
  std::map<std::string, Route> routes_;
};

}  // namespace kferry::app
