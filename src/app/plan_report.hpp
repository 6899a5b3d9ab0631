#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/plan_starts.hpp"
#include "kferry/pipeline/planner.hpp"

namespace kferry::app {

/// What kferry plan found out about one flow.
struct FlowPlan {
  std::string name;
  std::string source_cluster_id;  ///< empty: did not answer
  std::string target_cluster_id;
  std::vector<pipeline::TopicPlan> topics;
  TopicStarts starts;
  std::string starts_problem;  ///< why there are no starts
  std::string error;           ///< why the flow as a whole can not run, or could not be planned
};

/// Said of a flow that has nothing to do.
inline constexpr const char* k_no_topic_matches =
    "no source topic matches, or none that the principal may describe";

/// For people: a table with what there is to say below each topic.
std::string plan_table(const FlowPlan& plan);
/// The same for machines.
nlohmann::json plan_json(const FlowPlan& plan);

}  // namespace kferry::app
