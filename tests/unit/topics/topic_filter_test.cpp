#include "kferry/topics/topic_filter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kferry::topics {
namespace {

TopicFilter filter(std::string_view include, std::string_view exclude = "",
                   bool exclude_internal = true) {
  Result<TopicFilter> result = TopicFilter::compile(include, exclude, exclude_internal);
  if (!result) ADD_FAILURE() << result.error().text;
  return *std::move(result);
}

TEST(MirrorMakerPattern, IsWhatMirrorMakerMakesOfAList) {
  EXPECT_EQ(mirror_maker_pattern("orders,payments"), "orders|payments");
  EXPECT_EQ(mirror_maker_pattern("  orders , payments\t\n"), "orders|payments");
  EXPECT_EQ(mirror_maker_pattern("a b\tc"), "ab\tc");
  EXPECT_EQ(mirror_maker_pattern("'orders|pay.*'"), "orders|pay.*");
  EXPECT_EQ(mirror_maker_pattern("\"'orders'\""), "orders");
  EXPECT_EQ(mirror_maker_pattern("' orders '"), "orders");
  EXPECT_EQ(mirror_maker_pattern("'a','b'"), "a'|'b");
  EXPECT_EQ(mirror_maker_pattern("a{2,3}"), "a{2|3}");
  EXPECT_EQ(mirror_maker_pattern(""), "");
  EXPECT_EQ(mirror_maker_pattern(" '' "), "");
  EXPECT_EQ(mirror_maker_pattern(" \x01 x \x1f"), "x");
}

TEST(TopicFilter, MatchesWholeNames) {
  const TopicFilter orders = filter("orders");
  EXPECT_TRUE(orders.matches("orders"));
  EXPECT_FALSE(orders.matches("orders.v1"));
  EXPECT_FALSE(orders.matches("pre.orders"));
  EXPECT_FALSE(orders.matches(""));
  EXPECT_TRUE(filter("a|ab").matches("ab"));
}

TEST(TopicFilter, TakesListsWithBlanksAndQuotes) {
  const TopicFilter lists = filter(" 'orders , pay.* ' ");
  EXPECT_TRUE(lists.matches("orders"));
  EXPECT_TRUE(lists.matches("payments"));
  EXPECT_FALSE(lists.matches("pa"));
  EXPECT_FALSE(lists.matches("orders,pay"));
}

TEST(TopicFilter, LooksAhead) {
  const TopicFilter not_test = filter("(?!test\\.).*");
  EXPECT_TRUE(not_test.matches("orders"));
  EXPECT_FALSE(not_test.matches("test.orders"));
}

TEST(TopicFilter, ExcludesAfterIncluding) {
  const TopicFilter some = filter("pay.*", "pay\\.internal, .*-dlq");
  EXPECT_TRUE(some.matches("pay.external"));
  EXPECT_FALSE(some.matches("pay.internal"));
  EXPECT_FALSE(some.matches("pay-dlq"));
  EXPECT_FALSE(some.matches("orders"));
}

TEST(TopicFilter, KeepsInternalTopicsOutWhenAsked) {
  for (const char* name : {"__consumer_offsets", "__transaction_state", "__share_group_state",
                           "__cluster_metadata", "__kferry_positions", "__alikafka_x"}) {
    EXPECT_TRUE(is_internal_topic(name)) << name;
    EXPECT_FALSE(filter(".*").matches(name)) << name;
    EXPECT_TRUE(filter(".*", "", false).matches(name)) << name;
  }
  for (const char* name : {"__consumer_offsets2", "_consumer_offsets", "__alikafka", "kferry", "x",
                           "__transaction_state.backup"}) {
    EXPECT_FALSE(is_internal_topic(name)) << name;
    EXPECT_TRUE(filter(".*").matches(name)) << name;
  }
}

TEST(TopicFilter, NamesThePatternThatIsWrong) {
  const Result<TopicFilter> include = TopicFilter::compile("orders,(", "", true);
  ASSERT_FALSE(include);
  EXPECT_EQ(include.error().kind, ErrorKind::configuration);
  EXPECT_NE(include.error().text.find("include pattern 'orders|('"), std::string::npos)
      << include.error().text;
  const Result<TopicFilter> exclude = TopicFilter::compile(".*", "[a&&b]", true);
  ASSERT_FALSE(exclude);
  EXPECT_NE(exclude.error().text.find("exclude pattern '[a&&b]': '&&'"), std::string::npos)
      << exclude.error().text;
}

TEST(TopicFilter, TellsWhatAStarAloneShouldBe) {
  const Result<TopicFilter> star = TopicFilter::compile("*", "", true);
  ASSERT_FALSE(star);
  EXPECT_NE(star.error().text.find("every topic is '.*'"), std::string::npos) << star.error().text;
}

TEST(TopicFilter, TellsThatCommasMeanOr) {
  for (const char* list : {"a{2,5}", "orders,b{2,}"}) {
    const Result<TopicFilter> count = TopicFilter::compile(list, "", true);
    ASSERT_FALSE(count);
    EXPECT_NE(count.error().text.find("commas mean 'or'"), std::string::npos) << count.error().text;
    EXPECT_NE(count.error().text.find(list), std::string::npos) << count.error().text;
  }
  const Result<TopicFilter> brace = TopicFilter::compile("a,b{x}", "", true);
  ASSERT_FALSE(brace);
  EXPECT_EQ(brace.error().text.find("commas"), std::string::npos) << brace.error().text;
}

TEST(TopicFilter, RefusesAnEmptyInclude) {
  for (const char* include : {"", "  ", "''", "\" \""}) {
    const Result<TopicFilter> empty = TopicFilter::compile(include, "", true);
    ASSERT_FALSE(empty) << include;
    EXPECT_NE(empty.error().text.find("empty"), std::string::npos);
  }
}

TEST(TopicFilter, NamesTheTopicThatExhaustsAPattern) {
  const std::string evil = std::string(100, 'a') + "!";
  for (const TopicFilter& bad : {filter("(a+)+$"), filter(".*", "(a+)+$")}) {
    const Result<bool> verdict = bad.try_matches(evil);
    ASSERT_FALSE(verdict);
    EXPECT_NE(verdict.error().text.find(evil), std::string::npos) << verdict.error().text;
    EXPECT_NE(verdict.error().text.find("'(a+)+$'"), std::string::npos) << verdict.error().text;
    EXPECT_FALSE(bad.matches(evil));
  }
}

}  // namespace
}  // namespace kferry::topics
