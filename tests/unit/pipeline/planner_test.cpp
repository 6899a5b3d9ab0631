#include "kferry/pipeline/planner.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace kferry::pipeline {
namespace {

using topics::PartitioningMode;
using Action = TopicPlan::Action;

struct Row {
  const char* name;
  std::int32_t source;
  std::optional<std::int32_t> target;
  PartitioningMode mode;
  bool create;
  const char* partitioning;
  Action action;
  const char* blocked;  ///< empty: it runs
};

constexpr auto k_auto = PartitioningMode::automatic;
constexpr auto k_source = PartitioningMode::source;
constexpr auto k_key = PartitioningMode::key;

const Row k_rows[] = {
    {"equal counts", 4, 4, k_auto, false, "source", Action::none, ""},
    {"more on the target", 4, 8, k_auto, false, "key", Action::none, ""},
    {"fewer on the target", 4, 2, k_auto, false, "key", Action::none, ""},
    {"fewer, and topics may be created: keys stay", 4, 2, k_auto, true, "key", Action::none, ""},
    {"source, equal", 4, 4, k_source, false, "source", Action::none, ""},
    {"source, more", 4, 8, k_source, false, "source", Action::none, ""},
    {"source, fewer", 4, 2, k_source, false, "", Action::none, "target-partitions-too-few"},
    {"source, fewer, may grow", 4, 2, k_source, true, "source", Action::grow, ""},
    {"source, more, may grow", 4, 8, k_source, true, "source", Action::none, ""},
    {"key, equal", 4, 4, k_key, false, "key", Action::none, ""},
    {"key, fewer, may create", 4, 2, k_key, true, "key", Action::none, ""},
    {"missing", 4, std::nullopt, k_auto, false, "", Action::none, "target-topic-missing"},
    {"missing, source", 4, std::nullopt, k_source, false, "", Action::none, "target-topic-missing"},
    {"missing, may create", 4, std::nullopt, k_auto, true, "source", Action::create, ""},
    {"missing, may create, source", 4, std::nullopt, k_source, true, "source", Action::create, ""},
    {"missing, may create, key", 4, std::nullopt, k_key, true, "key", Action::create, ""},
};

TEST(Planner, DecidesByCountsModeAndPermission) {
  for (const Row& row : k_rows) {
    SCOPED_TRACE(row.name);
    TopicFacts facts;
    facts.source = "orders";
    facts.target = "copy.orders";
    facts.source_partitions = row.source;
    facts.target_partitions = row.target;
    PlanRules rules;
    rules.partitioning = row.mode;
    rules.create_topics = row.create;
    const TopicPlan plan = plan_topic(facts, rules);
    EXPECT_EQ(plan.source, "orders");
    EXPECT_EQ(plan.target, "copy.orders");
    EXPECT_EQ(plan.partitioning, row.partitioning);
    EXPECT_EQ(plan.action, row.action);
    EXPECT_EQ(plan.blocked.value_or(""), row.blocked);
    EXPECT_EQ(plan.blocked_text.empty(), !plan.blocked.has_value());
    EXPECT_EQ(plan.partitioner.has_value(), !plan.blocked.has_value());
    if (plan.partitioner) {
      const bool grows = row.action != Action::none;
      EXPECT_EQ(plan.partitioner->target_count(), grows ? row.source : *row.target);
      EXPECT_EQ(plan.partitioner->by_key(), std::string(row.partitioning) == "key");
    }
  }
}

TEST(Planner, SaysWhatToDoAboutAMissingTopic) {
  TopicFacts facts;
  facts.target = "copy.orders";
  facts.source_partitions = 1;
  const TopicPlan plan = plan_topic(facts, {});
  EXPECT_NE(plan.blocked_text.find("copy.orders"), std::string::npos);
  EXPECT_NE(plan.blocked_text.find("--create.topics"), std::string::npos);
}

TEST(Planner, AnUnusableTargetIsBlockedWhateverTheRest) {
  TopicFacts facts;
  facts.source_partitions = 4;
  facts.target_partitions = 4;
  facts.target_problem = "not a legal name";
  const TopicPlan plan = plan_topic(facts, {});
  EXPECT_EQ(plan.blocked, "target-topic-refused");
  EXPECT_EQ(plan.blocked_text, "not a legal name");
  EXPECT_FALSE(plan.partitioner);
}

struct WarningRow {
  const char* name;
  std::map<std::string, std::string> source;
  std::map<std::string, std::string> target;
  std::optional<std::int64_t> record_bytes_max;
  const char* expected;  ///< part of the only warning; empty: none
};

const WarningRow k_warnings[] = {
    {"nothing known", {}, {}, std::nullopt, ""},
    {"equal",
     {{"max.message.bytes", "100"}, {"cleanup.policy", "delete"}},
     {{"max.message.bytes", "100"}, {"cleanup.policy", "delete"}},
     100,
     ""},
    {"smaller target",
     {{"max.message.bytes", "100"}},
     {{"max.message.bytes", "99"}},
     std::nullopt,
     "max.message.bytes is 99"},
    {"only one known", {}, {{"max.message.bytes", "99"}}, 1, ""},
    {"not a number", {{"max.message.bytes", "x"}}, {{"max.message.bytes", "1"}}, 1, ""},
    {"smaller request", {{"max.message.bytes", "100"}}, {}, 99, "max.request.size is 99"},
    {"compacted target",
     {{"cleanup.policy", "delete"}},
     {{"cleanup.policy", "compact"}},
     std::nullopt,
     "refuses records without key"},
    {"compacted source",
     {{"cleanup.policy", "compact"}},
     {{"cleanup.policy", "delete"}},
     std::nullopt,
     "cleanup.policy is compact on the source"},
    {"time of arrival",
     {{"message.timestamp.type", "CreateTime"}},
     {{"message.timestamp.type", "LogAppendTime"}},
     std::nullopt,
     "LogAppendTime on the target"},
    {"time of arrival on both",
     {{"message.timestamp.type", "LogAppendTime"}},
     {{"message.timestamp.type", "LogAppendTime"}},
     std::nullopt,
     ""},
};

TEST(Planner, WarnsOfWhatTheTargetWillNotKeep) {
  for (const WarningRow& row : k_warnings) {
    SCOPED_TRACE(row.name);
    TopicFacts facts;
    facts.source_partitions = 2;
    facts.target_partitions = 2;
    facts.source_config = row.source;
    facts.target_config = row.target;
    PlanRules rules;
    rules.record_bytes_max = row.record_bytes_max;
    const TopicPlan plan = plan_topic(facts, rules);
    EXPECT_FALSE(plan.blocked);
    if (std::string(row.expected).empty()) {
      EXPECT_TRUE(plan.warnings.empty());
    } else {
      ASSERT_EQ(plan.warnings.size(), 1U);
      EXPECT_NE(plan.warnings[0].find(row.expected), std::string::npos) << plan.warnings[0];
    }
  }
}

TEST(Planner, WarnsWhenRecordsArePlacedByKeyAmongOtherCounts) {
  TopicFacts facts;
  facts.source_partitions = 4;
  facts.target_partitions = 6;
  const TopicPlan plan = plan_topic(facts, {});
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_NE(plan.warnings[0].find("modulo 6"), std::string::npos);
}

TopicFacts plain_facts() {
  TopicFacts facts;
  facts.source = "orders";
  facts.target = "orders";
  facts.source_partitions = 4;
  facts.target_partitions = 4;
  return facts;
}

PlanRules passthrough_rules() {
  PlanRules rules;
  rules.engine = EngineKind::passthrough;
  return rules;
}

TEST(Planner, PassthroughUnlessTheOperatorWantsOtherwise) {
  EXPECT_EQ(plan_topic(plain_facts(), {}).engine, EngineKind::passthrough);
  EXPECT_EQ(plan_topic(plain_facts(), {}).engine_reason, "batches may go as they are");
  PlanRules rules;
  rules.engine = EngineKind::records;
  EXPECT_EQ(plan_topic(plain_facts(), rules).engine, EngineKind::records);
  EXPECT_EQ(plan_topic(plain_facts(), rules).engine_reason, "chosen by --engine");
  const TopicPlan plan = plan_topic(plain_facts(), passthrough_rules());
  EXPECT_EQ(plan.engine, EngineKind::passthrough);
  EXPECT_EQ(plan.blocked, std::nullopt);
}

TEST(Planner, RecordsTakeOverWhereBatchesMayNotPass) {
  TopicFacts fewer = plain_facts();
  fewer.target_partitions = 2;
  TopicFacts old = plain_facts();
  old.source_config = {{"message.format.version", "0.9.0.1"}};
  PlanRules filtered;
  filtered.against_passthrough = "records are filtered";
  for (const auto& [facts, rules, why] :
       {std::tuple(fewer, PlanRules(), "placed by key"), std::tuple(old, PlanRules(), "0.9.0.1"),
        std::tuple(plain_facts(), filtered, "filtered")}) {
    const TopicPlan plan = plan_topic(facts, rules);
    EXPECT_EQ(plan.engine, EngineKind::records);
    EXPECT_EQ(plan.blocked, std::nullopt);
    EXPECT_NE(plan.engine_reason.find(why), std::string::npos) << plan.engine_reason;
  }
}

TEST(Planner, WhatRunsKeepsItsEngine) {
  TopicFacts old = plain_facts();
  old.source_config = {{"message.format.version", "0.10.2-IV0"}};
  for (const auto engine : {EngineKind::passthrough, EngineKind::records}) {
    for (const auto& facts : {plain_facts(), old}) {
      PlanRules rules;
      rules.running = engine;
      const TopicPlan plan = plan_topic(facts, rules);
      EXPECT_EQ(plan.engine, engine);
      EXPECT_EQ(plan.blocked, std::nullopt);
    }
  }
}

TEST(Planner, OneOfTheTopicsThatGoToOneTargetPasses) {
  std::vector<TopicFacts> topics;
  for (const auto& [source, target] :
       {std::pair("orders-us", "orders"), std::pair("pay", "pay"), std::pair("orders-eu", "orders"),
        std::pair("old", "kept")}) {
    topics.push_back(plain_facts());
    topics.back().source = source;
    topics.back().target = target;
  }
  const auto any = [](const TopicFacts&) { return PlanRules(); };
  const auto engines = [&](const std::map<std::string, std::string>& passing) {
    std::string text;
    for (const TopicPlan& plan : plan_topics(topics, any, passing)) {
      EXPECT_EQ(plan.blocked, std::nullopt);
      text += plan.source + " " + to_string(plan.engine) + ", ";
    }
    return text;
  };
  EXPECT_EQ(engines({}),
            "old passthrough, orders-eu passthrough, orders-us records, "
            "pay passthrough, ");
  EXPECT_EQ(engines({{"orders", "orders-us"}, {"kept", "new"}}),
            "old records, orders-eu records, orders-us passthrough, pay passthrough, ");
  const auto passthrough = [](const TopicFacts&) {
    PlanRules rules;
    rules.engine = EngineKind::passthrough;
    return rules;
  };
  const auto plans = plan_topics(topics, passthrough, {});
  EXPECT_EQ(plans[1].blocked, std::nullopt);
  EXPECT_EQ(plans[2].blocked, "engine-not-possible");
  EXPECT_NE(plans[2].blocked_text.find("orders-eu passes to the same"), std::string::npos);
}

TEST(Planner, SaysWhyATopicCanNotPass) {
  const auto refused_text = [](const TopicFacts& facts, const PlanRules& rules) {
    const TopicPlan plan = plan_topic(facts, rules);
    EXPECT_EQ(plan.blocked, "engine-not-possible");
    return plan.blocked_text;
  };
  TopicFacts fewer = plain_facts();
  fewer.target_partitions = 2;
  EXPECT_NE(refused_text(fewer, passthrough_rules()).find("placed by key"), std::string::npos);

  TopicFacts old = plain_facts();
  old.source_config = {{"message.format.version", "0.10.2-IV0"}};
  EXPECT_NE(refused_text(old, passthrough_rules()).find("0.10.2-IV0"), std::string::npos);
  old.source_config = {{"message.format.version", "0.11.0-IV2"}};
  EXPECT_EQ(plan_topic(old, passthrough_rules()).blocked, std::nullopt);

  PlanRules filtered = passthrough_rules();
  filtered.against_passthrough = "records are filtered";
  EXPECT_NE(refused_text(plain_facts(), filtered).find("filtered"), std::string::npos);
}

TEST(Planner, WarnsOfATargetThatCompressesAgain) {
  TopicFacts facts = plain_facts();
  facts.target_config = {{"compression.type", "gzip"}};
  const auto warnings = plan_topic(facts, {}).warnings;
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("compression.type is gzip"), std::string::npos);
  facts.target_config = {{"compression.type", "producer"}};
  EXPECT_TRUE(plan_topic(facts, {}).warnings.empty());
}

constexpr const char* k_no_limit = "9223372036854775807";

struct TimesRow {
  const char* name;
  std::map<std::string, std::string> source;
  std::map<std::string, std::string> target;
  std::vector<std::string> expected;  ///< a part of each warning
};

const TimesRow k_times[] = {
    {"no limits",
     {{"message.timestamp.difference.max.ms", k_no_limit}},
     {{"message.timestamp.after.max.ms", k_no_limit},
      {"message.timestamp.before.max.ms", k_no_limit}},
     {}},
    {"4.x behind 3.x",
     {{"message.timestamp.after.max.ms", k_no_limit}},
     {{"message.timestamp.after.max.ms", "3600000"}},
     {"3600000 ms ahead of its clock (message.timestamp.after.max.ms)"}},
    {"4.x behind what nobody knows",
     {},
     {{"message.timestamp.after.max.ms", "3600000"}},
     {"ahead"}},
    {"the source has the same",
     {{"message.timestamp.after.max.ms", "3600000"}},
     {{"message.timestamp.after.max.ms", "3600000"}},
     {}},
    {"old ones are refused",
     {},
     {{"message.timestamp.before.max.ms", "86400000"}},
     {"86400000 ms behind its clock (message.timestamp.before.max.ms)"}},
    {"before 3.6 both ways have one limit",
     {},
     {{"message.timestamp.difference.max.ms", "1000"}},
     {"1000 ms ahead of its clock (message.timestamp.difference.max.ms)",
      "1000 ms behind its clock (message.timestamp.difference.max.ms)"}},
    {"the newer name counts",
     {},
     {{"message.timestamp.difference.max.ms", "1000"},
      {"message.timestamp.before.max.ms", "5000"},
      {"message.timestamp.after.max.ms", "6000"}},
     {"6000 ms ahead", "5000 ms behind"}},
    {"the source's old limit is as tight",
     {{"message.timestamp.difference.max.ms", "1000"}},
     {{"message.timestamp.after.max.ms", "3600000"}},
     {}},
    {"times of the append are never ahead",
     {{"message.timestamp.type", "LogAppendTime"}},
     {{"message.timestamp.after.max.ms", "3600000"}},
     {}},
    {"a target with times of its own looks at none",
     {{"message.timestamp.type", "LogAppendTime"}},
     {{"message.timestamp.type", "LogAppendTime"}, {"message.timestamp.before.max.ms", "1"}},
     {}},
};

TEST(Planner, WarnsOfRecordTimesThatTheTargetRefuses) {
  for (const TimesRow& row : k_times) {
    SCOPED_TRACE(row.name);
    TopicFacts facts = plain_facts();
    facts.source_config = row.source;
    facts.target_config = row.target;
    const auto warnings = plan_topic(facts, {}).warnings;
    ASSERT_EQ(warnings.size(), row.expected.size());
    for (std::size_t i = 0; i < warnings.size(); ++i) {
      EXPECT_NE(warnings[i].find(row.expected[i]), std::string::npos) << warnings[i];
    }
  }
}

}  // namespace
}  // namespace kferry::pipeline
