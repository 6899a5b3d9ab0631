#include "kferry/observe/status.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <tuple>
#include <vector>

#include "kferry/observe/readiness.hpp"
#include "kferry/observe/totals.hpp"

namespace kferry::observe {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool any_holds(std::initializer_list<std::string> texts, const std::string& lower_filter) {
  return lower_filter.empty() || std::ranges::any_of(texts, [&](const std::string& text) {
           return lower(text).find(lower_filter) != std::string::npos;
         });
}

bool matches(const ShardSnapshot& shard, const std::string& lower_filter) {
  return any_holds({shard.topic + "-" + std::to_string(shard.partition), shard.target_topic,
                    to_string(shard.state), shard.reason},
                   lower_filter);
}

int calmness(const ShardSnapshot& shard) {
  switch (shard.state) {
    case ShardState::parked:
      return 0;
    case ShardState::waiting:
      return 1;
    case ShardState::starting:
      return 2;
    case ShardState::draining:
      return 3;
    case ShardState::running:
      return shard.reason.empty() ? 4 : 1;
  }
  return 5;
}

bool worse(const ShardSnapshot* a, const ShardSnapshot* b) {
  const auto rank = [](const ShardSnapshot& shard) {
    return std::tuple(calmness(shard), -shard.lag_records.value_or(0),
                      std::string_view(shard.topic), shard.partition);
  };
  return rank(*a) < rank(*b);
}

Json shard_json(const ShardSnapshot& shard) {
  return {{"topic", shard.topic},
          {"partition", shard.partition},
          {"target_topic", shard.target_topic},
          {"engine", shard.engine},
          {"engine_reason", shard.engine_reason},
          {"state", to_string(shard.state)},
          {"reason", shard.reason},
          {"source_end_offset", or_null(shard.source_end_offset)},
          {"position_offset", or_null(shard.position)},
          {"committed_offset", or_null(shard.committed_offset)},
          {"lag_records", or_null(shard.lag_records)},
          {"lag_seconds", or_null(shard.lag_seconds)},
          {"records_mirrored", shard.records_mirrored},
          {"bytes_mirrored", shard.bytes_mirrored},
          {"records_filtered", shard.records_filtered},
          {"records_dropped", shard.records_dropped},
          {"records_lost", shard.records_lost},
          {"batches", shard.batches}};
}

Json delay_json(const DelayHistogram& delay) {
  Json buckets = Json::array();
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < delay.counts.size(); ++i) {
    cumulative += delay.counts[i];
    const bool last = i == k_delay_bounds_seconds.size();
    buckets.push_back(
        {{"le", last ? Json("+Inf") : Json(k_delay_bounds_seconds[i])}, {"count", cumulative}});
  }
  return {{"count", cumulative}, {"sum", delay.sum_seconds}, {"buckets", std::move(buckets)}};
}

Json troubles_json(const FlowSnapshot& flow) {
  Json troubles = Json::array();
  for (const ConnectionTrouble& trouble : flow.connection_troubles) {
    troubles.push_back(
        {{"cluster", trouble.cluster}, {"kind", trouble.kind}, {"text", trouble.text}});
  }
  return troubles;
}

Json waiting_json(const FlowSnapshot& flow, const StatusQuery& query) {
  Json topics = Json::array();
  const std::string filter = lower(query.filter);
  for (const WaitingTopic& waiting : flow.waiting) {
    if (query.worst && topics.size() >= *query.worst) break;
    if (!any_holds({waiting.topic, waiting.reason, waiting.text}, filter)) continue;
    topics.push_back(
        {{"topic", waiting.topic}, {"reason", waiting.reason}, {"text", waiting.text}});
  }
  return topics;
}

Json states_json(const FlowSnapshot& flow) {
  Json states = Json::object();
  for (const ShardState state : {ShardState::waiting, ShardState::starting, ShardState::running,
                                 ShardState::draining, ShardState::parked})
    states[to_string(state)] = std::ranges::count(flow.shards, state, &ShardSnapshot::state);
  return states;
}

Json flow_json(const FlowSnapshot& flow, const StatusQuery& query) {
  std::vector<const ShardSnapshot*> chosen;
  const std::string filter = lower(query.filter);
  for (const ShardSnapshot& shard : flow.shards)
    if (matches(shard, filter)) chosen.push_back(&shard);
  const std::size_t matching = chosen.size();
  if (query.worst) {
    const std::size_t kept = std::min(*query.worst, matching);
    std::ranges::partial_sort(chosen, chosen.begin() + static_cast<std::ptrdiff_t>(kept), worse);
    chosen.resize(kept);
  }
  Json shards = Json::array();
  for (const ShardSnapshot* shard : chosen) shards.push_back(shard_json(*shard));

  const Totals sum = totals(flow);
  return {{"name", flow.name},
          {"state", to_string(flow.state)},
          {"reason", flow.reason},
          {"ready", is_ready(flow)},
          {"connection_troubles", troubles_json(flow)},
          {"source_cluster_id", flow.source_cluster_id},
          {"target_cluster_id", flow.target_cluster_id},
          {"group_id", flow.group_id},
          {"lag_records", or_null(sum.lag_records)},
          {"lag_seconds", or_null(sum.lag_seconds)},
          {"records_mirrored", sum.records_mirrored},
          {"bytes_mirrored", sum.bytes_mirrored},
          {"records_filtered", sum.records_filtered},
          {"records_dropped", sum.records_dropped},
          {"records_lost", sum.records_lost},
          {"batches", sum.batches},
          {"rebalances", flow.rebalances},
          {"producer_recreations", flow.producer_recreations},
          {"timestamps_replaced", flow.timestamps_replaced},
          {"memory_used_bytes", flow.memory_used_bytes},
          {"send_errors", flow.send_errors},
          {"commit_failures", flow.commit_failures},
          {"waiting_topics", flow.waiting_topics},
          {"waiting", waiting_json(flow, query)},
          {"mirror_delay_seconds", delay_json(flow.delay)},
          {"shard_states", states_json(flow)},
          {"shards_total", flow.shards.size()},
          {"shards_matching", matching},
          {"shards", std::move(shards)}};
}

std::string url_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned byte = 0;
    const char* const digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

}  // namespace

StatusQuery parse_status_query(const std::string& query) {
  StatusQuery parsed;
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = pair.substr(0, equals);
    const std::string value = url_decoded(pair.substr(equals + 1));
    if (key == "filter") parsed.filter = value;
    if (key == "worst") {
      std::size_t worst = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), worst);
      if (error == std::errc{} && end == value.data() + value.size()) parsed.worst = worst;
    }
  }
  return parsed;
}

std::string status_json(const Snapshot& snapshot, const StatusQuery& query) {
  Json flows = Json::array();
  for (const FlowSnapshot& flow : snapshot.flows) flows.push_back(flow_json(flow, query));
  const Json status = {{"version", snapshot.version},
                       {"librdkafka_version", snapshot.library_version},
                       {"uptime_seconds", snapshot.uptime_seconds},
                       {"memory_budget_bytes", snapshot.memory_budget_bytes},
                       {"ready", is_ready(snapshot)},
                       {"not_ready_reasons", not_ready_reasons(snapshot)},
                       {"flows", std::move(flows)}};
  // Reasons may quote foreign bytes, which must not make the page fail.
  return status.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kferry::observe
