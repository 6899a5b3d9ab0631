#include "kferry/ring/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

namespace kferry::ring {
namespace {

TEST(SpscRing, IsEmptyAtFirst) {
  SpscRing<int> ring(4);
  EXPECT_EQ(ring.capacity(), 4U);
  EXPECT_EQ(ring.size(), 0U);
  EXPECT_TRUE(ring.empty());
  EXPECT_FALSE(ring.full());
  EXPECT_EQ(ring.try_pop(), std::nullopt);
}

TEST(SpscRing, TakesAsManyAsItsCapacity) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(ring.full());
    EXPECT_TRUE(ring.try_push(int{i}));
  }
  EXPECT_TRUE(ring.full());
  EXPECT_FALSE(ring.try_push(4));
  EXPECT_EQ(ring.size(), 4U);
  EXPECT_EQ(ring.try_pop(), 0);
  EXPECT_FALSE(ring.full());
  EXPECT_TRUE(ring.try_push(4));
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(ring.try_pop(), i);
  EXPECT_EQ(ring.try_pop(), std::nullopt);
}

TEST(SpscRing, WorksWithOneSlot) {
  SpscRing<int> ring(1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(ring.try_push(int{i}));
    EXPECT_FALSE(ring.try_push(-1));
    EXPECT_EQ(ring.try_pop(), i);
    EXPECT_TRUE(ring.empty());
  }
}

TEST(SpscRing, LeavesAValueAloneThatHasNoRoom) {
  SpscRing<std::unique_ptr<int>> ring(1);
  EXPECT_TRUE(ring.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(ring.try_push(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
  EXPECT_EQ(**ring.try_pop(), 1);
  EXPECT_TRUE(ring.try_push(std::move(second)));
  EXPECT_EQ(**ring.try_pop(), 2);
}

TEST(SpscRing, ReleasesAValueWhenItIsTaken) {
  SpscRing<std::shared_ptr<int>> ring(4);
  const auto value = std::make_shared<int>(1);
  EXPECT_TRUE(ring.try_push(std::shared_ptr<int>(value)));
  EXPECT_EQ(value.use_count(), 2);
  EXPECT_EQ(**ring.try_pop(), 1);
  EXPECT_EQ(value.use_count(), 1);
}

TEST(SpscRing, DestroysWhatIsLeftInIt) {
  const auto value = std::make_shared<int>(1);
  {
    SpscRing<std::shared_ptr<int>> ring(8);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(ring.try_push(std::shared_ptr<int>(value)));
    ring.try_pop();
    EXPECT_EQ(value.use_count(), 5);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(SpscRingDeathTest, RefusesACapacityThatIsNoPowerOfTwo) {
  EXPECT_DEATH(SpscRing<int>(0), "has_single_bit");
  EXPECT_DEATH(SpscRing<int>(6), "has_single_bit");
}

struct Transfer {
  std::size_t capacity;
  std::uint64_t items;
};
class SpscRingThreads : public testing::TestWithParam<Transfer> {};

TEST_P(SpscRingThreads, CarryEveryItemOnceAndInOrder) {
  SpscRing<std::uint64_t> ring(GetParam().capacity);
  const std::uint64_t items = GetParam().items;
  std::thread producer([&ring, items] {
    for (std::uint64_t i = 0; i < items; ++i) {
      while (!ring.try_push(std::uint64_t{i})) std::this_thread::yield();
    }
  });
  std::uint64_t expected = 0;
  std::uint64_t out_of_order = 0;
  while (expected < items) {
    const std::optional<std::uint64_t> item = ring.try_pop();
    if (!item) {
      std::this_thread::yield();
      continue;
    }
    if (*item != expected) ++out_of_order;
    ++expected;
  }
  producer.join();
  EXPECT_EQ(out_of_order, 0U);
  EXPECT_TRUE(ring.empty());
}

// A full or empty ring costs a change of threads, which on a busy machine takes milliseconds: small
// rings carry fewer items.
INSTANTIATE_TEST_SUITE_P(Capacities, SpscRingThreads,
                         testing::Values(Transfer{1, 1'000}, Transfer{2, 2'000},
                                         Transfer{64, 64'000}, Transfer{1024, 1'000'000},
                                         Transfer{4096, 1'000'000}));

TEST(SpscRing, HandsOverWhatAValuePointsTo) {
  constexpr std::uint64_t k_items = 100'000;
  SpscRing<std::unique_ptr<std::uint64_t>> ring(256);
  std::thread producer([&ring] {
    for (std::uint64_t i = 0; i < k_items; ++i) {
      auto value = std::make_unique<std::uint64_t>(i);
      while (!ring.try_push(std::move(value))) std::this_thread::yield();
    }
  });
  std::uint64_t sum = 0;
  for (std::uint64_t taken = 0; taken < k_items;) {
    const auto value = ring.try_pop();
    if (!value) {
      std::this_thread::yield();
      continue;
    }
    sum += **value;
    ++taken;
  }
  producer.join();
  EXPECT_EQ(sum, k_items * (k_items - 1) / 2);
}

}  // namespace
}  // namespace kferry::ring
