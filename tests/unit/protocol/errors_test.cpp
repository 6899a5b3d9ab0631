#include "kferry/protocol/errors.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kferry::protocol {
namespace {

TEST(Errors, NamesAreThoseOfKafka) {
  EXPECT_EQ(error_name(-1), "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(error_name(0), "NONE");
  EXPECT_EQ(error_name(3), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(error_name(59), "UNKNOWN_PRODUCER_ID");
  EXPECT_EQ(error_name(70), "FETCH_SESSION_ID_NOT_FOUND");
  EXPECT_EQ(error_name(106), "FETCH_SESSION_TOPIC_ID_ERROR");
  EXPECT_EQ(error_name(133), "SHARE_SESSION_LIMIT_REACHED");
  EXPECT_EQ(k_last_error, 133);
}

TEST(Errors, EachNameStandsOnce) {
  const std::set<std::string_view> names(k_error_names.begin(), k_error_names.end());
  EXPECT_EQ(names.size(), k_error_names.size());
  EXPECT_FALSE(names.contains(""));
}

TEST(Errors, ACodeIsFoundByItsName) {
  static_assert(error_code("UNKNOWN_SERVER_ERROR") == -1);
  static_assert(error_code("NOT_LEADER_OR_FOLLOWER") == 6);
  static_assert(error_code("SHARE_SESSION_LIMIT_REACHED") == k_last_error);
}

TEST(Errors, UnknownCodesHaveNoNameButAText) {
  for (const int code : {-2, 134, 4'711, -32'768, 32'767}) {
    EXPECT_EQ(error_name(static_cast<std::int16_t>(code)), "");
    EXPECT_EQ(error_text(static_cast<std::int16_t>(code)), "ERROR_" + std::to_string(code));
  }
  EXPECT_EQ(error_text(2), "CORRUPT_MESSAGE");
}

}  // namespace
}  // namespace kferry::protocol
