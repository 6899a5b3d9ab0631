#include "kferry/positions/commit_log.hpp"

#include <gtest/gtest.h>

#include "support/manual_clock.hpp"

namespace kferry::positions {
namespace {

using kafka::CommitMark;
using kafka::CommitOutcome;

// Numbers as librdkafka has them.
constexpr kafka::ErrorCode k_group_authorization_failed = 30;
constexpr kafka::ErrorCode k_request_timed_out = 7;

class CommitLogTest : public ::testing::Test {
 protected:
  std::vector<std::int64_t> due(std::int64_t position) {
    const std::vector<CommitMark> marks{{tp, Offset(position)}};
    std::vector<std::int64_t> offsets;
    for (const auto& mark : log.due(marks, clock.steady())) {
      offsets.push_back(mark.next_offset.value());
    }
    return offsets;
  }
  void record(std::int64_t position, kafka::ErrorCode error = 0) {
    const std::vector<CommitOutcome> outcomes{{tp, Offset(position), error}};
    log.record(outcomes, clock.steady());
  }
  using Due = std::vector<std::int64_t>;
  const TopicPartition tp{"t", Partition(0)};
  ::kferry::testing::ManualClock clock;
  CommitLog log;
};

TEST_F(CommitLogTest, AStartPositionIsDueUnlessTheGroupHasIt) {
  log.add(tp, Offset(5), false, clock.steady());
  EXPECT_EQ(log.committed(tp), std::nullopt);
  EXPECT_EQ(due(5), Due{5});
  log.add(tp, Offset(5), true, clock.steady());
  EXPECT_EQ(log.committed(tp), Offset(5));
  EXPECT_EQ(due(5), Due{});
  EXPECT_EQ(due(6), Due{6});
}

TEST_F(CommitLogTest, WhatIsOnItsWayIsNotDueAgainButWhatIsNewIs) {
  log.add(tp, Offset(0), true, clock.steady());
  EXPECT_EQ(due(10), Due{10});
  EXPECT_EQ(due(10), Due{});
  EXPECT_EQ(due(12), Due{12});
  record(10);
  EXPECT_EQ(log.committed(tp), Offset(10));
  EXPECT_EQ(due(12), Due{});
  record(12);
  EXPECT_EQ(log.committed(tp), Offset(12));
  EXPECT_EQ(due(12), Due{});
}

TEST_F(CommitLogTest, AFailedCommitIsCountedAndDueAgain) {
  log.add(tp, Offset(0), true, clock.steady());
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
  log.add(tp, Offset(7), true, clock.steady());
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
  log.add(tp, Offset(0), false, clock.steady());
  EXPECT_EQ(due(3), Due{3});
  log.remove(tp);
  EXPECT_EQ(due(4), Due{});
  record(3);  // the answer came after the partition had gone
  EXPECT_EQ(log.committed(tp), std::nullopt);
}

TEST_F(CommitLogTest, AnOwnerThatComesBackStartsAfresh) {
  log.add(tp, Offset(0), true, clock.steady());
  EXPECT_EQ(due(10), Due{10});
  log.remove(tp);
  log.add(tp, Offset(4), true, clock.steady());
  EXPECT_EQ(log.committed(tp), Offset(4));
  EXPECT_EQ(due(10), Due{10});
}

}  // namespace
}  // namespace kferry::positions
