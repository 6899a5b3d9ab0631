#include "kferry/client/fetcher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
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
using testing::ScriptedReply;
using testing::ScriptedRequest;
using Texts = std::vector<std::string>;

FetchSettings small_answers() {
  FetchSettings settings;
  settings.partition_bytes_max = 1;
  return settings;
}

TEST(Fetcher, TellsABrokerWhatItWantsOnceAndThenWhatChanged) {
  NotingFeed first;
  NotingFeed second;
  FetchWorld world;
  world.add_topic("orders", 2);
  world.logs.append(k_first, 3);
  world.start({{&first, k_first}, {&second, k_second}});
  ASSERT_TRUE(first.await_offset(3));
  ASSERT_TRUE(second.await_calls(1));
  ASSERT_TRUE(world.logs.await_polls(1));
  world.logs.append(k_second, 2);
  ASSERT_TRUE(second.await_offset(2));
  ASSERT_TRUE(world.logs.await_polls(1));
  EXPECT_EQ(world.logs.texts(1),
            (Texts{"0/0 orders[0e0@0 1e0@0]", "17/1 orders[0e0@3]", "17/2 orders[1e0@2]"}));
  EXPECT_EQ(first.offsets(), offsets(0, 3));
  EXPECT_EQ(second.offsets(), offsets(0, 2));
  EXPECT_EQ(second.high_watermark(), 2);
  EXPECT_EQ(first.damaged() + second.damaged(), 0);
  const auto counters = world.counters();
  EXPECT_EQ(counters.requests, 3U);
  EXPECT_EQ(counters.full_requests, 1U);
  EXPECT_GT(counters.bytes, 0U);
}

TEST(Fetcher, IdlePartitionsAreNotMentioned) {
  std::vector<NotingFeed> feeds(100);
  FetchWorld world;
  world.add_topic("orders", 100);
  std::vector<FetchWorld::Start> starts;
  for (int i = 0; i < 100; ++i) {
    starts.push_back({&feeds[static_cast<std::size_t>(i)], {"orders", Partition(i)}});
  }
  world.start(starts);
  for (std::int64_t records = 1; records <= 5; ++records) {
    ASSERT_TRUE(world.logs.await_polls(1));
    world.logs.append({"orders", Partition(42)}, 1);
    ASSERT_TRUE(feeds[42].await_offset(records));
  }
  ASSERT_TRUE(world.logs.await_polls(1));
  const Texts texts = world.logs.texts(1);
  ASSERT_EQ(texts.size(), 7U);
  EXPECT_EQ(texts[1], "17/1");
  EXPECT_EQ(texts[6], "17/6 orders[42e0@5]");
  EXPECT_EQ(feeds[0].calls(), 1);
}

TEST(Fetcher, ManyPartitionsAreDividedAmongSessions) {
  constexpr std::int32_t k_partitions = 7;
  FetchSettings settings;
  settings.session_partitions_max = 3;
  std::vector<NotingFeed> feeds(k_partitions);
  FetchWorld world(1, settings);
  world.add_topic("orders", k_partitions);
  std::vector<FetchWorld::Start> starts;
  for (std::int32_t i = 0; i < k_partitions; ++i) {
    const TopicPartition tp{"orders", Partition(i)};
    world.logs.append(tp, 2);
    starts.push_back({&feeds[static_cast<std::size_t>(i)], tp});
  }
  world.start(starts);
  for (NotingFeed& feed : feeds) ASSERT_TRUE(feed.await_offset(2));
  EXPECT_EQ(world.counters().full_requests, 3U);
  // What goes makes room for what comes.
  world.stop(feeds[0]);
  world.start({starts[0]});
  ASSERT_TRUE(world.logs.await_polls(3));
  for (const auto& start : starts) world.logs.append(start.tp, 1);
  for (NotingFeed& feed : feeds) ASSERT_TRUE(feed.await_offset(3));
  EXPECT_EQ(world.counters().full_requests, 3U);
  for (std::size_t i = 1; i < feeds.size(); ++i) EXPECT_EQ(feeds[i].offsets(), offsets(0, 3)) << i;
}

TEST(Fetcher, ManyAnswersMakeTheWholeLog) {
  NotingFeed feed;
  FetchWorld world(1, small_answers());
  world.add_topic("orders", 1);
  for (int i = 0; i < 50; ++i) world.logs.append(k_first, 7);
  world.start({{&feed, k_first, 10}});
  ASSERT_TRUE(feed.await_offset(350));
  EXPECT_EQ(feed.offsets(), offsets(10, 350));
}

TEST(Fetcher, APausedPartitionLeavesTheSessionUntilItIsResumed) {
  NotingFeed first;
  NotingFeed second;
  first.pause_after(1);
  FetchWorld world;
  world.add_topic("orders", 2);
  world.logs.append(k_first, 3);
  world.start({{&first, k_first}, {&second, k_second}});
  ASSERT_TRUE(first.await_offset(3));
  ASSERT_TRUE(world.logs.await_polls(1));
  world.logs.append(k_first, 2);
  world.logs.append(k_second, 1);
  ASSERT_TRUE(second.await_offset(1));
  ASSERT_TRUE(world.logs.await_polls(1));
  EXPECT_EQ(first.offsets(), offsets(0, 3));
  world.resume(first);
  world.logs.end_polls();
  ASSERT_TRUE(first.await_offset(5));
  ASSERT_TRUE(world.logs.await_polls(1));
  EXPECT_EQ(world.logs.texts(1),
            (Texts{"0/0 orders[0e0@0 1e0@0]", "17/1 forgotten orders[0]", "17/2 orders[1e0@1]",
                   "17/3 orders[0e0@3]", "17/4 orders[0e0@5]"}));
}

TEST(Fetcher, WhenAllArePausedNothingIsAsked) {
  NotingFeed feed;
  feed.pause_after(2);
  FetchWorld world(1, small_answers());
  world.add_topic("orders", 1);
  for (int i = 0; i < 3; ++i) world.logs.append(k_first, 1);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(1));
  EXPECT_EQ(world.counters().requests, 1U);
  world.resume(feed, 2);
  ASSERT_TRUE(feed.await_offset(2));
  EXPECT_EQ(world.counters().requests, 2U);
  world.resume(feed);
  ASSERT_TRUE(feed.await_offset(3));
  EXPECT_EQ(world.logs.texts(1)[1], "17/1 orders[0e0@1]");
}

TEST(Fetcher, RequestsWaitShortlyWhilePartitionsCome) {
  NotingFeed feed;
  FetchSettings settings;
  settings.wait_max = Milliseconds(3'600'000);
  FetchWorld world(1, settings);
  world.add_topic("orders", 1);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(world.logs.await_polls(1));
  for (const auto& seen : world.logs.seen()) {
    EXPECT_GE(seen.wait_ms, 10);
    EXPECT_LT(seen.wait_ms, 60'000) << "no longer than it was calm";
  }
}

TEST(Fetcher, WaitsForNoMoreThanOnePartitionMayGive) {
  constexpr std::int32_t k_partitions = 20;
  FetchSettings settings;
  settings.bytes_min = 500'000;
  std::vector<NotingFeed> feeds(k_partitions);
  FetchWorld world(1, settings);
  world.add_topic("orders", k_partitions);
  std::vector<FetchWorld::Start> starts;
  for (std::int32_t i = 0; i < k_partitions; ++i) {
    starts.push_back({&feeds[static_cast<std::size_t>(i)], {"orders", Partition(i)}});
  }
  world.start(starts);
  ASSERT_TRUE(world.logs.await_polls(1));
  const auto seen = world.logs.seen().front();
  EXPECT_GT(seen.partition_bytes_max, 0);
  EXPECT_LT(seen.partition_bytes_max, 500'000);
  EXPECT_EQ(seen.bytes_min, seen.partition_bytes_max);
}

TEST(Fetcher, AFeedIsToldThatNothingIsHeardOfItsPartition) {
  NotingFeed gone;
  NotingFeed there;
  FetchWorld world(2);
  world.add_topic("orders", 2);
  world.logs.lead(k_second, 2, 0);
  world.start({{&gone, k_first}, {&there, k_second}});
  ASSERT_TRUE(world.logs.await_polls(2));
  ASSERT_TRUE(gone.await_calls(1));
  ASSERT_TRUE(there.await_calls(1));
  world.brokers.stop(1);
  EXPECT_TRUE(gone.await_silence(true));
  EXPECT_TRUE(there.await_silence(false));
  world.logs.lose_sessions();
  world.brokers.start(1);
  // Its log did not change meanwhile, which is news too.
  EXPECT_TRUE(gone.await_silence(false));
}

TEST(Fetcher, AThrottledClientKeepsQuiet) {
  NotingFeed feed;
  FetchWorld world(1, small_answers());
  world.add_topic("orders", 1);
  world.logs.append(k_first, 1);
  world.logs.append(k_first, 1);
  world.logs.throttle_next(300);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(2));
  const auto seen = world.logs.seen();
  EXPECT_GE(seen[1].at - seen[0].at, std::chrono::milliseconds(300));
  EXPECT_EQ(world.counters().throttled_ms, 300U);
}

TEST(Fetcher, ALostSessionIsOpenedAnew) {
  for (const std::int16_t error : {std::int16_t{70}, std::int16_t{71}, std::int16_t{106}}) {
    NotingFeed first;
    NotingFeed second;
    FetchWorld world;
    world.add_topic("orders", 2);
    world.logs.append(k_first, 3);
    world.start({{&first, k_first}, {&second, k_second}});
    ASSERT_TRUE(world.logs.await_polls(1));
    ASSERT_TRUE(first.await_offset(3));
    world.logs.refuse_next(error);
    world.logs.append(k_second, 1);
    world.logs.append(k_first, 2);
    ASSERT_TRUE(first.await_offset(5));
    ASSERT_TRUE(world.logs.await_polls(1));
    const Texts texts = world.logs.texts(1);
    ASSERT_GE(texts.size(), 4U);
    EXPECT_EQ(texts[2], "17/2 orders[1e0@1]");
    EXPECT_EQ(texts[3], (error == 70 ? "0/0" : "17/0") + std::string(" orders[1e0@1 0e0@3]"));
    EXPECT_EQ(first.offsets(), offsets(0, 5));
    EXPECT_EQ(second.offsets(), offsets(0, 1));
    EXPECT_EQ(world.counters().full_requests, 2U);
  }
}

TEST(Fetcher, ABrokerThatForgotItsSessionsIsTold) {
  NotingFeed feed;
  FetchWorld world;
  world.add_topic("orders", 1);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(world.logs.await_polls(1));
  world.logs.lose_sessions();
  world.logs.append(k_first, 2);
  world.logs.end_polls();
  ASSERT_TRUE(feed.await_offset(2));
  EXPECT_EQ(world.logs.texts(1)[2], "0/0 orders[0e0@0]");
}

TEST(Fetcher, WithoutSessionsEveryRequestIsFull) {
  NotingFeed first;
  NotingFeed second;
  FetchWorld world(1, small_answers());
  world.add_topic("orders", 2);
  for (int i = 0; i < 5; ++i) world.logs.append(k_first, 1);
  world.logs.keep_no_sessions();
  world.start({{&first, k_first}, {&second, k_second}});
  ASSERT_TRUE(first.await_offset(5));
  for (const std::string& text : world.logs.texts(1)) EXPECT_TRUE(text.starts_with("0/0 ")) << text;
  EXPECT_EQ(first.offsets(), offsets(0, 5));
}

TEST(Fetcher, AnAnswerForAStrangerOpensAnotherSession) {
  NotingFeed feed;
  FetchWorld world;
  world.add_topic("orders", 1);
  world.logs.append(k_first, 2);
  world.logs.add_stranger_once();
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(2));
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::fetch, 2));
  EXPECT_EQ(world.logs.texts(1)[1], "17/0 orders[0e0@2]");
  EXPECT_EQ(feed.offsets(), offsets(0, 2));
}

TEST(Fetcher, AConnectionLostInTheMiddleOfAnAnswerLosesNothing) {
  NotingFeed feed;
  FetchWorld world;
  world.add_topic("orders", 1);
  world.logs.append(k_first, 3);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(3));
  ASSERT_TRUE(world.logs.await_polls(1));
  std::atomic<int> halves{0};
  {
    // The next answer claims 1,000 bytes of which 100 come.
    const auto half = [&](const ScriptedRequest&) {
      ++halves;
      std::vector<std::byte> bytes(104);
      protocol::store_big_endian<std::int32_t>(bytes.data(), 1'000);
      return ScriptedReply::raw(std::move(bytes));
    };
    world.brokers.on(ApiKey::fetch, half);
  }
  const auto before = world.brokers.requests(ApiKey::fetch);
  world.logs.append(k_first, 2);
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::fetch, before + 1));
  EXPECT_EQ(halves, 1);
  world.logs.serve();
  world.brokers.close_connections(1);
  world.logs.append(k_first, 2);
  ASSERT_TRUE(feed.await_offset(7));
  EXPECT_EQ(feed.offsets(), offsets(0, 7));
  EXPECT_EQ(world.logs.texts(1)[2], "17/0 orders[0e0@5]") << "a full request closes the old one";
}

TEST(Fetcher, AnAnswerThatCanNotBeReadEndsTheConnection) {
  NotingFeed feed;
  FetchWorld world;
  world.add_topic("orders", 1);
  world.logs.append(k_first, 3);
  world.brokers.on(ApiKey::fetch, [](const ScriptedRequest&) {
    return ScriptedReply::answer(std::vector<std::byte>(7));
  });
  world.start({{&feed, k_first}});
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::fetch, 3));
  world.logs.serve();
  ASSERT_TRUE(feed.await_offset(3));
  EXPECT_EQ(feed.offsets(), offsets(0, 3));
  EXPECT_TRUE(feed.troubles().empty());
}

TEST(Fetcher, ABrokerThatIsSilentHoldsUpNoOther) {
  NotingFeed stuck;
  NotingFeed running;
  FetchWorld world(2, small_answers());
  world.add_topic("orders", 2);
  world.logs.lead(k_second, 2, 0);
  world.logs.append(k_first, 1);
  for (int i = 0; i < 20; ++i) world.logs.append(k_second, 3);
  world.logs.silence(1);
  world.start({{&stuck, k_first}});
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::fetch, 1));
  world.start({{&running, k_second}});
  ASSERT_TRUE(running.await_offset(60));
  EXPECT_EQ(running.offsets(), offsets(0, 60));
  EXPECT_TRUE(stuck.offsets().empty());
  EXPECT_EQ(world.logs.texts(1), Texts{"0/0 orders[0e0@0]"});
}

TEST(Fetcher, ABrokerThatComesBackIsFetchedFrom) {
  NotingFeed feed;
  FetchWorld world(2);
  world.add_topic("orders", 1);
  world.logs.append(k_first, 3);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(feed.await_offset(3));
  world.brokers.stop(1);
  const auto asked = world.brokers.requests(ApiKey::metadata);
  ASSERT_TRUE(world.brokers.await_requests(ApiKey::metadata, asked + 2));
  world.logs.lose_sessions();
  world.logs.append(k_first, 3);
  world.brokers.start(1);
  ASSERT_TRUE(feed.await_offset(6));
  EXPECT_EQ(feed.offsets(), offsets(0, 6));
  EXPECT_TRUE(feed.troubles().empty());
}

TEST(Fetcher, AnAnswerForAnEarlierStartIsNotDelivered) {
  NotingFeed feed;
  NotingFeed other;
  FetchWorld world;
  world.add_topic("orders", 2);
  for (int i = 0; i < 3; ++i) world.logs.append(k_second, 4);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(world.logs.await_polls(1));
  // The request under way asks for offset 0; meanwhile the feed goes on at 8 of another partition,
  // and the first one belongs to another feed that begins at 3.
  world.start({{&feed, k_second, 8}, {&other, k_first, 3}});
  world.logs.append(k_first, 3);
  world.logs.append(k_first, 2);
  ASSERT_TRUE(feed.await_offset(12));
  ASSERT_TRUE(other.await_offset(5));
  EXPECT_EQ(feed.offsets(), offsets(8, 12));
  EXPECT_EQ(other.offsets(), offsets(3, 5));
}

TEST(Fetcher, AStoppedFeedIsNotCalled) {
  NotingFeed stopped;
  NotingFeed other;
  FetchWorld world;
  world.add_topic("orders", 2);
  world.start({{&stopped, k_first}, {&other, k_second}});
  ASSERT_TRUE(world.logs.await_polls(1));
  ASSERT_TRUE(stopped.await_calls(1));
  world.stop(stopped);
  world.stop(stopped);
  world.resume(stopped);
  world.logs.append(k_first, 3);
  world.logs.append(k_second, 3);
  ASSERT_TRUE(other.await_offset(3));
  EXPECT_EQ(stopped.calls(), 1);
  EXPECT_TRUE(stopped.offsets().empty());
}

TEST(Fetcher, EndsWithRequestsUnderWay) {
  NotingFeed feed;
  FetchWorld world(2);
  world.add_topic("orders", 2);
  world.start({{&feed, k_first}});
  ASSERT_TRUE(world.logs.await_polls(1));
  world.end();
  world.logs.append(k_first, 3);
  EXPECT_TRUE(feed.offsets().empty());
}

}  // namespace
}  // namespace kferry::client
