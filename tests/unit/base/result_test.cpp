#include "kferry/base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace kferry {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorKind::configuration, "odd"};
  return number / 2;
}

Result<void> even(int number) {
  if (number % 2 != 0) return Error{ErrorKind::retriable, "odd"};
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = half(4);
  ASSERT_TRUE(good);
  EXPECT_TRUE(good.has_value());
  EXPECT_EQ(*good, 2);
  const Result<int> bad = half(5);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::configuration);
  EXPECT_EQ(bad.error().text, "odd");
}

TEST(Result, OfNothingHoldsAnErrorOrNot) {
  EXPECT_TRUE(even(2));
  ASSERT_FALSE(even(3));
  EXPECT_EQ(even(3).error().kind, ErrorKind::retriable);
}

TEST(Result, GivesUpMoveOnlyValues) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  ASSERT_TRUE(made);
  EXPECT_EQ(**made, 7);
  const std::unique_ptr<int> taken = *std::move(made);
  EXPECT_EQ(*taken, 7);
}

TEST(Result, LetsItsValueBeChanged) {
  Result<std::string> text = std::string("a");
  text.value() += "b";
  *text += "c";
  EXPECT_EQ(text->size(), 3U);
  EXPECT_EQ(*text, "abc");
}

TEST(ResultDeathTest, StopsWhoTakesTheValueOfAnError) {
  EXPECT_DEATH(static_cast<void>(half(1).value()), "invariant broken: has_value");
  EXPECT_DEATH(static_cast<void>(half(2).error()), "invariant broken: !has_value");
  EXPECT_DEATH(static_cast<void>(even(2).error()), "invariant broken");
}

TEST(ExitCode, FollowsTheKindOfTheError) {
  EXPECT_EQ(exit_code(ErrorKind::retriable), ExitCode::try_again);
  EXPECT_EQ(exit_code(ErrorKind::shard), ExitCode::configuration);
  EXPECT_EQ(exit_code(ErrorKind::record), ExitCode::send_failed);
  EXPECT_EQ(exit_code(ErrorKind::unreachable), ExitCode::unreachable);
  EXPECT_EQ(exit_code(ErrorKind::authorization), ExitCode::not_authorized);
  EXPECT_EQ(exit_code(ErrorKind::configuration), ExitCode::configuration);
  EXPECT_EQ(exit_code(ErrorKind::fatal), ExitCode::bug);
  EXPECT_EQ(exit_code(ErrorKind::bug), ExitCode::bug);
}

}  // namespace
}  // namespace kferry
