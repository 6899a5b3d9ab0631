#include "kferry/ring/wake_list.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace kferry::ring {
namespace {

// Longer than any test runs: whoever waits this long was not woken.
constexpr Milliseconds k_never{120'000};

TEST(WakeList, GivesNothingWithoutWaitingWhenTheTimeoutIsZero) {
  WakeList<int> list;
  WakeList<int>::Taken taken;
  list.take(taken, Milliseconds{0});
  EXPECT_TRUE(taken.items.empty());
  EXPECT_TRUE(taken.tasks.empty());
}

TEST(WakeList, ReturnsWhenTheTimeIsUp) {
  WakeList<int> list;
  WakeList<int>::Taken taken;
  const SteadyTime begin = std::chrono::steady_clock::now();
  list.take(taken, Milliseconds{20});
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Milliseconds{20});
  EXPECT_TRUE(taken.items.empty());
}

TEST(WakeList, GivesItemsAndTasksInTheOrderTheyCame) {
  WakeList<int> list;
  int first = 1;
  int second = 2;
  std::vector<int> ran;
  list.push(&second);
  list.push(&first);
  list.push(&second);
  list.post([&ran] { ran.push_back(1); });
  list.post([&ran] { ran.push_back(2); });
  WakeList<int>::Taken taken;
  list.take(taken, k_never);
  EXPECT_EQ(taken.items, (std::vector<int*>{&second, &first, &second}));
  ASSERT_EQ(taken.tasks.size(), 2U);
  EXPECT_TRUE(ran.empty());
  for (const auto& task : taken.tasks) task();
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
  list.take(taken, Milliseconds{0});
  EXPECT_TRUE(taken.items.empty());
  EXPECT_TRUE(taken.tasks.empty());
}

TEST(WakeList, RemembersAWakeThatCameBeforeTheWait) {
  WakeList<int> list;
  list.wake();
  WakeList<int>::Taken taken;
  const SteadyTime begin = std::chrono::steady_clock::now();
  list.take(taken, k_never);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, k_never);
  list.take(taken, Milliseconds{1});
  EXPECT_TRUE(taken.items.empty());
}

TEST(WakeList, WakesAnOwnerThatWaits) {
  WakeList<int> list;
  int item = 0;
  std::atomic<int> rounds{0};
  std::thread owner([&] {
    WakeList<int>::Taken taken;
    for (int i = 0; i < 3; ++i) {
      list.take(taken, k_never);
      for (const auto& task : taken.tasks) task();
      rounds.fetch_add(1);
      rounds.notify_one();
    }
  });
  list.push(&item);
  rounds.wait(0);
  list.post([] {});
  rounds.wait(1);
  list.wake();
  owner.join();
  EXPECT_EQ(rounds.load(), 3);
}

TEST(WakeList, LosesNothingThatManyThreadsPush) {
  constexpr int k_threads = 4;
  constexpr int k_pushes = 20'000;
  WakeList<int> list;
  std::vector<int> items(k_threads, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < k_threads; ++t) {
    threads.emplace_back([&list, item = &items[static_cast<std::size_t>(t)]] {
      for (int i = 0; i < k_pushes; ++i) list.push(item);
    });
  }
  WakeList<int>::Taken taken;
  for (int served = 0; served < k_threads * k_pushes;) {
    list.take(taken, k_never);
    ASSERT_FALSE(taken.items.empty());
    for (int* item : taken.items) ++*item;
    served += static_cast<int>(taken.items.size());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(items, std::vector<int>(k_threads, k_pushes));
}

TEST(WakeList, CallReturnsWhenTheOwnerHasRunTheTask) {
  WakeList<int> list;
  bool stop = false;
  std::thread::id ran_on;
  std::thread owner([&] {
    WakeList<int>::Taken taken;
    while (!stop) {
      list.take(taken, k_never);
      for (const auto& task : taken.tasks) task();
    }
  });
  list.call([&ran_on] { ran_on = std::this_thread::get_id(); });
  EXPECT_EQ(ran_on, owner.get_id());
  list.call([&stop] { stop = true; });
  owner.join();
}

}  // namespace
}  // namespace kferry::ring
