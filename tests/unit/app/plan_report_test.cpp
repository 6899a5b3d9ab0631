#include "app/plan_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace kferry::app {
namespace {

positions::Start start(const char* topic, int partition, std::int64_t offset, bool committed,
                       std::uint64_t lost = 0) {
  return {{topic, Partition(partition)}, Offset(offset), committed, lost, ""};
}
kafka::PartitionOffset end(const char* topic, int partition, std::int64_t offset) {
  return {{topic, Partition(partition)}, Offset(offset), 0};
}

/// orders: positions in one partition of two; bills: a partition that can not start.
FlowPlan sample_plan() {
  FlowPlan plan;
  plan.name = "east";
  plan.source_cluster_id = "a";
  plan.target_cluster_id = "b";
  for (const char* name : {"bills", "orders"}) {
    pipeline::TopicPlan& topic = plan.topics.emplace_back();
    topic.source = topic.target = name;
    topic.source_partitions = 2;
    topic.target_partitions = 2;
    topic.partitioning = "source";
  }
  const positions::Start refused{{"bills", Partition(1)}, std::nullopt, false, 0, "no position"};
  const std::vector starts{start("orders", 0, 40, true, 3), start("orders", 1, 5, false),
                           start("bills", 0, 7, true), refused};
  const std::vector ends{end("orders", 0, 100), end("orders", 1, 10), end("bills", 0, 7)};
  plan.starts = sum_starts(starts, ends, config::OffsetReset::earliest);
  return plan;
}

TEST(PlanStarts, AreSummedUpForEachTopic) {
  const auto plan = sample_plan();
  const TopicStart& orders = plan.starts.at("orders");
  EXPECT_EQ(orders.committed, 1);
  EXPECT_EQ(orders.earliest, 1);
  EXPECT_EQ(orders.records, 65U);
  EXPECT_EQ(orders.lost, 3U);
  EXPECT_EQ(to_string(orders),
            "1 partition at the group's positions, 1 partition at earliest; up to 65 records to "
            "copy");
  const TopicStart& bills = plan.starts.at("bills");
  EXPECT_EQ(bills.unknown, 1);
  EXPECT_EQ(bills.problem, "no position");
  EXPECT_FALSE(bills.records_known);
}

TEST(PlanStarts, AFreshGroupStartsWhereItIsTold) {
  const std::vector starts{start("t", 0, 10, false), start("t", 1, 4, false)};
  const std::vector ends{end("t", 0, 10), end("t", 1, 3)};
  const auto latest = sum_starts(starts, ends, config::OffsetReset::latest);
  EXPECT_EQ(to_string(latest.at("t")), "at latest; nothing to copy yet");
  EXPECT_EQ(latest.at("t").records, 0U) << "a log that was cut off behind the question";
  const auto blind = sum_starts(starts, {}, config::OffsetReset::earliest);
  EXPECT_EQ(to_string(blind.at("t")), "at earliest; how much there is to copy is not known");
}

TEST(PlanReport, ForPeople) {
  const std::string table = plan_table(sample_plan());
  EXPECT_NE(table.find("flow east: source cluster a -> target cluster b\n"), std::string::npos);
  EXPECT_NE(table.find("starts 1 partition at the group's positions, 1 partition at earliest; "
                       "up to 65 records to copy\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("warning: 3 records were deleted at the source before"), std::string::npos)
      << table;
  FlowPlan empty;
  empty.error = k_no_topic_matches;
  EXPECT_NE(plan_table(empty).find("  no source topic matches, or none"), std::string::npos);
}

TEST(PlanReport, ForMachines) {
  const auto document = plan_json(sample_plan());
  EXPECT_TRUE(document["error"].is_null());
  const auto& orders = document["topics"][1];
  EXPECT_EQ(orders["start"]["committed"], 1);
  EXPECT_EQ(orders["start"]["earliest"], 1);
  EXPECT_EQ(orders["start"]["records_to_copy"], 65);
  EXPECT_TRUE(document["topics"][0]["start"]["records_to_copy"].is_null());
  FlowPlan failed;
  failed.name = "west";
  failed.error = "no broker answered";
  const auto refused = plan_json(failed);
  EXPECT_EQ(refused["flow"], "west");
  EXPECT_EQ(refused["error"], "no broker answered");
  EXPECT_EQ(refused["topics"].dump(), "[]");
}

}  // namespace
}  // namespace kferry::app
