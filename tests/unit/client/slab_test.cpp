#include "kferry/client/slab.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace kferry::client {
namespace {

TEST(SlabPool, GivesTheSameMemoryAgain) {
  SlabPool pool;
  std::byte* first = nullptr;
  {
    const SlabRef slab = pool.take(100'000);
    first = slab.data();
    EXPECT_GE(slab.capacity(), 100'000U);
    EXPECT_EQ(pool.bytes_in_use(), slab.capacity());
  }
  EXPECT_EQ(pool.bytes_in_use(), 0U);
  EXPECT_EQ(pool.take(99'000).data(), first);
}

TEST(SlabPool, WastesAtMostAQuarterOfWhatIsNew) {
  for (std::size_t bytes = 4096; bytes < (300U << 20); bytes += bytes / 7 + 1) {
    SlabPool pool;
    const SlabRef slab = pool.take(bytes);
    EXPECT_GE(slab.capacity(), bytes);
    EXPECT_LE(slab.capacity(), bytes + bytes / 4 + 1) << bytes;
  }
}

TEST(SlabPool, DoesNotGiveALargeSlabToASmallResponse) {
  SlabPool pool;
  { const SlabRef large = pool.take(8U << 20); }
  const std::size_t kept = pool.bytes_free();
  EXPECT_GE(kept, 8U << 20);
  EXPECT_LE(pool.take(10'000).capacity(), 20'000U);
  EXPECT_LE(pool.take(3U << 20).capacity(), 6U << 20);
  EXPECT_EQ(pool.take(6U << 20).capacity(), kept) << "not more than twice what is wanted";
}

TEST(SlabPool, IsBoundedInWhatItKeeps) {
  SlabPool pool(1U << 20);
  {
    std::vector<SlabRef> slabs;
    for (int i = 0; i < 100; ++i) slabs.push_back(pool.take(100'000));
  }
  EXPECT_LE(pool.bytes_free(), 1U << 20);
  EXPECT_GE(pool.bytes_free(), 900'000U);
  { const SlabRef larger_than_all = pool.take(2U << 20); }
  EXPECT_LE(pool.bytes_free(), 1U << 20);
  EXPECT_GE(pool.bytes_free(), 900'000U);
}

TEST(SlabPool, KeepsTheSizesInUseNow) {
  SlabPool pool(1U << 20);
  {
    std::vector<SlabRef> slabs;
    for (int i = 0; i < 100; ++i) slabs.push_back(pool.take(100'000));
  }
  std::byte* small = nullptr;
  {
    const SlabRef slab = pool.take(5'000);
    small = slab.data();
  }
  EXPECT_LE(pool.bytes_free(), 1U << 20);
  EXPECT_EQ(pool.take(5'000).data(), small);
}

TEST(SlabPool, TakesWhatIsLargerThanEverySizeWithoutKeepingIt) {
  SlabPool pool(SIZE_MAX);
  EXPECT_EQ(pool.take(SlabPool::k_slab_bytes_max + 1).capacity(), SlabPool::k_slab_bytes_max + 1);
  EXPECT_EQ(pool.bytes_free(), 0U);
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(SlabRef, SharesUntilTheLastOneIsGone) {
  SlabPool pool;
  SlabRef kept;
  EXPECT_FALSE(kept);
  {
    SlabRef first = pool.take(10);
    SlabRef moved = std::move(first);
    kept = moved;
    moved = kept;
  }
  EXPECT_TRUE(kept);
  EXPECT_EQ(pool.bytes_in_use(), kept.capacity());
  kept = SlabRef();
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(SlabPool, IsForEveryThread) {
  SlabPool pool(1U << 20);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      for (std::size_t i = 0; i < 2'000; ++i) {
        const SlabRef slab = pool.take(4096 + 997 * ((i + t) % 200));
        slab.data()[0] = std::byte{1};
        const SlabRef copy = slab;
        slab.data()[slab.capacity() - 1] = std::byte{2};
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(pool.bytes_in_use(), 0U);
  EXPECT_LE(pool.bytes_free(), 1U << 20);
}

}  // namespace
}  // namespace kferry::client
