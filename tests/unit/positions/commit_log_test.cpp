#include "kferry/positions/commit_log.hpp"

#include <gtest/gtest.h>

#include "support/manual_clock.hpp"

namespace kferry::positions {
namespace {

using kafka::CommitOutcome;

// Numbers as librdkafka has them.
constexpr kafka::ErrorCode k_group_authorization_failed = 30;
constexpr kafka::ErrorCode k_request_timed_out = 7;

class CommitLogTest : public ::testing::Test {
 protected:
  void add(std::optional<Offset> committed) { log.add(tp, position, committed, clock.steady()); }
  std::vector<std::int64_t> due(std::int64_t reached) {
    position = reached;
    std::vector<std::int64_t> offsets;
    for (const auto& mark : log.due(clock.steady())) {
      offsets.push_back(mark.next_offset.value());
    }
    return offsets;
  }
  void record(std::int64_t offset, kafka::ErrorCode error = 0) {
    const std::vector<CommitOutcome> outcomes{{tp, Offset(offset), error}};
    log.record(outcomes, clock.steady());
  }
  using Due = std::vector<std::int64_t>;
  const TopicPartition tp{"t", Partition(0)};
  std::atomic<std::int64_t> position{0};
  ::kferry::testing::ManualClock clock;
  CommitLog log;
};

TEST_F(CommitLogTest, AStartPositionIsDueUnlessTheGroupHasIt) {
  add(std::nullopt);
  EXPECT_EQ(log.committed(tp), std::nullopt);
  EXPECT_EQ(due(5), Due{5});
  add(Offset(5));
  EXPECT_EQ(log.committed(tp), Offset(5));
  EXPECT_EQ(due(5), Due{});
  EXPECT_EQ(due(6), Due{6});
}

TEST_F(CommitLogTest, OneIsOnItsWayAtATime) {
  add(Offset(0));
  EXPECT_EQ(due(10), Due{10});
  EXPECT_EQ(due(12), Due{}) << "10 might come behind it";
  record(10);
  EXPECT_EQ(log.committed(tp), Offset(10));
  EXPECT_EQ(due(12), Due{12});
  record(12, k_request_timed_out);
  EXPECT_EQ(due(13), Due{13});
  record(13);
  EXPECT_EQ(log.committed(tp), Offset(13));
  EXPECT_EQ(due(13), Due{});
}

TEST_F(CommitLogTest, AnAnswerThatNeverComesIsNotWaitedForForEver) {
  add(Offset(0));
  EXPECT_EQ(due(10), Due{10});
  clock.advance(k_answer_patience - Milliseconds(1));
  EXPECT_EQ(due(12), Due{});
  clock.advance(Milliseconds(1));
  EXPECT_EQ(due(12), Due{12});
}

TEST_F(CommitLogTest, AFailedCommitIsCountedAndDueAgain) {
  add(Offset(0));
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(due(10), Due{10});
    record(10, k_group_authorization_failed);
    EXPECT_EQ(log.failures().at("GROUP_AUTHORIZATION_FAILED"), static_cast<std::uint64_t>(attempt));
    EXPECT_EQ(log.committed(tp), Offset(0));
  }
  EXPECT_EQ(due(10), Due{10});
  record(10, k_request_timed_out);
  EXPECT_EQ(log.failures().size(), 2U);
  EXPECT_EQ(due(10), Due{10});
  record(10);
  EXPECT_EQ(log.committed(tp), Offset(10));
}

TEST_F(CommitLogTest, AQuietPositionIsCommittedAgainAfterAnHour) {
  add(Offset(7));
  clock.advance(k_recommit_after - Milliseconds(1));
  EXPECT_EQ(due(7), Due{});
  clock.advance(Milliseconds(1));
  EXPECT_EQ(due(7), Due{7});
  EXPECT_EQ(due(7), Due{});
  record(7);
  EXPECT_EQ(due(7), Due{});
  clock.advance(k_recommit_after);
  EXPECT_EQ(due(7), Due{7});
}

TEST_F(CommitLogTest, KnowsNothingOfPartitionsThatAreNotOurs) {
  EXPECT_EQ(due(3), Due{});
  add(std::nullopt);
  EXPECT_EQ(due(3), Due{3});
  log.remove(tp);
  EXPECT_EQ(due(4), Due{});
  record(3);  // the answer came after the partition had gone
  EXPECT_EQ(log.committed(tp), std::nullopt);
}

TEST_F(CommitLogTest, AnOwnerThatComesBackStartsAfresh) {
  add(Offset(0));
  EXPECT_EQ(due(10), Due{10});
  log.remove(tp);
  add(Offset(4));
  EXPECT_EQ(log.committed(tp), Offset(4));
  EXPECT_EQ(due(10), Due{10});
}

TEST_F(CommitLogTest, AMovedPositionGoesOnFromWhatTheGroupHas) {
  add(Offset(3));
  EXPECT_EQ(due(10), Due{10});
  record(10);
  std::atomic<std::int64_t> elsewhere{10};
  log.follow(tp, elsewhere);
  EXPECT_EQ(due(11), Due{});
  elsewhere = 12;
  EXPECT_EQ(due(11), Due{12});
}

}  // namespace
}  // namespace kferry::positions
