// How shards come to a stream and leave it.

#include <gtest/gtest.h>

#include <thread>

#include "support/stream_test.hpp"

namespace kferry::pipeline {
namespace {

using test::offsets;
using test::order_fault;
using test::StreamWorld;
using Temper = test::FakeTarget::Temper;

class StreamLife : public ::testing::Test {
 protected:
  void hold_answers() {
    Temper temper;
    temper.answers = false;
    world.target.set_temper(temper);
  }
  bool in_flight(std::size_t count) {
    return world.eventually([&] { return world.target.in_flight() == count; });
  }
  StreamWorld world;
};

TEST_F(StreamLife, AStoppedShardReadsNoMoreButBringsWhatItRead) {
  hold_answers();
  world.start();
  world.log(0).append(8);
  Shard& shard = world.open(0);
  ASSERT_TRUE(in_flight(8));
  EXPECT_FALSE(world.stream->drained(shard));
  world.stream->stop_reading(shard);
  world.log(0).append(8);
  world.stream->stop_reading(shard);  // the source thread has come by
  EXPECT_EQ(shard.read_position, 8);
  world.target.set_temper({});
  ASSERT_TRUE(world.eventually([&] { return world.stream->drained(shard); }));
  EXPECT_EQ(shard.position, 8);
  EXPECT_EQ(world.target.log(shard.source), offsets(0, 8));
}

TEST_F(StreamLife, AbandonForgetsAndSendsTheOthersAgainInOrder) {
  hold_answers();
  world.start();
  world.log(0).append(20);
  world.log(1).append(20);
  Shard& leaving = world.open(0);
  Shard& staying = world.open(1);
  ASSERT_TRUE(in_flight(40));
  world.target.acknowledge(leaving.source, 0, 5);
  world.target.acknowledge(staying.source, 0, 5);
  world.settle(leaving);
  world.stream->stop_reading(leaving);
  world.stream->abandon({&leaving});
  EXPECT_EQ(leaving.position, 4);
  EXPECT_TRUE(world.stream->drained(leaving));
  EXPECT_EQ(world.target.resets(), 1U);
  world.stream->release(leaving);
  world.target.set_temper({});
  ASSERT_TRUE(world.reaches(staying, 20));
  EXPECT_EQ(order_fault(world.target.log(staying.source), offsets(0, 20)), "");
  EXPECT_EQ(leaving.position, 4);
}

TEST_F(StreamLife, AbandonOfAShardWithoutRecordsInFlightLeavesTheProducerAlone) {
  world.target.set_room(0);
  world.start();
  world.log(0).append(20);
  Shard& shard = world.open(0);
  ASSERT_TRUE(world.eventually([&] { return shard.read_position == 20; }));
  world.stream->stop_reading(shard);
  world.stream->abandon({&shard});
  EXPECT_EQ(world.target.resets(), 0U);
  EXPECT_EQ(world.budget.used_bytes(), 0);
  EXPECT_EQ(shard.position, 0);
}

TEST_F(StreamLife, AnAbandonedShardCanBeResumedAtAnotherOffset) {
  hold_answers();
  world.start();
  world.log(0).append(30);
  Shard& shard = world.open(0);
  ASSERT_TRUE(in_flight(30));
  world.stream->stop_reading(shard);
  world.stream->abandon({&shard});
  world.target.set_temper({});
  world.target.excuse(shard.source, 17);
  world.log(0).seek(Offset(17));
  world.stream->resume(shard, Offset(17));
  ASSERT_TRUE(world.reaches(shard, 30));
  const auto written = world.target.log(shard.source);
  EXPECT_EQ(std::vector<std::int64_t>(written.end() - 13, written.end()), offsets(17, 30));
  // What the earlier producer had written is a beginning of the log and nothing else.
  EXPECT_EQ(std::vector<std::int64_t>(written.begin(), written.end() - 13),
            offsets(0, static_cast<std::int64_t>(written.size()) - 13));
}

TEST_F(StreamLife, AReleasedShardCanBeOpenedAgain) {
  world.start();
  std::int64_t position = 0;
  for (int owner = 0; owner < 20; ++owner) {
    world.log(0).append(10);
    Shard& shard = world.open(0, Offset(position));
    ASSERT_TRUE(world.reaches(shard, position + 10));
    position += 10;
    world.retire(shard);
  }
  EXPECT_EQ(world.target.log(StreamWorld::tp(0)), offsets(0, 200));
}

TEST_F(StreamLife, AnEmptyShardIsDrainedAtOnce) {
  world.start();
  Shard& shard = world.open(0);
  EXPECT_TRUE(world.stream->drained(shard));
  world.stream->stop_reading(shard);
  world.stream->release(shard);
}

/// The source goes on saying that it is ready while the shard is taken away; sanitizers see
/// whether anything still touches it.
TEST(StreamRelease, IsSafeWhileTheSourceIsReady) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    StreamWorld world(seed, 200);
    world.target.set_room(1 + seed % 7);
    Temper temper;
    temper.dawdles = 3;
    world.target.set_temper(temper);
    world.start();
    std::atomic<bool> stop{false};
    std::thread source([&] {
      for (int i = 0; i < 2'000 && !stop; ++i) {
        world.log(0).append(1);
        world.log(1).append(1);
        std::this_thread::yield();
      }
    });
    world.open(1);
    std::int64_t position = 0;
    for (int owner = 0; owner < 10; ++owner) {
      Shard& shard = world.open(0, Offset(position));
      const std::int64_t wanted = position + static_cast<std::int64_t>(seed % 4);
      EXPECT_TRUE(
          world.eventually([&] { return shard.position >= std::min(wanted, world.log(0).end()); }));
      world.stream->stop_reading(shard);
      if (owner % 2 == 0) {
        EXPECT_TRUE(world.eventually([&] { return world.stream->drained(shard); }));
      } else {
        world.stream->abandon({&shard});
      }
      position = shard.position;
      world.retire(shard);
    }
    stop = true;
    source.join();
    const auto written = world.target.log(StreamWorld::tp(0));
    EXPECT_EQ(order_fault(written, world.log(0).records(), false), "");
  }
}

}  // namespace
}  // namespace kferry::pipeline
