#include "kferry/topics/partitioner.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace kferry::topics {
namespace {

Partitioner partitioner(PartitioningMode mode, std::int32_t source, std::int32_t target) {
  const Result<Partitioner> made = Partitioner::make(mode, source, target);
  if (!made) ADD_FAILURE() << made.error().text;
  return *made;
}

TEST(Partitioner, KeepsThePartitionWhenTheCountsAreEqual) {
  const Partitioner same = partitioner(PartitioningMode::automatic, 6, 6);
  EXPECT_FALSE(same.by_key());
  EXPECT_EQ(same.target_count(), 6);
  for (std::int32_t i = 0; i < 6; ++i) {
    EXPECT_EQ(same.place(Partition(i), as_bytes("order-1")), Partition(i));
    EXPECT_EQ(same.place(Partition(i), std::nullopt), Partition(i));
  }
}

// The hashes are in murmur2_vectors.inc: order-1 is 1221710326, order-2 1091984643 when positive.
TEST(Partitioner, PlacesKeysWhereTheJavaProducerDoes) {
  const Partitioner differ = partitioner(PartitioningMode::automatic, 6, 10);
  EXPECT_TRUE(differ.by_key());
  EXPECT_EQ(differ.place(Partition(0), as_bytes("order-1")), Partition(6));
  EXPECT_EQ(differ.place(Partition(5), as_bytes("order-1")), Partition(6));
  EXPECT_EQ(differ.place(Partition(0), as_bytes("order-2")), Partition(3));
}

TEST(Partitioner, HashesAnEmptyKeyLikeAnyOther) {
  const Partitioner differ = partitioner(PartitioningMode::key, 6, 10);
  EXPECT_EQ(differ.place(Partition(3), as_bytes("")), Partition(1));
  EXPECT_EQ(differ.place(Partition(3), std::nullopt), Partition(3));
}

TEST(Partitioner, PlacesByKeyAlsoWithEqualCountsWhenAsked) {
  const Partitioner by_key = partitioner(PartitioningMode::key, 10, 10);
  EXPECT_TRUE(by_key.by_key());
  EXPECT_EQ(by_key.place(Partition(0), as_bytes("order-1")), Partition(6));
}

TEST(Partitioner, FoldsRecordsWithoutKeyByTheirSourcePartition) {
  const Partitioner fewer = partitioner(PartitioningMode::automatic, 5, 2);
  for (std::int32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(fewer.place(Partition(i), std::nullopt), Partition(i % 2));
  }
}

TEST(Partitioner, KeepsTheSourcePartitionAmongMoreTargetPartitions) {
  const Partitioner more = partitioner(PartitioningMode::source, 2, 5);
  EXPECT_FALSE(more.by_key());
  EXPECT_EQ(more.place(Partition(1), as_bytes("order-1")), Partition(1));
}

TEST(Partitioner, RefusesTheSourcePartitionAmongFewer) {
  const Result<Partitioner> fewer = Partitioner::make(PartitioningMode::source, 5, 2);
  ASSERT_FALSE(fewer);
  EXPECT_EQ(fewer.error().kind, ErrorKind::configuration);
  EXPECT_NE(fewer.error().text.find("5 partitions on the source but only 2"), std::string::npos);
}

TEST(Partitioner, WaitsForTopicsThatHaveNoPartitionsYet) {
  for (const PartitioningMode mode :
       {PartitioningMode::automatic, PartitioningMode::source, PartitioningMode::key}) {
    EXPECT_EQ(Partitioner::make(mode, 0, 3).error().kind, ErrorKind::retriable);
    EXPECT_EQ(Partitioner::make(mode, 3, 0).error().kind, ErrorKind::retriable);
  }
}

}  // namespace
}  // namespace kferry::topics
