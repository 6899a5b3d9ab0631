// Whole flows between two embedded clusters, while nothing goes wrong.

#include <gtest/gtest.h>

#include "support/mirror_world.hpp"

namespace kferry::app {
namespace {

using kafka::PlainRecord;
using test::k_topic;
using test::MirrorWorld;

class Mirror : public ::testing::TestWithParam<config::EngineChoice> {
 protected:
  MirrorWorld world{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, Mirror, test::k_engines, test::engine_name);

TEST_P(Mirror, CopiesRecordsAsTheyAre) {
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  const std::vector<std::optional<std::string>> texts = {
      std::nullopt, "", "text", std::string("\0\xff\n", 3), std::string(100'000, 'x')};
  const std::vector<decltype(PlainRecord::headers)> headers = {
      {},
      {{"one", "1"}},
      {{"twice", "a"}, {"null", std::nullopt}, {"twice", "b"}, {"empty", ""}, {"", "no name"}}};
  std::int64_t timestamp = 1;
  for (const auto& key : texts) {
    for (const auto& value : texts) {
      for (const auto& list : headers) {
        PlainRecord record;
        record.partition = Partition(static_cast<std::int32_t>(timestamp % test::k_partitions));
        record.timestamp_ms = timestamp++ * 1'000;
        record.key = key;
        record.value = value;
        record.headers = list;
        ASSERT_NO_FATAL_FAILURE(world.send(record));
      }
    }
  }
  ASSERT_NO_FATAL_FAILURE(world.start());
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.arrived(), world.sent());
  EXPECT_EQ(world.stop(), ExitCode::ok);
}

/// By the records engine, whose library takes settings of TLS without using them: the embedded
/// clusters speak PLAINTEXT only. Brokers with TLS and the other engine are in the end-to-end
/// tests.
TEST(RecordsMirror, NewSecuritySettingsTakeOverWithoutLossAndInOrder) {
  MirrorWorld world{config::EngineChoice::records};
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_TRUE(world.all_arrive()) << world.fault();
  const security::SecurityProfile before;
  EXPECT_FALSE(world.flow->change_security(before, before));
  const auto rebalances = world.snapshot().rebalances;
  // Part of the clients, so these have to be made anew.
  security::SecurityProfile after;
  after.tls.emplace();
  after.tls->verify_host_name = false;
  ASSERT_NO_FATAL_FAILURE(world.send(3'000));
  EXPECT_TRUE(world.flow->change_security(before, after));
  EXPECT_FALSE(world.flow->change_security(before, after));
  ASSERT_NO_FATAL_FAILURE(world.send(3'000));
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_TRUE(world.eventually([&] { return world.snapshot().rebalances > rebalances; }));
  EXPECT_EQ(world.arrived(), world.sent());
  EXPECT_EQ(world.stop(), ExitCode::ok);
}

TEST_P(Mirror, SettingsThatNoClientTakesAreNotTakenOver) {
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_TRUE(world.all_arrive()) << world.fault();
  const security::SecurityProfile before;
  security::SecurityProfile broken;
  broken.tls.emplace();
  broken.tls->ciphers_tls_1_3 = {"TLS_NO_SUCH_SUITE"};
  EXPECT_TRUE(world.flow->change_security(before, broken));
  // It is news again once it was given up.
  EXPECT_TRUE(world.eventually([&] { return world.flow->change_security(before, broken); }));
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
}

TEST_P(Mirror, ShowsWhereItStands) {
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_TRUE(world.all_arrive()) << world.fault();
  ASSERT_TRUE(world.eventually([&] {
    const auto snap = world.snapshot();
    if (snap.shards.size() != test::k_partitions || !snap.ready) return false;
    return std::all_of(snap.shards.begin(), snap.shards.end(), [](const auto& shard) {
      return shard.position == 100 && shard.lag_records == 0 && shard.committed_offset == 100 &&
             shard.source_end_offset == 100;
    });
  }));
  const auto snap = world.snapshot();
  const bool records = GetParam() == config::EngineChoice::records;
  for (const auto& shard : snap.shards) {
    EXPECT_EQ(shard.engine, records ? "records" : "passthrough");
    EXPECT_EQ(shard.engine_reason, "");
  }
  EXPECT_EQ(snap.passthrough_batches.empty(), records);
  EXPECT_EQ(snap.state, observe::FlowState::running);
  EXPECT_EQ(snap.producer_recreations, 0U);
  EXPECT_TRUE(snap.send_errors.empty());
  EXPECT_TRUE(snap.commit_failures.empty());
  EXPECT_EQ(snap.rebalances, 1U);
  EXPECT_EQ(world.mirrored(), 300U);
  EXPECT_EQ(world.stop(), ExitCode::ok);
  EXPECT_EQ(world.snapshot().state, observe::FlowState::stopped);
  EXPECT_EQ(world.snapshot().released.records_mirrored, 300U);
  EXPECT_EQ(world.snapshot().memory_used_bytes, 0U);
}

TEST_P(Mirror, AStopUnderLoadLosesNothingAndRepeatsNothing) {
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  for (int run = 0; run < 3; ++run) {
    ASSERT_NO_FATAL_FAILURE(world.send(1'000));
    ASSERT_NO_FATAL_FAILURE(world.start());
    ASSERT_TRUE(world.eventually([&] { return world.mirrored() > 0; }));
    ASSERT_NO_FATAL_FAILURE(world.send(500));
    EXPECT_EQ(world.stop(), ExitCode::ok);
    EXPECT_TRUE(world.flow->left_cleanly());
    world.flow.reset();
  }
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
  world.receive(Milliseconds(500));
  EXPECT_EQ(world.arrived(), world.sent());
  EXPECT_EQ(world.committed_total(), static_cast<std::int64_t>(world.sent()));
}

TEST_P(Mirror, AStopWithoutDrainLosesNothing) {
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  world.target->set_round_trip(1, Milliseconds(200));
  ASSERT_NO_FATAL_FAILURE(world.send(3'000));
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_TRUE(world.eventually([&] { return world.snapshot().memory_used_bytes > 0; }));
  const ExitCode code = world.stop(false);
  ASSERT_TRUE(world.snapshot().ending);
  const bool complete = world.snapshot().ending->complete();
  EXPECT_EQ(code, complete ? ExitCode::ok : ExitCode::try_again);
  EXPECT_EQ(world.snapshot().memory_used_bytes, 0U);
  world.target->set_round_trip(1, Milliseconds(0));
  ASSERT_NO_FATAL_FAILURE(world.start());
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
}

TEST_P(Mirror, ALongRoundTripOnlyDelays) {
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  world.source->set_round_trip(1, Milliseconds(50));
  world.target->set_round_trip(1, Milliseconds(50));
  ASSERT_NO_FATAL_FAILURE(world.send(3'000));
  ASSERT_NO_FATAL_FAILURE(world.start());
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
  EXPECT_EQ(world.arrived(), world.sent());
}

TEST_P(Mirror, SeveralStreamsShareThePartitions) {
  world.settings.streams = 3;
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  ASSERT_NO_FATAL_FAILURE(world.send(3'000));
  ASSERT_NO_FATAL_FAILURE(world.start());
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
  EXPECT_EQ(world.arrived(), world.sent());
}

TEST_P(Mirror, ASmallBudgetOnlySlowsItDown) {
  world.budget_bytes = 40'000;
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  ASSERT_NO_FATAL_FAILURE(world.send(3'000));
  ASSERT_NO_FATAL_FAILURE(world.start());
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
  EXPECT_EQ(world.arrived(), world.sent());
  EXPECT_EQ(world.snapshot().memory_used_bytes, 0U);
}

TEST_P(Mirror, ASourceTopicThatAppearsLaterIsCopiedFromItsBeginning) {
  world.settings.source.offset_reset = config::OffsetReset::latest;
  ASSERT_NO_FATAL_FAILURE(world.start());
  ASSERT_TRUE(
      world.eventually([&] { return world.snapshot().reason == "no source topic matches"; }));
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  ASSERT_NO_FATAL_FAILURE(world.send(30));
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
}

TEST_P(Mirror, SnapshotsMayBeTakenAtAnyTime) {
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  ASSERT_NO_FATAL_FAILURE(world.send(300));
  ASSERT_NO_FATAL_FAILURE(world.start());
  std::atomic<bool> done{false};
  std::thread watcher([&] {
    while (!done) {
      EXPECT_EQ(world.flow->snapshot().name, "test");
      static_cast<void>(world.flow->assigned_once());
    }
  });
  EXPECT_TRUE(world.all_arrive()) << world.fault();
  EXPECT_EQ(world.stop(), ExitCode::ok);
  done = true;
  watcher.join();
}

}  // namespace
}  // namespace kferry::app
