#include "app/plan_command.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/explain_table.hpp"
#include "app/flow_config.hpp"
#include "app/passthrough_config.hpp"
#include "app/record_filter.hpp"
#include "app/topic_board.hpp"
#include "kferry/config/command_line.hpp"
#include "kferry/kafka/cluster.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_timeout{10'000};

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

struct FlowPlan {
  std::string name;
  std::string source_cluster_id;
  std::string target_cluster_id;
  std::vector<TopicPlan> topics;
};

/// Whether the principal may use the consumer group at all.
Result<void> may_read_group(const kafka::Cluster& source, const std::vector<TopicPlan>& topics) {
  if (topics.empty()) return {};
  const std::array asked{TopicPartition{topics.front().source, Partition(0)}};
  const auto committed = source.committed(asked, k_timeout);
  if (!committed && committed.error().kind == ErrorKind::authorization) return committed.error();
  return {};
}

/// Connects, asks, decides. Errors: what kept it from asking.
Result<FlowPlan> plan_flow(const config::FlowSettings& settings) {
  auto board = TopicBoard::make(settings);
  if (!board) return board.error();
  const SystemClock clock;
  constexpr auto k_silent = kafka::ConnectionWatch::Voice::silent;
  kafka::LogContext source_context{kafka::Side::source, settings.name,
                                   make_watch(kafka::Side::source, settings, clock, k_silent)};
  kafka::LogContext target_context{kafka::Side::target, settings.name,
                                   make_watch(kafka::Side::target, settings, clock, k_silent)};
  const auto source_client =
      kafka::make_query_client(source_query_config(settings), source_context);
  if (!source_client) return source_client.error();
  const auto target_client = kafka::make_query_client(target_config(settings), target_context);
  if (!target_client) return target_client.error();
  const kafka::Cluster source(source_client->get(), kafka::Side::source);
  const kafka::Cluster target(target_client->get(), kafka::Side::target);

  FlowPlan plan;
  plan.name = settings.name;
  const auto source_id = kafka::await_cluster(source, *source_context.watch, k_timeout);
  if (!source_id) {
    return Error{source_id.error().kind, source_id.error().text + "; bootstrap.servers=" +
                                             settings.source.bootstrap_servers};
  }
  const auto target_id = kafka::await_cluster(target, *target_context.watch, k_timeout);
  if (!target_id) {
    return Error{target_id.error().kind, target_id.error().text + "; bootstrap.servers=" +
                                             settings.target.bootstrap_servers};
  }
  plan.source_cluster_id = *source_id;
  plan.target_cluster_id = *target_id;
  if (board->passthrough_possible()) {
    if (const auto why = against_clusters(settings, k_timeout)) board->rule_out_passthrough(*why);
  }
  auto topics = board->plan(source, target, true, k_timeout);
  if (!topics) return topics.error();
  if (const auto allowed = may_read_group(source, *topics); !allowed) return allowed.error();
  for (TopicPlan& topic : *topics) {
    if (*source_id == *target_id && topic.source == topic.target) {
      topic.blocked = "source-equals-target";
      topic.blocked_text =
          "source and target are the same cluster: the topic would be copied into itself";
    }
  }
  plan.topics = std::move(*topics);
  return plan;
}

void print_table(const FlowPlan& plan) {
  fmt::print("flow {}: source cluster {} -> target cluster {}\n", plan.name, plan.source_cluster_id,
             plan.target_cluster_id);
  if (plan.topics.empty()) {
    fmt::print("  no source topic matches, or none that the principal may describe\n");
    return;
  }
  std::size_t source_width = 12;
  std::size_t target_width = 12;
  for (const TopicPlan& topic : plan.topics) {
    source_width = std::max(source_width, topic.source.size());
    target_width = std::max(target_width, topic.target.size());
  }
  fmt::print("  {:<{}}  {:<{}}  {:>10}  {:<12}  {:<11}  {}\n", "SOURCE TOPIC", source_width,
             "TARGET TOPIC", target_width, "PARTITIONS", "PARTITIONING", "ENGINE", "STATE");
  for (const TopicPlan& topic : plan.topics) {
    const std::string counts =
        fmt::format("{} -> {}", topic.source_partitions,
                    topic.target_partitions ? std::to_string(*topic.target_partitions) : "-");
    const std::string action = to_string(topic.action);
    fmt::print("  {:<{}}  {:<{}}  {:>10}  {:<12}  {:<11}  {}\n", topic.source, source_width,
               topic.target, target_width, counts,
               topic.partitioning.empty() ? "-" : "by " + topic.partitioning,
               to_string(topic.engine),
               topic.blocked ? "FAILS: " + topic.blocked_text
                             : (action.empty() ? "ok" : "ok: will " + action));
    if (!topic.engine_reason.empty()) {
      fmt::print("  {:<{}}    {}: {}\n", "", source_width, to_string(topic.engine),
                 topic.engine_reason);
    }
    for (const std::string& warning : topic.warnings) {
      fmt::print("  {:<{}}    warning: {}\n", "", source_width, warning);
    }
  }
}

json to_json(const FlowPlan& plan) {
  json topics = json::array();
  for (const TopicPlan& topic : plan.topics) {
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
                      {"warnings", topic.warnings}});
  }
  return {{"flow", plan.name},
          {"source_cluster_id", plan.source_cluster_id},
          {"target_cluster_id", plan.target_cluster_id},
          {"topics", topics}};
}

std::vector<std::string> library_notices(const config::Settings& settings) {
  std::vector<std::string> notices;
  for (const config::FlowSettings& flow : settings.flows) {
    for (std::string& text : kafka::security_notices(flow.source.security)) {
      notices.push_back(flow.name + ": source: " + std::move(text));
    }
    for (std::string& text : kafka::security_notices(flow.target.security)) {
      notices.push_back(flow.name + ": target: " + std::move(text));
    }
  }
  return notices;
}

void print_notices(const config::Settings& settings) {
  for (const auto& notice : settings.notices) {
    fmt::print(stderr, "kferry: {}\n", config::to_string(notice));
  }
  for (const std::string& notice : library_notices(settings)) {
    fmt::print(stderr, "kferry: warning: {}\n", notice);
  }
}

}  // namespace

ExitCode plan_command(const config::Settings& settings, bool as_json) {
  if (!as_json) print_notices(settings);
  ExitCode code = ExitCode::ok;
  json flows = json::array();
  for (const config::FlowSettings& flow : settings.flows) {
    const auto plan = plan_flow(flow);
    if (!plan) {
      fmt::print(stderr, "kferry: {}: {}\n", flow.name, plan.error().text);
      code = exit_code(plan.error().kind);
      continue;
    }
    for (const TopicPlan& topic : plan->topics) {
      if (topic.blocked && code == ExitCode::ok) code = ExitCode::configuration;
    }
    if (as_json) {
      flows.push_back(to_json(*plan));
    } else {
      print_table(*plan);
    }
  }
  if (as_json) fmt::print("{}\n", json{{"flows", flows}}.dump(2));
  return code;
}

std::vector<std::string> pattern_mistakes(const config::Settings& settings) {
  std::vector<std::string> mistakes;
  for (const config::FlowSettings& flow : settings.flows) {
    const auto note = [&](const Error& error) {
      mistakes.push_back(flow.name + ": " + error.text);
    };
    if (const auto board = TopicBoard::make(flow); !board && !flow.topics.include.empty()) {
      note(board.error());
    }
    if (const auto filter = make_record_filter(flow.filters); !filter) note(filter.error());
  }
  return mistakes;
}

ExitCode check_command(const config::Settings& settings, bool as_json, bool explain) {
  std::vector<std::string> mistakes = pattern_mistakes(settings);
  for (const config::FlowSettings& flow : settings.flows) {
    const auto note = [&](const Error& error) {
      mistakes.push_back(flow.name + ": " + error.text);
    };
    const auto member = kafka::make_conf(member_config(flow, prefetch_limits(1, 1)));
    if (!member) note(member.error());
    const auto target = kafka::make_conf(target_config(flow));
    if (!target) note(target.error());
  }
  if (as_json) {
    json notices = json::array();
    for (const auto& notice : settings.notices) notices.push_back(config::to_string(notice));
    for (const std::string& notice : library_notices(settings)) notices.push_back(notice);
    json document{{"mistakes", mistakes}, {"notices", notices}};
    if (explain) document["explain"] = explain_rows(settings.explanations);
    fmt::print("{}\n", document.dump(2, ' ', false, json::error_handler_t::replace));
  } else {
    if (explain) fmt::print("{}", explain_table(settings.explanations));
    print_notices(settings);
    for (const std::string& mistake : mistakes) fmt::print(stderr, "kferry: {}\n", mistake);
    if (mistakes.empty()) {
      fmt::print("configuration ok: {} flow(s), {} notice(s)\n", settings.flows.size(),
                 settings.notices.size());
    }
  }
  return mistakes.empty() ? ExitCode::ok : ExitCode::configuration;
}

}  // namespace kferry::app
