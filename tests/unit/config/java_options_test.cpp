#include "config/java_options.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace kferry::config {
namespace {

using Map = std::map<std::string, std::string, std::less<>>;
using Words = std::vector<std::string>;

TEST(JavaOptions, PropertiesAreSplitAtBlanks) {
  const auto options = parse_java_options(" -Da=1\t-Db=x=y  -Dc -Da=2\n-D ");
  EXPECT_EQ(options.properties, (Map{{"a", "2"}, {"b", "x=y"}, {"c", ""}}));
  EXPECT_EQ(options.others, Words{"-D"});
  EXPECT_FALSE(options.open_quote);
}

TEST(JavaOptions, QuotesJoin) {
  const auto options = parse_java_options(
      R"(-Da="my file" '-Db=it''s "x"' -Dc=a\ b\"\\ -Dd="q\"q" -De='a\b' -Df=C:\dir -Dg="" )");
  EXPECT_EQ(options.properties, (Map{{"a", "my file"},
                                     {"b", "its \"x\""},
                                     {"c", "a b\"\\"},
                                     {"d", "q\"q"},
                                     {"e", "a\\b"},
                                     {"f", "C:\\dir"},
                                     {"g", ""}}));
  EXPECT_TRUE(options.others.empty());
}

TEST(JavaOptions, OthersAreNamesAlone) {
  const auto options = parse_java_options("-Xmx1G -javaagent:/x.jar=p:hunter2 -XX:+Use=hunter2 ''");
  EXPECT_EQ(options.others, (Words{"-Xmx1G", "-javaagent", "-XX", ""}));
}

TEST(JavaOptions, AnOpenQuoteIsSeen) {
  const auto options = parse_java_options("-Da=\"x y");
  EXPECT_TRUE(options.open_quote);
  EXPECT_EQ(options.properties, (Map{{"a", "x y"}}));
  EXPECT_TRUE(parse_java_options("").properties.empty());
}

}  // namespace
}  // namespace kferry::config
