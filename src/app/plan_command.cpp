#include "app/plan_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/explain_table.hpp"
#include "app/flow_config.hpp"
#include "app/passthrough_config.hpp"
#include "app/plan_report.hpp"
#include "app/record_filter.hpp"
#include "app/refusal.hpp"
#include "app/topic_board.hpp"
#include "kferry/config/command_line.hpp"
#include "kferry/kafka/cluster.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_timeout{10'000};

using nlohmann::json;
using pipeline::TopicPlan;

/// Where each topic would start. Errors: the principal may not use the group at all.
Result<void> learn_starts(FlowPlan& plan, const kafka::Cluster& source, config::OffsetReset reset) {
  auto starts = plan_starts(source, reset, plan.topics, k_timeout);
  if (!starts) {
    if (starts.error().kind == ErrorKind::authorization) return starts.error();
    plan.starts_problem = starts.error().text;
    return {};
  }
  plan.starts = std::move(*starts);
  for (TopicPlan& topic : plan.topics) {
    const auto start = plan.starts.find(topic.source);
    if (topic.blocked || start == plan.starts.end() || start->second.unknown == 0) continue;
    topic.blocked = "start-position-unknown";
    topic.blocked_text = start->second.problem;
  }
  return {};
}

void refuse_copies_onto_themselves(FlowPlan& plan) {
  if (plan.source_cluster_id != plan.target_cluster_id) return;
  for (TopicPlan& topic : plan.topics) {
    if (topic.source != topic.target) continue;
    topic.blocked = "source-equals-target";
    topic.blocked_text =
        "source and target are the same cluster: the topic would be copied into itself";
  }
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
  plan.topics = std::move(*topics);
  if (plan.topics.empty()) plan.error = k_no_topic_matches;
  const auto learned = learn_starts(plan, source, settings.source.offset_reset);
  if (!learned) return learned.error();
  refuse_copies_onto_themselves(plan);
  return plan;
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

std::vector<std::string> all_notices(const config::Settings& settings) {
  std::vector<std::string> lines;
  for (const auto& notice : settings.notices) lines.push_back(config::to_string(notice));
  for (std::string& notice : library_notices(settings)) lines.push_back(std::move(notice));
  return lines;
}

bool can_run(const FlowPlan& plan) {
  return plan.error.empty() && std::none_of(plan.topics.begin(), plan.topics.end(),
                                            [](const auto& topic) { return topic.blocked; });
}

void print_notices(const config::Settings& settings) {
  for (const auto& notice : settings.notices) {
    fmt::print(stderr, "kferry: {}\n", notice_line(notice));
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
      FlowPlan none;
      none.name = flow.name;
      none.error = plan.error().text;
      flows.push_back(plan_json(none));
      continue;
    }
    if (code == ExitCode::ok && !can_run(*plan)) code = ExitCode::configuration;
    if (as_json) {
      flows.push_back(plan_json(*plan));
    } else {
      fmt::print("{}", plan_table(*plan));
    }
  }
  if (as_json) {
    const json document{{"flows", flows}, {"notices", all_notices(settings)}};
    fmt::print("{}\n", document.dump(2, ' ', false, json::error_handler_t::replace));
  }
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
    json document{{"mistakes", mistakes}, {"notices", all_notices(settings)}};
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
