#include "kferry/client/fetcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/fetch_world.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::FetchWorld;
using testing::k_first;
using testing::k_second;
using testing::NotingFeed;
using testing::offsets;
using Texts = std::vector<std::string>;

TEST(FetcherLeader, FollowsTheLeaderAndAsksItFirst) {
  NotingFeed feed;
  FetchWorld world(2);
  world.add_topic("orders", 1);
  world.logs.append(k_first, 3);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(3));
  ASSERT_TRUE(world.logs.await_polls(1));
  world.logs.lead(k_first, 2, 1);
  world.logs.append(k_first, 2);
  ASSERT_TRUE(feed.await_offset(5));
  EXPECT_EQ(world.logs.checks(), Texts{"2: orders-0 epoch 0 of 1"});
  EXPECT_EQ(world.logs.texts(2).front(), "0/0 orders[0e1@3]");
  EXPECT_EQ(feed.offsets(), offsets(0, 5));
  EXPECT_TRUE(feed.troubles().empty());
}

TEST(FetcherLeader, MetadataAloneMovesAPartition) {
  NotingFeed moving;
  NotingFeed staying;
  FetchWorld world(2);
  world.add_topic("orders", 2);
  world.logs.lead(k_second, 1, 0);
  world.logs.append(k_first, 3);
  world.start({{&moving, k_first}, {&staying, k_second}});
  ASSERT_TRUE(moving.await_offset(3));
  ASSERT_TRUE(world.logs.await_polls(1));
  world.brokers.set_leader(k_first, 2, 1);
  world.refresh();
  // Node 2 does not know yet that it leads, and says so until it does.
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::offset_for_leader_epoch, 2));
  EXPECT_TRUE(moving.await_silence(true));
  world.logs.lead_quietly(k_first, 2, 1);
  EXPECT_TRUE(moving.await_silence(false));
  world.logs.append(k_first, 1);
  ASSERT_TRUE(moving.await_offset(4));
  world.logs.append(k_second, 1);
  ASSERT_TRUE(staying.await_offset(1));
  ASSERT_TRUE(world.logs.await_polls(2));
  EXPECT_EQ(moving.offsets(), offsets(0, 4));
  const Texts texts = world.logs.texts(1);
  EXPECT_NE(std::find_if(texts.begin(), texts.end(),
                         [](const std::string& text) {
                           return text.find("forgotten orders[0]") != std::string::npos;
                         }),
            texts.end());
}

TEST(FetcherLeader, ANewEpochOfTheSameLeaderIsAskedTooAndOldMetadataIsWaitedOut) {
  NotingFeed feed;
  FetchWorld world;
  world.add_topic("orders", 1);
  world.logs.append(k_first, 3);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(3));
  ASSERT_TRUE(world.logs.await_polls(1));
  const std::size_t asked = world.brokers.requests(ApiKey::metadata);
  world.logs.lead_quietly(k_first, 1, 4);
  // Fenced as long as Metadata tells of the old epoch.
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::metadata, asked + 3));
  world.brokers.set_leader(k_first, 1, 4);
  world.logs.append(k_first, 2);
  ASSERT_TRUE(feed.await_offset(5));
  EXPECT_EQ(world.logs.checks(), Texts{"1: orders-0 epoch 0 of 4"});
  EXPECT_EQ(feed.offsets(), offsets(0, 5));
}

TEST(FetcherLeader, ATruncatedLogIsTroubleUntilStartedAgain) {
  NotingFeed feed;
  FetchWorld world(2);
  world.add_topic("orders", 1);
  world.logs.append(k_first, 3);
  world.logs.append(k_first, 3);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(6));
  ASSERT_TRUE(world.logs.await_polls(1));
  world.logs.set_epoch_end(k_first, 0, 3);
  world.logs.lead(k_first, 2, 1);
  ASSERT_TRUE(feed.await_troubles(1));
  world.logs.truncate(k_first, 3);
  const auto trouble = feed.troubles().front();
  EXPECT_EQ(trouble.kind, FetchTrouble::truncated);
  EXPECT_NE(trouble.text.find("orders-0: the log was cut at offset 3, below offset 6"),
            std::string::npos)
      << trouble.text;
  EXPECT_TRUE(world.logs.texts(2).empty()) << "nothing is fetched after that";
  world.start({{&feed, k_first, 3}});
  world.logs.append(k_first, 4);
  ASSERT_TRUE(feed.await_offset(7));
  EXPECT_EQ(world.logs.checks().size(), 1U) << "a new start knows no epoch";
}

TEST(FetcherLeader, AnEpochThatNobodyKnowsIsATruncatedLog) {
  NotingFeed feed;
  FetchWorld world;
  world.add_topic("orders", 1);
  world.logs.append(k_first, 3);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(3));
  world.logs.set_epoch_end(k_first, -1, -1);
  world.logs.lead(k_first, 1, 1);
  ASSERT_TRUE(feed.await_troubles(1));
  EXPECT_EQ(feed.troubles().front().kind, FetchTrouble::truncated);
  EXPECT_NE(feed.troubles().front().text.find("does not know epoch 0"), std::string::npos);
}

TEST(FetcherLeader, WhatCanNotHealIsTold) {
  struct Row {
    std::int16_t error;
    FetchTrouble kind;
    const char* name;
  };
  const Row rows[] = {{1, FetchTrouble::out_of_range, "OFFSET_OUT_OF_RANGE"},
                      {2, FetchTrouble::corrupt, "CORRUPT_MESSAGE"},
                      {29, FetchTrouble::refused, "TOPIC_AUTHORIZATION_FAILED"}};
  for (const Row& row : rows) {
    NotingFeed feed;
    NotingFeed other;
    FetchWorld world;
    world.add_topic("orders", 2);
    world.logs.append(k_first, 3);
    world.logs.append(k_second, 3);
    world.logs.fail(k_first, row.error);
    world.start({{&feed, k_first, 2}, {&other, k_second}});
    ASSERT_TRUE(feed.await_troubles(1)) << row.name;
    EXPECT_EQ(feed.troubles().front().kind, row.kind);
    EXPECT_EQ(feed.troubles().front().error, row.error);
    EXPECT_NE(feed.troubles().front().text.find("at offset 2: " + std::string(row.name)),
              std::string::npos)
        << feed.troubles().front().text;
    ASSERT_TRUE(other.await_offset(3)) << "the others go on";
    ASSERT_TRUE(world.logs.await_polls(1));
    EXPECT_EQ(world.logs.texts(1)[1], "17/1 orders[1e0@3] forgotten orders[0]");
    world.logs.fail(k_first, 0);
    world.start({{&feed, k_first, 0}});
    world.logs.end_polls();
    ASSERT_TRUE(feed.await_offset(3));
    EXPECT_EQ(feed.troubles().size(), 1U);
  }
}

TEST(FetcherLeader, WhatMayHealIsTriedAgain) {
  for (const std::int16_t error :
       {std::int16_t{5}, std::int16_t{6}, std::int16_t{9}, std::int16_t{56}, std::int16_t{75},
        std::int16_t{78}, std::int16_t{3}, std::int16_t{-1}}) {
    NotingFeed feed;
    FetchWorld world;
    world.add_topic("orders", 1);
    world.logs.append(k_first, 3);
    world.logs.fail(k_first, error);
    world.start({{&feed, k_first}});
    ASSERT_TRUE(world.brokers.await_requests(ApiKey::fetch, 3)) << error;
    world.logs.fail(k_first, 0);
    ASSERT_TRUE(feed.await_offset(3)) << error;
    EXPECT_TRUE(feed.troubles().empty()) << error;
  }
}

TEST(FetcherLeader, ATopicThatIsNotThereIsWaitedForAndThenRefused) {
  FetchSettings settings;
  settings.unknown_timeout = Milliseconds(100);
  NotingFeed feed;
  FetchWorld world(1, settings);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_troubles(1));
  EXPECT_EQ(feed.troubles().front().kind, FetchTrouble::refused);
  EXPECT_EQ(feed.troubles().front().error, 3);

  NotingFeed patient;
  FetchWorld other;
  other.start({{&patient, k_first}});
  ASSERT_TRUE(other.brokers.await_requests(ApiKey::metadata, 3));
  other.add_topic("orders", 1);
  other.logs.append(k_first, 2);
  ASSERT_TRUE(patient.await_offset(2));
  EXPECT_TRUE(patient.troubles().empty());
}

TEST(FetcherLeader, AForbiddenTopicIsRefusedByMetadata) {
  NotingFeed feed;
  FetchWorld world;
  world.brokers.set_topic_error("orders", 29);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_troubles(1));
  EXPECT_EQ(feed.troubles().front().kind, FetchTrouble::refused);
  EXPECT_EQ(feed.troubles().front().error, 29);
}

TEST(FetcherLeader, APartitionWithoutALeaderWaits) {
  NotingFeed feed;
  FetchWorld world;
  world.add_topic("orders", 1);
  world.brokers.set_leader(k_first, -1, 0);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::metadata, 3));
  world.logs.append(k_first, 2);
  world.logs.lead(k_first, 1, 1);
  ASSERT_TRUE(feed.await_offset(2));
  EXPECT_EQ(world.logs.texts(1).front(), "0/0 orders[0e1@0]");
}

}  // namespace
}  // namespace kferry::client
