// What a stream does while nothing goes wrong: positions, backpressure, wake-ups.

#include <gtest/gtest.h>

#include "support/stream_test.hpp"

namespace kferry::pipeline {
namespace {

using test::offsets;
using test::StreamWorld;
using Temper = test::FakeTarget::Temper;

class StreamFlow : public ::testing::Test {
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

TEST_F(StreamFlow, MovesRecordsInOrderAndThePositionBehindThem) {
  world.start();
  world.log(0).append(10);
  Shard& shard = world.open(0);
  ASSERT_TRUE(world.reaches(shard, 10));
  world.log(0).append(1);
  ASSERT_TRUE(world.reaches(shard, 11));
  EXPECT_EQ(world.target.log(shard.source), offsets(0, 11));
  EXPECT_EQ(shard.records_mirrored, 11U);
  EXPECT_EQ(shard.bytes_mirrored, 11 * test::k_fake_record_bytes);
  world.settle(shard);
  EXPECT_EQ(shard.oldest_pending_ms, -1);
}

TEST_F(StreamFlow, StartsAtTheOffsetItIsGiven) {
  world.start();
  world.log(0).append(10);
  Shard& shard = world.open(0, Offset(6));
  ASSERT_TRUE(world.reaches(shard, 10));
  EXPECT_EQ(world.target.log(shard.source), offsets(6, 10));
}

TEST_F(StreamFlow, MovesThePositionOverTheAcknowledgedPrefixOnly) {
  hold_answers();
  world.start();
  world.log(0).append(12);  // three batches of four
  Shard& shard = world.open(0);
  ASSERT_TRUE(in_flight(12));
  const auto acknowledged = [&](std::int64_t from, std::int64_t to) {
    world.target.acknowledge(shard.source, from, to);
    world.settle(shard);
    return shard.position.load();
  };
  EXPECT_EQ(acknowledged(8, 12), 0);
  EXPECT_EQ(shard.oldest_pending_ms, 0);
  EXPECT_EQ(acknowledged(1, 4), 0);
  EXPECT_EQ(acknowledged(0, 1), 4);
  EXPECT_EQ(shard.oldest_pending_ms, 4);
  EXPECT_EQ(acknowledged(6, 8), 4);
  EXPECT_EQ(acknowledged(5, 6), 4);
  EXPECT_EQ(acknowledged(4, 5), 12);
  EXPECT_EQ(shard.oldest_pending_ms, -1);
}

TEST_F(StreamFlow, NewsOfTheLogsEndMoveThePositionWithoutARecord) {
  world.start();
  world.log(0).append_gap(7);
  Shard& shard = world.open(0);
  ASSERT_TRUE(world.reaches(shard, 7));
  world.log(0).append(2);
  world.log(0).append_gap(3);
  ASSERT_TRUE(world.reaches(shard, 12));
  EXPECT_EQ(world.target.log(shard.source), offsets(7, 9));
  EXPECT_EQ(shard.records_mirrored, 2U);
}

TEST_F(StreamFlow, NewsOfTheLogsEndDoNotOvertakeRecords) {
  hold_answers();
  world.start();
  world.log(0).append(2);
  world.log(0).append_gap(5);
  Shard& shard = world.open(0);
  ASSERT_TRUE(in_flight(2));
  ASSERT_TRUE(world.eventually([&] { return shard.read_position == 7; }));
  world.settle(shard);
  EXPECT_EQ(shard.position, 0);
  world.target.acknowledge(shard.source, 0, 2);
  EXPECT_TRUE(world.reaches(shard, 7));
}

TEST_F(StreamFlow, GoesOnWhenAFullProducerHasRoomAgain) {
  world.target.set_room(3);
  hold_answers();
  world.start();
  world.log(0).append(10);
  Shard& shard = world.open(0);
  ASSERT_TRUE(in_flight(3));
  world.target.acknowledge(shard.source, 0, 2);
  ASSERT_TRUE(world.eventually([&] { return world.target.in_flight() == 3; }));
  world.target.set_temper({});
  ASSERT_TRUE(world.reaches(shard, 10));
  EXPECT_EQ(world.target.log(shard.source), offsets(0, 10));
}

TEST_F(StreamFlow, AFullRingStopsTheReaderAndNothingElse) {
  world.target.set_room(0);
  world.start();
  world.log(0).append(1'000);
  world.log(1).append(8);
  Shard& full = world.open(0);
  // One batch that can not be sent has a slot; the ring is full, or was before that one left it.
  constexpr int k_full = static_cast<int>(k_ring_batches) * 4;
  ASSERT_TRUE(world.eventually([&] { return full.read_position >= k_full; }));
  Shard& other = world.open(1);
  ASSERT_TRUE(world.eventually([&] { return other.read_position == 8; }));
  world.settle(full);
  EXPECT_LE(full.read_position, k_full + 4);
  world.target.set_room(1'000'000);
  ASSERT_TRUE(world.reaches(full, 1'000));
  ASSERT_TRUE(world.reaches(other, 8));
  EXPECT_EQ(world.target.log(full.source), offsets(0, 1'000));
}

TEST_F(StreamFlow, AFullLedgerStopsSendingUntilAnswersCome) {
  hold_answers();
  world.start();
  world.log(0).append(1'000);
  Shard& shard = world.open(0);
  ASSERT_TRUE(in_flight(k_ledger_slots * 4));
  // The ring is filled again when half of it is gone.
  ASSERT_TRUE(world.eventually([&] {
    return shard.read_position >= static_cast<int>(k_ledger_slots + k_ring_batches / 2) * 4;
  }));
  world.settle(shard);
  EXPECT_LE(shard.read_position, static_cast<int>(k_ledger_slots + k_ring_batches) * 4);
  EXPECT_EQ(world.target.in_flight(), k_ledger_slots * 4);
  world.target.set_temper({});
  ASSERT_TRUE(world.reaches(shard, 1'000));
}

TEST_F(StreamFlow, CountsWhatWasFilteredAndPassesIt) {
  world.start();
  for (std::int64_t offset = 4; offset < 9; ++offset) {
    world.target.filter_out(StreamWorld::tp(0), offset);
  }
  world.log(0).append(12);
  Shard& shard = world.open(0);
  ASSERT_TRUE(world.reaches(shard, 12));
  EXPECT_EQ(shard.records_filtered, 5U);
  EXPECT_EQ(shard.records_mirrored, 7U);
  EXPECT_EQ(shard.batches, 3U);
  EXPECT_EQ(world.target.log(shard.source), (std::vector<std::int64_t>{0, 1, 2, 3, 9, 10, 11}));
}

TEST_F(StreamFlow, ObservesTheDelayOfEveryRecord) {
  world.start();
  world.log(0).append(12);
  Shard& shard = world.open(0);
  ASSERT_TRUE(world.reaches(shard, 12));
  const auto& counters = world.stream->counters();
  // The fake records are as old as 1970.
  EXPECT_EQ(counters.delay_counts.back(), 12U);
  EXPECT_EQ(counters.delay_sum_ms,
            4 * (3 * static_cast<std::uint64_t>(world.clock.wall_ms()) - 12));
  EXPECT_EQ(shard.last_mirrored_ms, 8);
}

TEST(StreamBudget, AnExhaustedBudgetStopsReadingUntilAnswersGiveItBack) {
  StreamWorld world(1, 80);  // two batches of four records of ten bytes
  Temper temper;
  temper.answers = false;
  world.target.set_temper(temper);
  world.start();
  world.log(0).append(100);
  Shard& shard = world.open(0);
  ASSERT_TRUE(world.eventually([&] { return world.target.in_flight() == 8; }));
  world.settle(shard);
  EXPECT_EQ(shard.read_position, 8);
  EXPECT_EQ(world.budget.used_bytes(), 80);
  world.target.acknowledge(shard.source, 0, 4);
  ASSERT_TRUE(world.eventually([&] { return shard.read_position == 12; }));
  world.target.set_temper({});
  ASSERT_TRUE(world.reaches(shard, 100));
  EXPECT_EQ(world.target.log(shard.source), offsets(0, 100));
}

TEST(StreamBudget, WhatAnotherFlowGivesBackIsNoticed) {
  StreamWorld world(1, 80);
  world.budget.take(80);
  world.target.set_room(0);
  world.start();
  world.log(0).append(8);
  Shard& shard = world.open(0);
  // One batch is always granted, so that no flow stands still for another's sake.
  ASSERT_TRUE(world.eventually([&] { return shard.read_position == 4; }));
  world.stream->stop_reading(world.open(1));  // the source thread has come by
  EXPECT_EQ(shard.read_position, 4);
  world.budget.give_back(80);
  EXPECT_TRUE(world.eventually([&] { return shard.read_position == 8; }));
}

/// Everything narrow at once, so that all threads sleep and wake all the time: a wake-up that gets
/// lost is a round that does not end.
TEST(StreamWakeUps, NoneIsLost) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    StreamWorld world(seed, 60);
    world.target.set_room(1 + seed % 5);
    Temper temper;
    temper.dawdles = 2;
    world.target.set_temper(temper);
    world.start();
    std::vector<Shard*> shards;
    for (std::int32_t p = 0; p < 4; ++p) {
      world.log(p).set_batch_records(1 + seed % 3);
      shards.push_back(&world.open(p));
    }
    for (int burst = 0; burst < 50; ++burst) {
      for (std::int32_t p = 0; p < 4; ++p) world.log(p).append(1 + (burst + p) % 3);
    }
    for (Shard* shard : shards) {
      ASSERT_TRUE(world.reaches(*shard, world.reader.log(shard->source).end()));
      EXPECT_EQ(world.target.log(shard->source), world.reader.log(shard->source).records());
    }
  }
}

}  // namespace
}  // namespace kferry::pipeline
