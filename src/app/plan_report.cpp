#include "app/plan_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace kferry::app {
namespace {

using nlohmann::json;
using pipeline::TopicPlan;

const char* to_string(TopicPlan::Action action) {
  switch (action) {
    case TopicPlan::Action::none:
      return "";
    case TopicPlan::Action::create:
      return "create target topic";
    case TopicPlan::Action::grow:
      return "add partitions on the target";
  }
  return "";
}

struct Widths {
  std::size_t source = 12;
  std::size_t target = 12;
};

const TopicStart* start_of(const FlowPlan& plan, const TopicPlan& topic) {
  const auto found = plan.starts.find(topic.source);
  return found == plan.starts.end() ? nullptr : &found->second;
}

std::string state_of(const TopicPlan& topic) {
  if (topic.blocked) return "FAILS: " + topic.blocked_text;
  const std::string action = to_string(topic.action);
  return action.empty() ? "ok" : "ok: will " + action;
}

void append_topic(std::string& out, const FlowPlan& plan, const TopicPlan& topic,
                  const Widths& widths) {
  const auto to = std::back_inserter(out);
  const std::string counts =
      fmt::format("{} -> {}", topic.source_partitions,
                  topic.target_partitions ? std::to_string(*topic.target_partitions) : "-");
  fmt::format_to(to, "  {:<{}}  {:<{}}  {:>10}  {:<12}  {:<11}  {}\n", topic.source, widths.source,
                 topic.target, widths.target, counts,
                 topic.partitioning.empty() ? "-" : "by " + topic.partitioning,
                 to_string(topic.engine), state_of(topic));
  const auto below = [&](const std::string& text) {
    fmt::format_to(to, "  {:<{}}    {}\n", "", widths.source, text);
  };
  if (!topic.engine_reason.empty()) {
    below(fmt::format("{}: {}", to_string(topic.engine), topic.engine_reason));
  }
  if (const TopicStart* const start = start_of(plan, topic)) {
    below("starts " + to_string(*start));
    if (start->lost > 0) {
      below(fmt::format("warning: {} records were deleted at the source before they were mirrored",
                        start->lost));
    }
  }
  for (const std::string& warning : topic.warnings) below("warning: " + warning);
}

json start_json(const TopicStart& start) {
  return {{"committed", start.committed},
          {"earliest", start.earliest},
          {"latest", start.latest},
          {"unknown", start.unknown},
          {"problem", start.problem},
          {"records_to_copy", start.records_known ? json(start.records) : json(nullptr)},
          {"records_lost", start.lost}};
}

json or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

}  // namespace

std::string plan_table(const FlowPlan& plan) {
  std::string out = fmt::format("flow {}: source cluster {} -> target cluster {}\n", plan.name,
                                plan.source_cluster_id, plan.target_cluster_id);
  if (!plan.error.empty()) return out + "  " + plan.error + "\n";
  Widths widths;
  for (const TopicPlan& topic : plan.topics) {
    widths.source = std::max(widths.source, topic.source.size());
    widths.target = std::max(widths.target, topic.target.size());
  }
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "  {:<{}}  {:<{}}  {:>10}  {:<12}  {:<11}  {}\n", "SOURCE TOPIC",
                 widths.source, "TARGET TOPIC", widths.target, "PARTITIONS", "PARTITIONING",
                 "ENGINE", "STATE");
  for (const TopicPlan& topic : plan.topics) append_topic(out, plan, topic, widths);
  if (!plan.starts_problem.empty()) {
    fmt::format_to(to, "  warning: where reading would start is not known: {}\n",
                   plan.starts_problem);
  }
  return out;
}

nlohmann::json plan_json(const FlowPlan& plan) {
  json topics = json::array();
  for (const TopicPlan& topic : plan.topics) {
    const TopicStart* const start = start_of(plan, topic);
    topics.push_back({{"source", topic.source},
                      {"target", topic.target},
                      {"source_partitions", topic.source_partitions},
                      {"target_partitions",
                       topic.target_partitions ? json(*topic.target_partitions) : json(nullptr)},
                      {"partitioning", topic.partitioning},
                      {"engine", to_string(topic.engine)},
                      {"engine_reason", topic.engine_reason},
                      {"action", to_string(topic.action)},
                      {"blocked", topic.blocked ? json(*topic.blocked) : json(nullptr)},
                      {"blocked_text", topic.blocked_text},
                      {"start", start == nullptr ? json(nullptr) : start_json(*start)},
                      {"warnings", topic.warnings}});
  }
  return {{"flow", plan.name},
          {"error", or_null(plan.error)},
          {"source_cluster_id", or_null(plan.source_cluster_id)},
          {"target_cluster_id", or_null(plan.target_cluster_id)},
          {"start_problem", or_null(plan.starts_problem)},
          {"topics", topics}};
}

}  // namespace kferry::app
