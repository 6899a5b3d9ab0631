#include "kferry/base/check.hpp"

#include <gtest/gtest.h>

namespace kferry {
namespace {

TEST(CheckDeathTest, NamesTheBrokenInvariantAndItsPlace) {
  EXPECT_DEATH(KF_CHECK(1 + 1 == 3), "invariant broken: 1 \\+ 1 == 3 .*check_test.cpp:[0-9]+");
}

TEST(Check, EvaluatesItsConditionOnce) {
  int evaluated = 0;
  KF_CHECK(++evaluated > 0);
  EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace kferry
