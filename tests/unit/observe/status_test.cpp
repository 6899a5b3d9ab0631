#include "kferry/observe/status.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/sample_snapshot.hpp"

namespace kferry::observe {
namespace {

using nlohmann::json;
using testing::running_shard;
using testing::sample_snapshot;

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

std::vector<std::string> shard_names(const json& status) {
  std::vector<std::string> names;
  for (const auto& shard : status["flows"][0]["shards"])
    names.push_back(shard["topic"].get<std::string>() + "-" +
                    std::to_string(shard["partition"].get<int>()));
  return names;
}

TEST(Status, FieldNamesAreStable) {
  const json status = json::parse(status_json(sample_snapshot()));
  EXPECT_EQ(keys(status),
            (std::vector<std::string>{"flows", "librdkafka_version", "memory_budget_bytes",
                                      "not_ready_reasons", "ready", "uptime_seconds", "version"}));
  EXPECT_EQ(keys(status["flows"][0]), (std::vector<std::string>{"batches",
                                                                "bytes_mirrored",
                                                                "commit_failures",
                                                                "connection_troubles",
                                                                "group_id",
                                                                "lag_records",
                                                                "lag_seconds",
                                                                "memory_used_bytes",
                                                                "mirror_delay_seconds",
                                                                "name",
                                                                "producer_recreations",
                                                                "ready",
                                                                "reason",
                                                                "rebalances",
                                                                "records_dropped",
                                                                "records_filtered",
                                                                "records_lost",
                                                                "records_mirrored",
                                                                "send_errors",
                                                                "shard_states",
                                                                "shards",
                                                                "shards_matching",
                                                                "shards_total",
                                                                "source_cluster_id",
                                                                "state",
                                                                "target_cluster_id",
                                                                "timestamps_replaced",
                                                                "waiting",
                                                                "waiting_topics"}));
  EXPECT_EQ(keys(status["flows"][0]["shards"][0]),
            (std::vector<std::string>{"batches", "bytes_mirrored", "committed_offset", "engine",
                                      "engine_reason", "lag_records", "lag_seconds", "partition",
                                      "position_offset", "reason", "records_dropped",
                                      "records_filtered", "records_lost", "records_mirrored",
                                      "source_end_offset", "state", "target_topic", "topic"}));
}

TEST(Status, Values) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].released.records_mirrored = 1000;
  snapshot.flows[0].send_errors = {{"TIMEOUT", 4}};
  snapshot.flows[0].delay.counts[0] = 2;
  snapshot.flows[0].delay.counts.back() = 1;
  const json status = json::parse(status_json(snapshot));
  EXPECT_EQ(status["ready"], true);
  EXPECT_EQ(status["not_ready_reasons"], json::array());
  EXPECT_EQ(status["uptime_seconds"], 12.5);
  const json& flow = status["flows"][0];
  EXPECT_EQ(flow["state"], "running");
  EXPECT_EQ(flow["lag_records"], 10);
  EXPECT_EQ(flow["lag_seconds"], 1.5);
  EXPECT_EQ(flow["records_mirrored"], 1150);
  EXPECT_EQ(flow["send_errors"], (json{{"TIMEOUT", 4}}));
  EXPECT_EQ(flow["batches"], (json{{"records", 6}}));
  EXPECT_EQ(flow["shard_states"]["running"], 2);
  EXPECT_EQ(flow["shard_states"]["parked"], 0);
  EXPECT_EQ(flow["mirror_delay_seconds"]["count"], 3);
  EXPECT_EQ(flow["mirror_delay_seconds"]["buckets"].size(), k_delay_bounds_seconds.size() + 1);
  EXPECT_EQ(flow["mirror_delay_seconds"]["buckets"][0], (json{{"le", 0.001}, {"count", 2}}));
  EXPECT_EQ(flow["mirror_delay_seconds"]["buckets"].back(), (json{{"le", "+Inf"}, {"count", 3}}));
  EXPECT_EQ(flow["shards"][0]["position_offset"], 100);
  EXPECT_EQ(flow["shards"][0]["source_end_offset"], 110);
}

TEST(Status, WaitingTopicsHaveNames) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].waiting = {{"a", "target-topic-missing", "create it"},
                               {"b", "name-not-allowed", "rename it"}};
  const auto waiting = [&](const StatusQuery& query) {
    return json::parse(status_json(snapshot, query))["flows"][0]["waiting"];
  };
  ASSERT_EQ(waiting({}).size(), 2U);
  EXPECT_EQ(waiting({})[0],
            (json{{"topic", "a"}, {"reason", "target-topic-missing"}, {"text", "create it"}}));
  ASSERT_EQ(waiting({std::nullopt, "RENAME"}).size(), 1U);
  EXPECT_EQ(waiting({std::nullopt, "RENAME"})[0]["topic"], "b");
  EXPECT_EQ(waiting({1, ""}).size(), 1U);
}

TEST(Status, WhatIsNotKnownIsNull) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].shards = {ShardSnapshot{}};
  const json status = json::parse(status_json(snapshot));
  EXPECT_TRUE(status["flows"][0]["lag_records"].is_null());
  EXPECT_TRUE(status["flows"][0]["shards"][0]["position_offset"].is_null());
  EXPECT_TRUE(status["flows"][0]["shards"][0]["lag_seconds"].is_null());
}

TEST(Status, ForeignBytesDoNotBreakTheJson) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].reason = "broker said \xFF\xFE \"no\"\n";
  EXPECT_EQ(json::parse(status_json(snapshot))["flows"][0]["reason"],
            "broker said \xEF\xBF\xBD\xEF\xBF\xBD \"no\"\n");
}

Snapshot mixed_snapshot() {
  Snapshot snapshot = sample_snapshot();
  auto& shards = snapshot.flows[0].shards;
  shards = {running_shard("a", 0, 100, 99), running_shard("a", 1, 100, 10),
            running_shard("b", 0, 100, 100), running_shard("b", 1, 100, 40),
            running_shard("Payments", 2, 100, 95)};
  shards[2].state = ShardState::parked;
  shards[2].reason = "Target refuses";
  return snapshot;
}

TEST(Status, WithoutAQueryTheOrderIsTheSnapshots) {
  EXPECT_EQ(shard_names(json::parse(status_json(mixed_snapshot()))),
            (std::vector<std::string>{"a-0", "a-1", "b-0", "b-1", "Payments-2"}));
}

TEST(Status, WorstPutsTroubleBeforeLag) {
  const json status = json::parse(status_json(mixed_snapshot(), {.worst = 3, .filter = ""}));
  EXPECT_EQ(shard_names(status), (std::vector<std::string>{"b-0", "a-1", "b-1"}));
  EXPECT_EQ(status["flows"][0]["shards_total"], 5);
  EXPECT_EQ(status["flows"][0]["shards_matching"], 5);
  EXPECT_EQ(shard_names(json::parse(status_json(mixed_snapshot(), {.worst = 99, .filter = ""}))),
            (std::vector<std::string>{"b-0", "a-1", "b-1", "Payments-2", "a-0"}));
  EXPECT_TRUE(
      shard_names(json::parse(status_json(mixed_snapshot(), {.worst = 0, .filter = ""}))).empty());
}

TEST(Status, FilterLooksAtNameStateAndReason) {
  const auto found = [](const char* filter) {
    const StatusQuery query{.worst = std::nullopt, .filter = filter};
    return shard_names(json::parse(status_json(mixed_snapshot(), query)));
  };
  EXPECT_EQ(found("a-1"), (std::vector<std::string>{"a-1"}));
  EXPECT_EQ(found("PAYMENTS"), (std::vector<std::string>{"Payments-2"}));
  EXPECT_EQ(found("parked"), (std::vector<std::string>{"b-0"}));
  EXPECT_EQ(found("target refuses"), (std::vector<std::string>{"b-0"}));
  EXPECT_TRUE(found("nothing like it").empty());
}

TEST(Status, FilteringKeepsTheTotals) {
  const json status = json::parse(status_json(mixed_snapshot(), {.worst = 1, .filter = "a-"}));
  EXPECT_EQ(status["flows"][0]["lag_records"], 1 + 90 + 0 + 60 + 5);
  EXPECT_EQ(status["flows"][0]["shards_matching"], 2);
}

TEST(StatusQuery, Parses) {
  const StatusQuery query = parse_status_query("worst=200&filter=a%2Db+c%zz&other=1&flag");
  EXPECT_EQ(query.worst, 200U);
  EXPECT_EQ(query.filter, "a-b c%zz");
  for (const char* text :
       {"", "worst=", "worst=x", "worst=-1", "worst=3x", "&&=&", "worst=99999999999999999999999"}) {
    EXPECT_EQ(parse_status_query(text).worst, std::nullopt) << text;
    EXPECT_EQ(parse_status_query(text).filter, "") << text;
  }
  EXPECT_EQ(parse_status_query("filter=100%").filter, "100%");
  EXPECT_EQ(parse_status_query("filter=%4").filter, "%4");
}

}  // namespace
}  // namespace kferry::observe
