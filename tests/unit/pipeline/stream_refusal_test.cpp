// What a stream does when the target refuses records or the producer breaks.

#include <gtest/gtest.h>

#include "support/stream_test.hpp"

namespace kferry::pipeline {
namespace {

using test::offsets;
using test::order_fault;
using test::StreamWorld;
using Kind = StreamEvent::Kind;
using Temper = test::FakeTarget::Temper;

std::vector<std::int64_t> without(std::vector<std::int64_t> list, std::int64_t offset) {
  std::erase(list, offset);
  return list;
}

class StreamRefusal : public ::testing::Test {
 protected:
  Shard& open_with(std::int32_t partition, std::int64_t records,
                   topics::PartitioningMode mode = topics::PartitioningMode::source) {
    world.log(partition).append(records);
    return world.open(partition, Offset(0), mode);
  }
  std::string order_of(const Shard& shard, const std::vector<std::int64_t>& records,
                       bool complete = true) {
    return order_fault(world.target.log(shard.source), records, complete);
  }
  std::size_t events_of(Kind kind) {
    const auto events = world.events();
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [&](const auto& event) { return event.kind == kind; }));
  }
  StreamWorld world;
};

TEST_F(StreamRefusal, SkipFindsTheOneRecordOfARefusedRequest) {
  world.target.refuse(StreamWorld::tp(0), 6);
  world.start(SendFailurePolicy::skip);
  Shard& shard = open_with(0, 20);
  ASSERT_TRUE(world.reaches(shard, 20));
  EXPECT_EQ(order_of(shard, without(offsets(0, 20), 6)), "");
  EXPECT_EQ(shard.records_dropped, 1U);
  EXPECT_EQ(shard.records_mirrored, 19U);
  EXPECT_TRUE(world.events().empty());
  EXPECT_GE(world.stream->send_errors().at("REFUSED"), 1U);
}

TEST_F(StreamRefusal, SkipDropsEachOfManyAndNothingElse) {
  std::vector<std::int64_t> kept;
  for (std::int64_t offset = 0; offset < 60; ++offset) {
    if (offset % 7 == 3) {
      world.target.refuse(StreamWorld::tp(0), offset);
    } else {
      kept.push_back(offset);
    }
  }
  world.start(SendFailurePolicy::skip);
  Shard& shard = open_with(0, 60);
  ASSERT_TRUE(world.reaches(shard, 60));
  EXPECT_EQ(order_of(shard, kept), "");
  EXPECT_EQ(shard.records_dropped, 60U - kept.size());
  EXPECT_EQ(shard.records_mirrored, kept.size());
}

TEST_F(StreamRefusal, WhatPassesInSmallerPiecesIsNotDropped) {
  // As when a whole request is too large for the broker and no record of it is.
  Temper temper;
  temper.refuses = 1;
  world.target.set_temper(temper);
  world.start(SendFailurePolicy::exit);
  Shard& shard = open_with(0, 30);
  ASSERT_TRUE(world.reaches(shard, 30));
  EXPECT_EQ(order_of(shard, offsets(0, 30)), "");
  EXPECT_EQ(shard.records_dropped, 0U);
  EXPECT_TRUE(world.events().empty());
}

TEST_F(StreamRefusal, ExitNamesTheRecordAndKeepsWhatIsBeforeIt) {
  world.target.refuse(StreamWorld::tp(0), 6);
  world.start(SendFailurePolicy::exit);
  Shard& shard = open_with(0, 20);
  ASSERT_TRUE(world.told(Kind::send_failed));
  world.settle(shard);
  EXPECT_EQ(world.events().size(), 1U);
  EXPECT_EQ(world.events()[0].shard, &shard);
  EXPECT_EQ(world.events()[0].offset, Offset(6));
  EXPECT_EQ(world.events()[0].reason, "REFUSED");
  // Right in front of the record, so that nothing before it is sent again.
  EXPECT_EQ(shard.position, 6);
  EXPECT_EQ(order_of(shard, offsets(0, 6)), "");
  EXPECT_TRUE(world.stream->drained(shard));
}

TEST_F(StreamRefusal, WhoLooksForARefusedRecordHoldsUpNoOtherWhoseBatchesAreItsOwn) {
  Temper temper;
  temper.mixes = false;
  temper.falls_silent = true;
  world.target.set_temper(temper);
  world.target.refuse(StreamWorld::tp(0), 6);
  world.start(SendFailurePolicy::skip);
  open_with(0, 500);
  Shard& good = open_with(1, 500);
  ASSERT_TRUE(world.reaches(good, 500));
  world.log(1).append(100);
  ASSERT_TRUE(world.reaches(good, 600));
  EXPECT_EQ(order_of(good, offsets(0, 600)), "");
}

TEST_F(StreamRefusal, AParkedShardStopsNoOther) {
  world.target.refuse(StreamWorld::tp(0), 6);
  world.start(SendFailurePolicy::park);
  Shard& bad = open_with(0, 500);
  Shard& good = open_with(1, 500);
  ASSERT_TRUE(world.told(Kind::parked));
  ASSERT_TRUE(world.reaches(good, 500));
  world.log(1).append(100);
  ASSERT_TRUE(world.reaches(good, 600));
  EXPECT_EQ(order_of(good, offsets(0, 600)), "");
  EXPECT_EQ(bad.position, 6);
  EXPECT_EQ(world.events()[0].offset, Offset(6));
  EXPECT_EQ(order_of(bad, offsets(0, 6)), "");
  // What it had read is given up, so that it holds nothing of the budget that others need.
  ASSERT_TRUE(world.eventually([&] { return bad.ring.empty(); }));
}

TEST_F(StreamRefusal, AParkedShardLeavesTheOthersMemoryToGoOn) {
  for (const bool before : {false, true}) {
    SCOPED_TRACE(before ? "refused by the producer" : "refused by the broker");
    StreamWorld own(1, 400);
    own.target.refuse(StreamWorld::tp(0), 0, ErrorKind::record, before);
    own.start(SendFailurePolicy::park);
    own.log(0).append(500);
    Shard& bad = own.open(0);
    ASSERT_TRUE(own.told(Kind::parked));
    own.stream->stop_reading(bad);
    own.log(1).append(500);
    Shard& good = own.open(1);
    ASSERT_TRUE(own.reaches(good, 500));
    EXPECT_EQ(bad.position, 0);
  }
}

TEST_F(StreamRefusal, AParkedShardGoesOnWhereItStoppedOnceTheTargetIsMended) {
  world.target.refuse(StreamWorld::tp(0), 6);
  world.start(SendFailurePolicy::park);
  Shard& shard = open_with(0, 50);
  ASSERT_TRUE(world.told(Kind::parked));
  world.target.accept_again(shard.source, 6);
  world.stream->stop_reading(shard);
  world.stream->abandon({&shard});
  const Offset position(shard.position);
  world.log(0).seek(position);
  world.stream->resume(shard, position);
  ASSERT_TRUE(world.reaches(shard, 50));
  EXPECT_EQ(order_of(shard, offsets(0, 50)), "");
}

TEST_F(StreamRefusal, ATroubleOfTheWholeShardParksItUnderEveryPolicy) {
  for (const auto policy :
       {SendFailurePolicy::exit, SendFailurePolicy::park, SendFailurePolicy::skip}) {
    for (const bool before : {false, true}) {
      SCOPED_TRACE("policy " + std::to_string(static_cast<int>(policy)) +
                   (before ? ", refused by the producer" : ", refused by the broker"));
      StreamWorld own;
      own.target.refuse(StreamWorld::tp(0), 2, ErrorKind::shard, before);
      own.start(policy);
      own.log(0).append(10);
      Shard& shard = own.open(0);
      ASSERT_TRUE(own.eventually([&] { return !own.events().empty() || shard.position == 10; }));
      own.settle(shard);
      EXPECT_EQ(shard.records_dropped, 0U);
      ASSERT_EQ(own.events().size(), 1U);
      EXPECT_EQ(own.events()[0].kind, Kind::parked);
      EXPECT_EQ(shard.position, 0);
    }
  }
}

TEST_F(StreamRefusal, ARecordThatTheProducerRefusesIsDealtWithAtOnce) {
  world.target.refuse(StreamWorld::tp(0), 6, ErrorKind::record, true);
  world.target.refuse(StreamWorld::tp(0), 7, ErrorKind::record, true);
  world.start(SendFailurePolicy::skip);
  Shard& shard = open_with(0, 20);
  ASSERT_TRUE(world.reaches(shard, 20));
  EXPECT_EQ(world.target.log(shard.source), without(without(offsets(0, 20), 6), 7));
  EXPECT_EQ(shard.records_dropped, 2U);
  EXPECT_EQ(world.target.resets(), 0U);
  EXPECT_EQ(world.stream->send_errors().at("REFUSED"), 2U);
}

TEST_F(StreamRefusal, ARecordThatTheProducerRefusesEndsOrParksItsShard) {
  for (const auto& [policy, kind] : {std::pair{SendFailurePolicy::exit, Kind::send_failed},
                                     std::pair{SendFailurePolicy::park, Kind::parked}}) {
    StreamWorld own;
    own.target.refuse(StreamWorld::tp(0), 6, ErrorKind::record, true);
    own.start(policy);
    own.log(0).append(20);
    Shard& shard = own.open(0);
    ASSERT_TRUE(own.told(kind));
    ASSERT_TRUE(own.reaches(shard, 4));
    own.settle(shard);
    EXPECT_EQ(own.events()[0].offset, Offset(6));
    EXPECT_EQ(order_fault(own.target.log(shard.source), offsets(0, 6)), "");
  }
}

TEST_F(StreamRefusal, ARecordThatTheProducerRefusesLeavesThePositionBehindThoseInFlight) {
  Temper temper;
  temper.answers = false;
  world.target.set_temper(temper);
  world.target.refuse(StreamWorld::tp(0), 6, ErrorKind::record, true);
  world.log(0).set_batch_records(8);
  world.start(SendFailurePolicy::park);
  Shard& shard = open_with(0, 8);
  ASSERT_TRUE(world.told(Kind::parked));
  world.settle(shard);
  EXPECT_EQ(world.target.in_flight(), 6U);
  EXPECT_EQ(shard.position, 0);
  world.target.accept_again(shard.source, 6);
  world.stream->stop_reading(shard);
  world.stream->abandon({&shard});
  world.log(0).seek(Offset(shard.position));
  world.stream->resume(shard, Offset(shard.position));
  world.target.set_temper({});
  ASSERT_TRUE(world.reaches(shard, 8));
  EXPECT_EQ(order_of(shard, offsets(0, 8)), "");
}

TEST_F(StreamRefusal, RecordsThatShareARequestWithARefusedOneAreNotDropped) {
  // Placed by key, records of two source partitions may lie in one target partition.
  Temper temper;
  temper.by_key = true;
  temper.answers = false;
  world.target.set_temper(temper);
  world.target.refuse(StreamWorld::tp(0), 6);
  world.start(SendFailurePolicy::skip);
  Shard& bad = open_with(0, 20, topics::PartitioningMode::key);
  Shard& innocent = open_with(1, 20, topics::PartitioningMode::key);
  ASSERT_TRUE(world.eventually([&] { return world.target.in_flight() == 40; }));
  temper.answers = true;
  world.target.set_temper(temper);
  ASSERT_TRUE(world.reaches(bad, 20));
  ASSERT_TRUE(world.reaches(innocent, 20));
  EXPECT_EQ(bad.records_dropped, 1U);
  EXPECT_EQ(innocent.records_dropped, 0U);
  EXPECT_EQ(order_of(innocent, offsets(0, 20)), "");
}

TEST_F(StreamRefusal, AShardThatSendsAloneLetsTheOthersGoOnOnceItIsThrough) {
  for (const auto policy : {SendFailurePolicy::park, SendFailurePolicy::skip}) {
    SCOPED_TRACE("policy " + std::to_string(static_cast<int>(policy)));
    StreamWorld own;
    Temper temper;
    temper.answers = false;
    own.target.set_temper(temper);
    own.target.refuse(StreamWorld::tp(0), 3);
    own.start(policy);
    own.log(0).append(8);
    own.log(1).append(8);
    Shard& bad = own.open(0);
    Shard& good = own.open(1);
    ASSERT_TRUE(own.eventually([&] { return own.target.in_flight() == 16; }));
    own.target.refuse(StreamWorld::tp(0), 7);
    own.target.set_temper({});
    ASSERT_TRUE(own.eventually([&] { return bad.position == 8 || !own.events().empty(); }));
    own.log(1).append(8);
    ASSERT_TRUE(own.reaches(good, 16));
  }
}

TEST_F(StreamRefusal, ABrokenProducerIsReplacedAndEverythingSentAgain) {
  Temper temper;
  temper.answers = false;
  world.target.set_temper(temper);
  world.start();
  Shard& first = open_with(0, 40);
  Shard& second = open_with(1, 40);
  ASSERT_TRUE(world.eventually([&] { return world.target.in_flight() == 80; }));
  world.target.acknowledge(first.source, 2, 9);
  world.target.acknowledge(second.source, 0, 6);
  world.settle(first);
  EXPECT_EQ(first.position, 0);
  EXPECT_EQ(second.position, 4);
  world.target.break_producer();
  ASSERT_TRUE(world.eventually([&] { return world.target.resets() == 1; }));
  world.target.set_temper({});
  ASSERT_TRUE(world.reaches(first, 40));
  ASSERT_TRUE(world.reaches(second, 40));
  EXPECT_EQ(order_of(first, offsets(0, 40)), "");
  EXPECT_EQ(order_of(second, offsets(0, 40)), "");
  EXPECT_EQ(first.records_mirrored, 40U);
  EXPECT_EQ(second.records_mirrored, 40U);
  EXPECT_EQ(world.stream->counters().producer_recreations, 1U);
  EXPECT_TRUE(world.events().empty());
}

TEST_F(StreamRefusal, WhatWasFilteredOrDroppedStaysSoAfterAReset) {
  world.target.filter_out(StreamWorld::tp(0), 1);
  world.target.refuse(StreamWorld::tp(0), 2, ErrorKind::record, true);
  Temper temper;
  temper.answers = false;
  world.target.set_temper(temper);
  world.start(SendFailurePolicy::skip);
  Shard& shard = open_with(0, 4);
  ASSERT_TRUE(world.eventually([&] { return world.target.in_flight() == 2; }));
  world.target.break_producer();
  ASSERT_TRUE(world.eventually([&] { return world.target.resets() == 1; }));
  world.target.set_temper({});
  ASSERT_TRUE(world.reaches(shard, 4));
  EXPECT_EQ(order_of(shard, {0, 3}), "");
  EXPECT_EQ(shard.records_filtered, 1U);
  EXPECT_EQ(shard.records_dropped, 1U);
  EXPECT_EQ(shard.records_mirrored, 2U);
}

TEST_F(StreamRefusal, AProducerThatCanNotBeMadeIsSaidAndTriedAgain) {
  world.target.fail_resets(1);
  world.start();
  Shard& shard = open_with(0, 10);
  ASSERT_TRUE(world.reaches(shard, 10));
  world.target.break_producer();
  ASSERT_TRUE(world.told(Kind::writer_failed));
  world.log(0).append(10);
  ASSERT_TRUE(world.reaches(shard, 20));
  EXPECT_EQ(events_of(Kind::writer_failed), 1U);
  EXPECT_EQ(order_of(shard, offsets(0, 20)), "");
}

TEST_F(StreamRefusal, AFailureToReadClosesTheShardBehindWhatWasRead) {
  world.start();
  Shard& shard = open_with(0, 10);
  ASSERT_TRUE(world.reaches(shard, 10));
  world.log(0).fail({ReadFailure::Kind::out_of_range, "OFFSET_OUT_OF_RANGE", "gone"});
  ASSERT_TRUE(world.told(Kind::read_failed));
  EXPECT_EQ(world.events()[0].read_kind, ReadFailure::Kind::out_of_range);
  EXPECT_EQ(world.events()[0].offset, Offset(10));
  world.log(0).append(5);
  world.stream->stop_reading(shard);  // the source thread has come by
  EXPECT_EQ(shard.read_position, 10);
  world.stream->abandon({&shard});
  world.target.excuse(shard.source, 12);
  world.log(0).seek(Offset(12));
  world.stream->resume(shard, Offset(12));
  ASSERT_TRUE(world.reaches(shard, 15));
  EXPECT_EQ(world.target.log(shard.source).size(), 13U);
}

}  // namespace
}  // namespace kferry::pipeline
