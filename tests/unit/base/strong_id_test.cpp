#include "kferry/base/strong_id.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <unordered_set>

namespace kferry {
namespace {

static_assert(!std::is_convertible_v<std::int64_t, Offset>);
static_assert(!std::is_convertible_v<Offset, std::int64_t>);
static_assert(!std::is_constructible_v<Offset, Partition>);
static_assert(sizeof(Offset) == sizeof(std::int64_t));

TEST(StrongId, ComparesByValue) {
  EXPECT_EQ(Offset(), Offset(0));
  EXPECT_LT(Offset(-1), Offset(0));
  EXPECT_NE(Partition(1), Partition(2));
  EXPECT_EQ(next(Offset(41)), Offset(42));
}

TEST(TopicPartition, IsWrittenAsKafkaWritesIt) {
  EXPECT_EQ(to_string(TopicPartition{"orders", Partition(3)}), "orders-3");
}

TEST(TopicPartition, SortsByTopicThenPartition) {
  EXPECT_LT((TopicPartition{"a", Partition(9)}), (TopicPartition{"b", Partition(0)}));
  EXPECT_LT((TopicPartition{"a", Partition(2)}), (TopicPartition{"a", Partition(10)}));
}

TEST(TopicPartition, IsAKeyOfHashedSets) {
  std::unordered_set<TopicPartition> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert({"a", Partition(i % 10)});
    seen.insert({"b", Partition(i % 10)});
  }
  EXPECT_EQ(seen.size(), 20U);
}

}  // namespace
}  // namespace kferry
