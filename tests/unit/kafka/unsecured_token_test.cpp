#include "kafka/unsecured_token.hpp"

#include <gtest/gtest.h>

namespace kferry::kafka {
namespace {

TEST(UnsecuredToken, IsAJsonWebSignatureWithoutSignature) {
  const auto token = make_unsecured_token("principal=bob lifeSeconds=60", 1'000'000);
  ASSERT_TRUE(token);
  // {"alg":"none"} . {"sub":"bob","iat":1000,"exp":1060} .
  EXPECT_EQ(token->value, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IiLCJpYXQiOjEwMDAsImV4cCI6MTA2MH0.");
  EXPECT_EQ(token->principal, "bob");
  EXPECT_EQ(token->expires_ms, 1'060'000);
}

TEST(UnsecuredToken, HasScopesAndExtensionsAndLivesAnHour) {
  const auto token = make_unsecured_token(
      "principal=b principalClaimName=user scope=a,b scopeClaimName=roles extension_id=7", 0);
  ASSERT_TRUE(token);
  // {"user":"b","iat":0,"exp":3600,"roles":["a","b"]}
  EXPECT_EQ(token->value,
            "eyJhbGciOiJub25lIn0.eyJ1c2VyIjoiYiIsImlhdCI6MCwiZXhwIjozNjAwLCJyb2xlcyI6WyJhIiwiYiJdfQ"
            ".");
  EXPECT_EQ(token->extensions, (std::vector<std::string>{"id", "7"}));
}

TEST(UnsecuredToken, RefusesWhatItDoesNotUnderstand) {
  for (const char* claims : {"", "scope=a", "principal=", "principal=a lifeSeconds=0",
                             "principal=a lifeSeconds=1x", "principal=a other=b"}) {
    const auto token = make_unsecured_token(claims, 0);
    ASSERT_FALSE(token) << claims;
    EXPECT_EQ(token.error().kind, ErrorKind::configuration);
  }
}

}  // namespace
}  // namespace kferry::kafka
