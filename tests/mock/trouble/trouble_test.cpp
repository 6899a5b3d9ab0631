// Whole flows between two embedded clusters that answer with errors, go away and come back.

#include <gtest/gtest.h>

#include <librdkafka/rdkafka.h>

#include "support/mirror_world.hpp"

namespace kferry::app {
namespace {

using kafka::ApiKey;
using test::MirrorWorld;

class Trouble : public ::testing::TestWithParam<config::EngineChoice> {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(world.make_topics()); }

  /// The next requests of the type are answered with these errors.
  static void on(kafka::MockCluster& cluster, ApiKey api, std::vector<kafka::ErrorCode> errors) {
    cluster.push_errors(api, errors);
  }
  static std::vector<kafka::ErrorCode> times(std::size_t count, kafka::ErrorCode error) {
    return std::vector<kafka::ErrorCode>(count, error);
  }
  void expect_all(bool once = true) {
    EXPECT_TRUE(world.all_arrive()) << world.fault();
    const auto snap = world.snapshot();
    for (const auto& shard : snap.shards) EXPECT_EQ(shard.records_dropped, 0U);
    EXPECT_EQ(world.stop(), ExitCode::ok);
    EXPECT_EQ(world.snapshot().memory_used_bytes, 0U);
    world.receive(Milliseconds(200));
    EXPECT_EQ(world.fault(), "");
    if (once) {
      EXPECT_EQ(world.arrived(), world.sent());
    }
    EXPECT_EQ(world.committed_total(), static_cast<std::int64_t>(world.sent()));
  }
  /// What is sent next reaches the target in one batch for each partition. librdkafka may send
  /// another one behind a refused batch before it ends a producer; brokers refuse that too by its
  /// sequence, which the embedded cluster does not look at.
  void gather_batches() { world.settings.target.library.push_back({"linger.ms", "1000"}); }
  /// The flow runs and has brought something.
  void start_running() {
    ASSERT_NO_FATAL_FAILURE(world.send(30));
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_TRUE(world.all_arrive()) << world.fault();
  }
  MirrorWorld world{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, Trouble, test::k_engines, test::engine_name);

TEST_P(Trouble, RetriableProduceErrorsAreGotOverInOrder) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.target, ApiKey::produce,
     {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(world.send(300));
  expect_all();
}

TEST_P(Trouble, ABatchThatIsTooLargeOnceIsSentAgainAlone) {
  gather_batches();
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.target, ApiKey::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  ASSERT_NO_FATAL_FAILURE(world.send(30));
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_GE(world.snapshot().producer_recreations, 1U);
  expect_all(false);
}

TEST_P(Trouble, ALostSequenceMeansANewProducerAndNothingLost) {
  gather_batches();
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.target, ApiKey::produce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  ASSERT_NO_FATAL_FAILURE(world.send(30));
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_GE(world.snapshot().producer_recreations, 1U);
  ASSERT_NO_FATAL_FAILURE(world.send(600));
  expect_all(false);
}

TEST_P(Trouble, ARefusedRecordParksItsShardUntilItIsAccepted) {
  world.settings.on_send_failure = config::SendFailurePolicy::park;
  ASSERT_NO_FATAL_FAILURE(start_running());
  // The batch, then its first record alone.
  on(*world.target, ApiKey::produce, times(2, RD_KAFKA_RESP_ERR_INVALID_RECORD));
  auto record = world.numbered();
  ASSERT_NO_FATAL_FAILURE(world.send(record));
  ASSERT_TRUE(world.eventually([&] {
    const auto snap = world.snapshot();
    return !snap.ready &&
           std::any_of(snap.shards.begin(), snap.shards.end(), [](const auto& shard) {
             return shard.state == observe::ShardState::parked && !shard.reason.empty();
           });
  }));
  expect_all(false);
}

TEST_P(Trouble, ARefusedRecordEndsTheFlowUnderThePolicyExit) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.target, ApiKey::produce, times(2, RD_KAFKA_RESP_ERR_INVALID_RECORD));
  ASSERT_NO_FATAL_FAILURE(world.send(world.numbered()));
  ASSERT_TRUE(world.eventually([&] { return world.ended(); }));
  EXPECT_EQ(world.await_end(), ExitCode::send_failed);
  EXPECT_EQ(world.snapshot().state, observe::FlowState::failed);
  EXPECT_EQ(world.committed_total(), 30);
  // Whoever starts it again gets the record.
  ASSERT_NO_FATAL_FAILURE(world.start());
  expect_all(false);
}

TEST_P(Trouble, ARefusedRecordIsDroppedAndCountedUnderThePolicySkip) {
  world.settings.on_send_failure = config::SendFailurePolicy::skip;
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.target, ApiKey::produce, times(2, RD_KAFKA_RESP_ERR_INVALID_RECORD));
  const auto record = world.numbered();
  ASSERT_NO_FATAL_FAILURE(world.send_uncounted(record));
  ASSERT_TRUE(world.eventually([&] {
    std::uint64_t dropped = 0;
    for (const auto& shard : world.snapshot().shards) dropped += shard.records_dropped;
    return dropped == 1;
  }));
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
  EXPECT_EQ(world.snapshot().released.records_dropped, 1U);
  EXPECT_EQ(world.snapshot().released.records_mirrored, 330U);
}

TEST_P(Trouble, ATargetTopicThatMayNotBeWrittenParksEvenUnderThePolicySkip) {
  world.settings.on_send_failure = config::SendFailurePolicy::skip;
  gather_batches();
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.target, ApiKey::produce, times(2, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED));
  ASSERT_NO_FATAL_FAILURE(world.send(30));
  expect_all(false);
}

TEST_P(Trouble, WithoutTheRightToIdempotenceItGoesOnWithoutIt) {
  on(*world.target, ApiKey::init_producer_id,
     times(5, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED));
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_NO_FATAL_FAILURE(world.start());
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  // librdkafka's producer has to be made anew for it, our own just goes on.
  const bool records = GetParam() == config::EngineChoice::records;
  EXPECT_EQ(world.snapshot().producer_recreations, records ? 1U : 0U);
  expect_all();
}

TEST_P(Trouble, FetchErrorsOnlyDelay) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.source, ApiKey::fetch,
     {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE});
  ASSERT_NO_FATAL_FAILURE(world.send(600));
  expect_all();
}

TEST_P(Trouble, AnOffsetSaidToBeOutOfRangeThatIsNotIsReadOn) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.source, ApiKey::fetch, times(1, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE));
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  for (const auto& shard : world.snapshot().shards) EXPECT_EQ(shard.records_lost, 0U);
  expect_all(false);
}

TEST_P(Trouble, FailedCommitsAreCountedAndMadeUpFor) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  on(*world.source, ApiKey::offset_commit, times(3, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED));
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_TRUE(world.all_arrive()) << world.fault();
  ASSERT_TRUE(world.eventually([&] { return world.committed_total() == 330; }));
  EXPECT_GE(world.snapshot().commit_failures["GROUP_AUTHORIZATION_FAILED"], 1U);
  expect_all();
}

TEST_P(Trouble, AnExpelledMemberJoinsAgainAndLosesNothing) {
  for (const auto error :
       {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS}) {
    SCOPED_TRACE(kafka::error_name(error));
    MirrorWorld own(GetParam());
    ASSERT_NO_FATAL_FAILURE(own.make_topics());
    own.settings.source.library.push_back({"heartbeat.interval.ms", "100"});
    ASSERT_NO_FATAL_FAILURE(own.send(300));
    ASSERT_NO_FATAL_FAILURE(own.start());
    ASSERT_TRUE(own.all_arrive()) << own.fault();
    on(*own.source, ApiKey::heartbeat, {error});
    ASSERT_NO_FATAL_FAILURE(own.send(300));
    ASSERT_TRUE(own.eventually([&] { return own.snapshot().rebalances >= 2; }));
    ASSERT_NO_FATAL_FAILURE(own.send(300));
    EXPECT_TRUE(own.all_arrive()) << own.fault();
    EXPECT_EQ(own.stop(), ExitCode::ok);
    EXPECT_EQ(own.committed_total(), 900);
  }
}

TEST_P(Trouble, TheGroupMayTakeItsTime) {
  on(*world.source, ApiKey::find_coordinator,
     {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE});
  on(*world.source, ApiKey::join_group,
     {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID});
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_NO_FATAL_FAILURE(world.start());
  expect_all();
}

TEST_P(Trouble, ATargetThatGoesAwayIsWaitedFor) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  for (int i = 0; i < 3; ++i) {
    world.target->set_broker_up(1, false);
    ASSERT_NO_FATAL_FAILURE(world.send(300));
    ASSERT_TRUE(world.eventually([&] { return world.snapshot().memory_used_bytes > 0; }));
    world.target->set_broker_up(1, true);
    ASSERT_TRUE(world.all_arrive()) << world.fault();
  }
  expect_all(false);
}

TEST_P(Trouble, WhatDoesNotMoveIsNotReady) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  ASSERT_TRUE(world.eventually([&] { return world.snapshot().ready; }));
  world.target->set_broker_up(1, false);
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  const auto says_why = [&] {
    const auto snap = world.snapshot();
    return std::any_of(snap.shards.begin(), snap.shards.end(),
                       [](const auto& shard) { return !shard.reason.empty(); });
  };
  ASSERT_TRUE(world.eventually([&] { return world.snapshot().memory_used_bytes > 0; }));
  // Each look has to see the same position, the last one more than 30 s after the first.
  ASSERT_TRUE(world.eventually([&] {
    world.clock.put_forward(Milliseconds(6'000));
    return says_why();
  }));
  EXPECT_FALSE(world.snapshot().ready);
  EXPECT_EQ(world.snapshot().state, observe::FlowState::running);
  world.target->set_broker_up(1, true);
  ASSERT_TRUE(world.all_arrive()) << world.fault();
  ASSERT_TRUE(world.eventually([&] {
    world.clock.put_forward(Milliseconds(6'000));
    return !says_why() && world.snapshot().ready;
  }));
  expect_all(false);
}

TEST_P(Trouble, ASourceThatGoesAwayIsWaitedFor) {
  ASSERT_NO_FATAL_FAILURE(start_running());
  for (int i = 0; i < 3; ++i) {
    world.source->set_broker_up(1, false);
    world.receive(Milliseconds(50));
    world.source->set_broker_up(1, true);
    ASSERT_NO_FATAL_FAILURE(world.send(300));
    ASSERT_TRUE(world.all_arrive()) << world.fault();
  }
  // On a machine that is slow enough the outage outlasts the group's session, and what was not
  // committed comes again.
  expect_all(world.snapshot().rebalances == 1);
}

TEST_P(Trouble, ClustersThatAreDownAtStartAreWaitedFor) {
  world.target->set_broker_up(1, false);
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_TRUE(world.eventually(
      [&] { return world.snapshot().reason.find("target cluster") != std::string::npos; }));
  EXPECT_EQ(world.snapshot().state, observe::FlowState::connecting);
  EXPECT_FALSE(world.snapshot().ready);
  world.target->set_broker_up(1, true);
  expect_all();
}

TEST_P(Trouble, AStopWhileTheTargetIsAwayEndsAtTheDrainTimeout) {
  world.settings.drain_timeout = Milliseconds(500);
  ASSERT_NO_FATAL_FAILURE(start_running());
  world.target->set_broker_up(1, false);
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_TRUE(world.eventually([&] { return world.snapshot().memory_used_bytes > 0; }));
  EXPECT_EQ(world.stop(), ExitCode::try_again);
  ASSERT_TRUE(world.snapshot().ending);
  EXPECT_GT(world.snapshot().ending->partitions_left_behind, 0U);
  EXPECT_GT(world.snapshot().ending->lag_records, 0U);
  EXPECT_EQ(world.committed_total(), 30);
  EXPECT_EQ(world.snapshot().memory_used_bytes, 0U);
  world.target->set_broker_up(1, true);
  ASSERT_NO_FATAL_FAILURE(world.start());
  expect_all(false);
}

}  // namespace
}  // namespace kferry::app
