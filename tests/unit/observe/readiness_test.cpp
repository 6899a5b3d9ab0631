#include "kferry/observe/readiness.hpp"

#include <gtest/gtest.h>

#include "support/sample_snapshot.hpp"

namespace kferry::observe {
namespace {

using testing::running_flow;
using testing::running_shard;
using testing::sample_snapshot;
using Lines = std::vector<std::string>;

TEST(Readiness, AllWell) {
  EXPECT_TRUE(is_ready(sample_snapshot()));
  EXPECT_EQ(not_ready_reasons(sample_snapshot()), Lines{});
}

TEST(Readiness, NothingStartedIsNotReady) {
  EXPECT_FALSE(is_ready(Snapshot{}));
  EXPECT_EQ(not_ready_reasons(Snapshot{}), Lines{"no flow has started yet"});
}

TEST(Readiness, NamesOnlyTheFlowInTrouble) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows.push_back(running_flow("payments"));
  snapshot.flows[1].ready = false;
  snapshot.flows[1].state = FlowState::connecting;
  snapshot.flows[1].reason = "target b:9092 does not answer;\nretrying";
  EXPECT_FALSE(is_ready(snapshot));
  EXPECT_EQ(not_ready_reasons(snapshot),
            Lines{"flow payments is connecting: target b:9092 does not answer; retrying"});
}

TEST(Readiness, AWaitingTopicIsNotReadyWhateverTheFlowSays) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].waiting_topics = {{"target topic is missing", 1}, {"healed", 0}, {"x", 2}};
  EXPECT_FALSE(is_ready(snapshot));
  EXPECT_EQ(not_ready_reasons(snapshot),
            (Lines{"flow orders: 1 topic waits: target topic is missing",
                   "flow orders: 2 topics wait: x"}));
  snapshot.flows[0].waiting_topics = {{"healed", 0}};
  EXPECT_TRUE(is_ready(snapshot));
}

TEST(Readiness, WaitingTopicsAreNamed) {
  Snapshot snapshot = sample_snapshot();
  FlowSnapshot& flow = snapshot.flows[0];
  flow.waiting_topics = {{"target-topic-missing", 2}};
  flow.waiting = {{"a", "target-topic-missing", "create a"},
                  {"b", "target-topic-missing", "create b"}};
  flow.reason = "topic a waits: create a";
  EXPECT_EQ(not_ready_reasons(snapshot), (Lines{"flow orders is running: topic a waits: create a",
                                                "flow orders: 2 topics wait: target-topic-missing",
                                                "flow orders: topic b waits: create b"}));
  flow.reason.clear();
  flow.waiting.resize(1'000, {"c", "target-topic-missing", "create c"});
  const Lines lines = not_ready_reasons(snapshot);
  ASSERT_EQ(lines.size(), 1 + k_waiting_topics_max + 1);
  EXPECT_EQ(lines[1], "flow orders: topic a waits: create a");
  EXPECT_EQ(lines.back(), "flow orders: and 980 more topics wait; /status names them all");
}

TEST(Readiness, AParkedShardIsNotReady) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].shards[1].state = ShardState::parked;
  snapshot.flows[0].shards[1].reason = "record too large";
  EXPECT_FALSE(is_ready(snapshot));
  EXPECT_EQ(not_ready_reasons(snapshot),
            Lines{"flow orders: orders-1 is parked: record too large"});
}

TEST(Readiness, AShardThatDoesNotMoveIsNamed) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].ready = false;
  ShardSnapshot& shard = snapshot.flows[0].shards[1];
  shard.reason = "there is more to mirror";
  EXPECT_FALSE(is_ready(snapshot));
  EXPECT_EQ(not_ready_reasons(snapshot),
            Lines{"flow orders: " + shard.topic + "-" + std::to_string(shard.partition) +
                  " does not move: there is more to mirror"});
}

TEST(Readiness, ThousandsOfParkedShardsAreOneStory) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].shards.clear();
  for (int i = 0; i < 1000; ++i) {
    snapshot.flows[0].shards.push_back(running_shard("t", i, 1, 0));
    snapshot.flows[0].shards.back().state = ShardState::parked;
  }
  const Lines lines = not_ready_reasons(snapshot);
  ASSERT_EQ(lines.size(), k_shard_reasons_max + 1);
  EXPECT_EQ(lines.front(), "flow orders: t-0 is parked");
  EXPECT_EQ(lines.back(), "flow orders: and 980 more partitions like these");
}

TEST(Readiness, AFlowWithoutAReasonStillGetsALine) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].ready = false;
  EXPECT_EQ(not_ready_reasons(snapshot), Lines{"flow orders is running"});
  snapshot.flows[0].shards[0].state = ShardState::starting;
  EXPECT_EQ(not_ready_reasons(snapshot),
            Lines{"flow orders: 1 of 2 partitions are not running yet"});
}

}  // namespace
}  // namespace kferry::observe
