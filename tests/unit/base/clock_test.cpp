#include "kferry/base/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace kferry {
namespace {

TEST(SystemClock, TellsTheTimeOfDayInMilliseconds) {
  const SystemClock clock;
  const std::int64_t before_ms = static_cast<std::int64_t>(std::time(nullptr)) * 1000 - 1000;
  const std::int64_t now_ms = clock.wall_ms();
  const std::int64_t after_ms = static_cast<std::int64_t>(std::time(nullptr)) * 1000 + 2000;
  EXPECT_GE(now_ms, before_ms);
  EXPECT_LE(now_ms, after_ms);
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  SteadyTime last = clock.steady();
  for (int i = 0; i < 1000; ++i) {
    const SteadyTime now = clock.steady();
    EXPECT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace kferry
