#include "kferry/topics/topic_renamer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kferry::topics {
namespace {

std::string renamed(const std::vector<TopicRenamer::Rule>& rules, const std::string& prefix,
                    std::string_view topic) {
  const Result<TopicRenamer> renamer = TopicRenamer::compile(rules, prefix);
  if (!renamer) return "refused: " + renamer.error().text;
  const Result<std::string> name = renamer->rename(topic);
  return name ? *name : "error: " + name.error().text;
}

TEST(TopicRenamer, LeavesNamesAloneWithoutRules) { EXPECT_EQ(renamed({}, "", "orders"), "orders"); }

TEST(TopicRenamer, PutsThePrefixBeforeEveryName) {
  EXPECT_EQ(renamed({}, "eu.", "orders"), "eu.orders");
  EXPECT_EQ(renamed({{"orders", "bookings"}}, "eu.", "orders"), "eu.bookings");
}

TEST(TopicRenamer, InsertsGroups) {
  EXPECT_EQ(renamed({{"(\\w+)\\.(\\w+)", "$2.$1"}}, "", "a.b"), "b.a");
  EXPECT_EQ(renamed({{"(a)(x)?(b)", "$1-$2-$3"}}, "", "ab"), "a--b");
  EXPECT_EQ(renamed({{"(o.*)", "$10"}}, "", "orders"), "orders0");
}

TEST(TopicRenamer, TakesTheFirstRuleThatMatchesTheWholeName) {
  const std::vector<TopicRenamer::Rule> rules = {
      {"order", "never"}, {"orders", "first"}, {"o.*", "second"}};
  EXPECT_EQ(renamed(rules, "", "orders"), "first");
  EXPECT_EQ(renamed(rules, "", "others"), "second");
  EXPECT_EQ(renamed(rules, "", "payments"), "payments");
}

TEST(TopicRenamer, DoesNotApplyRulesToTheirOwnResult) {
  EXPECT_EQ(renamed({{"a", "b"}, {"b", "c"}}, "", "a"), "b");
}

TEST(TopicRenamer, RefusesRulesThatCanNotWork) {
  EXPECT_EQ(renamed({{"(a)", "$2"}}, "", "a"),
            "refused: rename '(a)' to '$2': $2 is used, but the pattern has 1 groups");
  EXPECT_NE(renamed({{"a", "$"}}, "", "a").find("refused"), std::string::npos);
  EXPECT_NE(renamed({{"a", "$0"}}, "", "a").find("refused"), std::string::npos);
  EXPECT_NE(renamed({{"a", "${n}"}}, "", "a").find("refused"), std::string::npos);
  EXPECT_NE(renamed({{"a", "b c"}}, "", "a").find("refused"), std::string::npos);
  EXPECT_NE(renamed({{"(", "b"}}, "", "a").find("refused: rename '(' to 'b'"), std::string::npos);
  EXPECT_NE(renamed({}, "eu/", "a").find("refused: topic prefix 'eu/'"), std::string::npos);
}

TEST(TopicRenamer, RefusesNamesThatKafkaRefuses) {
  EXPECT_EQ(renamed({}, "", std::string(249, 'a')), std::string(249, 'a'));
  EXPECT_NE(renamed({}, "", std::string(250, 'a')).find("error"), std::string::npos);
  EXPECT_NE(renamed({}, "x", std::string(249, 'a')).find("error"), std::string::npos);
  EXPECT_NE(renamed({{"a", "."}}, "", "a").find("error: topic 'a' would be named '.'"),
            std::string::npos);
  EXPECT_NE(renamed({{"a", ".."}}, "", "a").find("error"), std::string::npos);
  EXPECT_EQ(renamed({{"a", "..."}}, "", "a"), "...");
  EXPECT_NE(renamed({{"a(b?)", "$1"}}, "", "a").find("error"), std::string::npos);
  EXPECT_NE(renamed({{"a", "$$"}}, "", "a").find("error: topic 'a' would be named '$'"),
            std::string::npos);
}

}  // namespace
}  // namespace kferry::topics
