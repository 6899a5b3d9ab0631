#include "kferry/observe/readiness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "observe/text.hpp"

namespace kferry::observe {
namespace {

/// A shard that runs has a reason when nothing of it arrives.
bool stands_still(const ShardSnapshot& shard) {
  if (shard.state == ShardState::running) return !shard.reason.empty();
  return shard.state == ShardState::parked || shard.state == ShardState::waiting;
}

bool topic_waits(const FlowSnapshot& flow) {
  return std::ranges::any_of(flow.waiting_topics, [](const auto& entry) { return entry.second; });
}

std::string with_reason(const std::string& text, const std::string& reason) {
  return reason.empty() ? text : text + ": " + reason;
}

void add_shard_reasons(const FlowSnapshot& flow, std::vector<std::string>& lines) {
  std::size_t told = 0;
  std::size_t untold = 0;
  for (const ShardSnapshot& shard : flow.shards) {
    if (!stands_still(shard)) continue;
    if (told++ >= k_shard_reasons_max) {
      ++untold;
      continue;
    }
    const bool runs = shard.state == ShardState::running;
    lines.push_back(with_reason(
        fmt::format("flow {}: {}-{} {}", flow.name, shard.topic, shard.partition,
                    runs ? "does not move" : std::string("is ") + to_string(shard.state)),
        shard.reason));
  }
  if (untold != 0)
    lines.push_back(fmt::format("flow {}: and {} more partitions like these", flow.name, untold));
}

void add_waiting_topics(const FlowSnapshot& flow, std::vector<std::string>& lines) {
  for (const auto& [reason, topics] : flow.waiting_topics) {
    if (topics == 0) continue;
    lines.push_back(with_reason(fmt::format("flow {}: {} {}", flow.name, topics,
                                            topics == 1 ? "topic waits" : "topics wait"),
                                reason));
  }
  const std::size_t told = std::min(flow.waiting.size(), k_waiting_topics_max);
  for (const WaitingTopic& waiting : std::span(flow.waiting).first(told)) {
    const std::string text = with_reason("topic " + waiting.topic + " waits", waiting.text);
    if (text != flow.reason) lines.push_back(fmt::format("flow {}: {}", flow.name, text));
  }
  if (told < flow.waiting.size()) {
    lines.push_back(fmt::format("flow {}: and {} more topics wait; /status names them all",
                                flow.name, flow.waiting.size() - told));
  }
}

void add_flow_reasons(const FlowSnapshot& flow, std::vector<std::string>& lines) {
  const std::size_t before = lines.size();
  for (const ConnectionTrouble& trouble : flow.connection_troubles)
    if (trouble.text != flow.reason)
      lines.push_back(fmt::format("flow {}: {}", flow.name, trouble.text));
  if (!flow.reason.empty())
    lines.push_back(
        with_reason(fmt::format("flow {} is {}", flow.name, to_string(flow.state)), flow.reason));
  add_waiting_topics(flow, lines);
  add_shard_reasons(flow, lines);
  if (lines.size() != before) return;
  const auto starting = std::ranges::count_if(
      flow.shards, [](const auto& shard) { return shard.state != ShardState::running; });
  lines.push_back(starting == 0 ? fmt::format("flow {} is {}", flow.name, to_string(flow.state))
                                : fmt::format("flow {}: {} of {} partitions are not running yet",
                                              flow.name, starting, flow.shards.size()));
}

}  // namespace

bool is_ready(const FlowSnapshot& flow) {
  return flow.ready && flow.connection_troubles.empty() && !topic_waits(flow) &&
         std::ranges::none_of(flow.shards, stands_still);
}

bool is_ready(const Snapshot& snapshot) {
  return !snapshot.flows.empty() &&
         std::ranges::all_of(snapshot.flows, [](const auto& flow) { return is_ready(flow); });
}

std::vector<std::string> not_ready_reasons(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  if (snapshot.flows.empty()) lines.emplace_back("no flow has started yet");
  for (const FlowSnapshot& flow : snapshot.flows)
    if (!is_ready(flow)) add_flow_reasons(flow, lines);
  for (std::string& line : lines) line = one_line(line);
  return lines;
}

}  // namespace kferry::observe
