#include <utility>

#include "kferry/net/loop.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <future>
#include <memory>
#include <vector>

namespace kferry::net {
namespace {

TEST(Loop, RunsTasksInOrderOnItsThread) {
  Loop loop("orderly");
  std::vector<int> seen;
  bool on_thread = false;
  for (int i = 0; i < 100; ++i) loop.post([&seen, i] { seen.push_back(i); });
  loop.run([&] { on_thread = loop.on_thread(); });
  EXPECT_TRUE(on_thread);
  EXPECT_FALSE(loop.on_thread());
  ASSERT_EQ(seen.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(Loop, NamesItsThreadWithWhatTheKernelKeeps) {
  Loop loop("kferry-source-number-one");
  std::array<char, 32> name{};
  loop.run([&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  EXPECT_STREQ(name.data(), "kferry-source-n");
}

TEST(Loop, DropsWhatDidNotRunWhenItEnds) {
  auto witness = std::make_shared<int>(0);
  std::promise<void> gate;
  auto opened = gate.get_future();
  {
    Loop loop("ending");
    loop.post([&loop, &opened, witness] {
      loop.io().stop();
      opened.wait();
    });
    loop.post([witness] { ++*witness; });
    gate.set_value();
  }
  EXPECT_EQ(*witness, 0);
  EXPECT_EQ(witness.use_count(), 1);
}

}  // namespace
}  // namespace kferry::net
