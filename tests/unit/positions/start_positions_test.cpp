#include "kferry/positions/start_positions.hpp"

#include <gtest/gtest.h>

#include "support/source_group.hpp"

namespace kferry::positions {
namespace {

using test::k_group_patience;
using test::SourceGroup;

class StartPositionsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(group.make({{"t", 2}, {"u", 1}})); }

  std::vector<Start> resolve(StartPositions& starts, std::vector<TopicPartition> partitions) {
    const auto resolved = starts.resolve(partitions, k_group_patience);
    EXPECT_TRUE(resolved) << resolved.error().text;
    return resolved ? *resolved : std::vector<Start>(partitions.size());
  }
  static TopicPartition t(std::int32_t partition) { return {"t", Partition(partition)}; }
  const TopicPartition u{"u", Partition(0)};
  const std::vector<TopicPartition> both{t(0), t(1)};
  SourceGroup group;
};

TEST_F(StartPositionsTest, ANewGroupStartsWhereTheResetSays) {
  ASSERT_NO_FATAL_FAILURE(group.fill(t(0), 5));
  for (const auto& [reset, expected] : {std::pair{Reset::earliest, 0}, {Reset::latest, 5}}) {
    StartPositions starts(group.cluster(), reset);
    ASSERT_TRUE(starts.prime(both, k_group_patience));
    EXPECT_TRUE(starts.group_is_new());
    const auto found = resolve(starts, both);
    EXPECT_EQ(found[0].offset, Offset(expected));
    EXPECT_EQ(found[1].offset, Offset(0));
    EXPECT_FALSE(found[0].committed);
    EXPECT_EQ(found[0].lost, 0U);
  }
}

TEST_F(StartPositionsTest, ANewGroupWithoutResetDoesNotStart) {
  StartPositions starts(group.cluster(), Reset::none);
  ASSERT_TRUE(starts.prime(both, k_group_patience));
  const auto found = resolve(starts, both);
  EXPECT_EQ(found[0].offset, std::nullopt);
  EXPECT_NE(found[0].problem.find("auto.offset.reset=none"), std::string::npos);
}

TEST_F(StartPositionsTest, AGroupGoesOnAtItsPositions) {
  ASSERT_NO_FATAL_FAILURE(group.fill(t(0), 5));
  ASSERT_NO_FATAL_FAILURE(group.commit(t(0), Offset(3)));
  for (const auto reset : {Reset::earliest, Reset::latest, Reset::none}) {
    StartPositions starts(group.cluster(), reset);
    ASSERT_TRUE(starts.prime(both, k_group_patience));
    EXPECT_FALSE(starts.group_is_new());
    const auto found = resolve(starts, both);
    EXPECT_EQ(found[0].offset, Offset(3));
    EXPECT_TRUE(found[0].committed);
    // What has no position in a group that has some is new, and is copied whole.
    EXPECT_EQ(found[1].offset, Offset(0));
    EXPECT_FALSE(found[1].committed);
  }
}

TEST_F(StartPositionsTest, APartitionThatAppearsLaterStartsAtItsBeginning) {
  StartPositions starts(group.cluster(), Reset::latest);
  ASSERT_TRUE(starts.prime(both, k_group_patience));
  ASSERT_NO_FATAL_FAILURE(group.fill(u, 4));
  ASSERT_NO_FATAL_FAILURE(group.fill(t(0), 4));
  const auto found = resolve(starts, {t(0), u});
  EXPECT_EQ(found[0].offset, Offset(4));
  EXPECT_EQ(found[1].offset, Offset(0));
}

TEST_F(StartPositionsTest, WhatWasDecidedHoldsUntilThereIsAPosition) {
  StartPositions starts(group.cluster(), Reset::latest);
  ASSERT_TRUE(starts.prime(both, k_group_patience));
  ASSERT_NO_FATAL_FAILURE(group.fill(t(0), 2));
  EXPECT_EQ(resolve(starts, both)[0].offset, Offset(2));
  // Records that arrive before the first commit are not skipped by a second assignment.
  ASSERT_NO_FATAL_FAILURE(group.fill(t(0), 3));
  EXPECT_EQ(resolve(starts, both)[0].offset, Offset(2));
  ASSERT_NO_FATAL_FAILURE(group.commit(t(0), Offset(4)));
  EXPECT_EQ(resolve(starts, both)[0].offset, Offset(4));
}

TEST_F(StartPositionsTest, APartitionThatIsNotThereIsAProblemAndNoStart) {
  StartPositions starts(group.cluster(), Reset::earliest);
  ASSERT_TRUE(starts.prime(both, k_group_patience));
  const TopicPartition missing{"t", Partition(77)};
  const auto found = starts.resolve(std::vector<TopicPartition>{missing}, Milliseconds(2'000));
  if (found) {
    EXPECT_EQ(found->front().offset, std::nullopt);
    EXPECT_FALSE(found->front().problem.empty());
  } else {
    EXPECT_FALSE(found.error().text.empty());
  }
}

TEST_F(StartPositionsTest, AClusterThatIsAwayIsAnError) {
  StartPositions starts(group.cluster(), Reset::earliest);
  group.mock->set_broker_up(1, false);
  EXPECT_FALSE(starts.prime(both, Milliseconds(500)));
  EXPECT_FALSE(starts.resolve(both, Milliseconds(500)));
}

}  // namespace
}  // namespace kferry::positions
