#include "kferry/pipeline/byte_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace kferry::pipeline {
namespace {

TEST(ByteBudget, IsExhaustedFromItsLimitOn) {
  ByteBudget budget(100);
  EXPECT_EQ(budget.bytes_max(), 100);
  EXPECT_FALSE(budget.exhausted());
  budget.take(99);
  EXPECT_FALSE(budget.exhausted());
  budget.take(1);
  EXPECT_TRUE(budget.exhausted());
  budget.give_back(1);
  EXPECT_FALSE(budget.exhausted());
  EXPECT_EQ(budget.used_bytes(), 99);
}

TEST(ByteBudget, OneBatchMayPassTheLimit) {
  ByteBudget budget(100);
  budget.take(50);
  ASSERT_FALSE(budget.exhausted());
  budget.take(1'000);
  EXPECT_TRUE(budget.exhausted());
  EXPECT_EQ(budget.used_bytes(), 1'050);
  budget.give_back(1'050);
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(ByteBudget, CountsRightUnderManyThreads) {
  ByteBudget budget(1'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&budget] {
      for (std::size_t i = 1; i <= 10'000; ++i) {
        budget.take(i);
        budget.give_back(i - 1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(budget.used_bytes(), 4 * 10'000);
}

}  // namespace
}  // namespace kferry::pipeline
