#include "config/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kferry::config {
namespace {

TEST(Text, SecretNames) {
  for (const auto* name :
       {"ssl.key.password", "sasl.jaas.config", "my.secret", "API_KEY", "apikey",
        "ssl.keystore.key", "key", "auth.token", "private.key.passphrase", "db.pwd", "x.key.pem"}) {
    EXPECT_TRUE(is_secret_name(name)) << name;
  }
  for (const auto* name :
       {"key.serializer", "value.deserializer", "key.deserializer", "ssl.keystore.location",
        "partitioner.ignore.keys", "group.id", "ssl.keymanager.algorithm", "monkey1"}) {
    EXPECT_FALSE(is_secret_name(name)) << name;
  }
}

TEST(Text, Utf8) {
  for (const auto* text :
       {"", "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const auto* text : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                           "\xF5\x80\x80\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Text, Shown) {
  EXPECT_EQ(shown("a\xC3\xA4\t\xFF", 10), "a\xC3\xA4\\x09\\xff");
  EXPECT_EQ(shown("\xC3\xA4\xC3\xA4\xC3\xA4", 2), "\xC3\xA4\xC3\xA4...");
  EXPECT_EQ(shown("abc", 3), "abc");
  EXPECT_EQ(in_quotes(std::string(121, 'x')), "'" + std::string(120, 'x') + "...'");
}

}  // namespace
}  // namespace kferry::config
