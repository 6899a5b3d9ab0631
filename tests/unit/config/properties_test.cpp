#include "config/properties.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kferry::config {
namespace {

using namespace std::string_literals;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs(std::string_view bytes) {
  const auto properties = parse_properties(bytes);
  EXPECT_TRUE(properties.errors.empty()) << bytes;
  Pairs result;
  for (const auto& entry : properties.entries) result.emplace_back(entry.name, entry.value);
  return result;
}

struct Case {
  const char* what;
  std::string bytes;
  Pairs expected;
};

// Each expectation is what java.util.Properties of JDK 17 makes of the same bytes.
const std::vector<Case> k_cases{
    {"separators",
     "a=1\nb:2\nc 3\nd\t4\ne\f5\n",
     {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}}},
    {"blanks around one separator", "  a  =  1\nb \t: 2", {{"a", "1"}, {"b", "2"}}},
    {"only the first separator counts",
     "e==f\ng = = h\nk=a:b=c",
     {{"e", "=f"}, {"g", "= h"}, {"k", "a:b=c"}}},
    {"no value", "a\nb=\nc:   \n", {{"a", ""}, {"b", ""}, {"c", ""}}},
    {"no name", "=x", {{"", "x"}}},
    {"trailing blanks stay", "a=1  \n", {{"a", "1  "}}},
    {"comments", "#a=1\n  ! b=2\nc=3#no\nd=4!no\n", {{"c", "3#no"}, {"d", "4!no"}}},
    {"a comment does not go on", "#a\\\nb=2", {{"b", "2"}}},
    {"joined lines", "a=1,\\\n   2,\\\r\n\t3\nb=4", {{"a", "1,2,3"}, {"b", "4"}}},
    {"joined inside the name", "fru\\\n  it=apple", {{"fruit", "apple"}}},
    {"a joined line is no comment", "a=1\\\n#2", {{"a", "1#2"}}},
    {"a comment after a lone backslash", "\\\n#x=1\nb=2", {{"b", "2"}}},
    {"two backslashes do not join", "a=1\\\\\nb=2", {{"a", "1\\"}, {"b", "2"}}},
    {"three backslashes join", "a=1\\\\\\\nb=2", {{"a", "1\\b=2"}}},
    {"a joined blank line ends", "a=1\\\n   \nb=2", {{"a", "1"}, {"b", "2"}}},
    {"a backslash at the end goes", "a=1\\", {{"a", "1"}}},
    {"a lone backslash at the end", "\\", {{"", ""}}},
    {"a lone joined backslash at the end", "\\\n", {{"", ""}}},
    {"but not before both line ends", "\\\r\n", {}},
    {"line ends", "a=1\rb=2\r\nc=3\n\r\nd=4", {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}},
    {"escapes", "a=\\t\\n\\r\\f\\q\\\\\\'", {{"a", "\t\n\r\fq\\'"}}},
    {"escaped separators", "a\\=b\\:c\\ d=1\ne\\\\=2", {{"a=b:c d", "1"}, {"e\\", "2"}}},
    {"an escaped hash begins a name", "\\#a=1", {{"#a", "1"}}},
    {"unicode", "a=\\u0041\\u00e9\\u20AC", {{"a", "A\u00e9\u20ac"}}},
    {"a surrogate pair", "a=\\uD83D\\uDE00", {{"a", "\U0001F600"}}},
    {"half a surrogate pair", "a=\\uD83Dx\\uDE00", {{"a", "?x?"}}},
    {"an escaped backslash before u", "a=\\\\u12", {{"a", "\\u12"}}},
    {"Latin-1 bytes", "a=\xe9\xff", {{"a", "\u00e9\u00ff"}}},
    {"UTF-8 bytes are read as Latin-1", "a=\xc3\xa9", {{"a", "\u00c3\u00a9"}}},
    {"a zero byte", "a=\0b"s, {{"a", "\0b"s}}},
    {"a vertical tab is no blank", "a\v=1", {{"a\v", "1"}}},
    {"nothing", "", {}},
    {"nothing but blanks", " \t\f\n\r\n ", {}},
};

TEST(Properties, ReadsAsJavaDoes) {
  for (const auto& [what, bytes, expected] : k_cases) EXPECT_EQ(pairs(bytes), expected) << what;
}

TEST(Properties, LastOneWinsAndKnowsTheOneBefore) {
  const auto properties = parse_properties("a=1\nb=2\na=3\na=4\n");
  ASSERT_EQ(properties.entries.size(), 2U);
  EXPECT_EQ(properties.entries[0].name, "b");
  EXPECT_EQ(properties.entries[0].replaces, 0);
  EXPECT_EQ(properties.entries[1].value, "4");
  EXPECT_EQ(properties.entries[1].line, 4);
  EXPECT_EQ(properties.entries[1].replaces, 3);
}

TEST(Properties, LineIsWhereThePropertyBegins) {
  const auto properties = parse_properties("# x\r\n\r\na=1\\\r\n  2\rb=3\n\\\n  c=4");
  ASSERT_EQ(properties.entries.size(), 3U);
  EXPECT_EQ(properties.entries[0].line, 3);
  EXPECT_EQ(properties.entries[1].line, 5);
  EXPECT_EQ(properties.entries[2].name, "c");
  EXPECT_EQ(properties.entries[2].line, 7);
}

TEST(Properties, EveryMalformedUnicodeEscapeIsReported) {
  const auto properties = parse_properties("a=\\u12\nb=2\n\\uXYZW=3\nc=\\u12\\\n34\nd=\\u\n");
  ASSERT_EQ(properties.errors.size(), 3U);
  EXPECT_EQ(properties.errors[0].line, 1);
  EXPECT_EQ(properties.errors[1].line, 3);
  EXPECT_EQ(properties.errors[2].line, 6);
  ASSERT_EQ(properties.entries.size(), 2U);
  EXPECT_EQ(properties.entries[1].value, "\u1234");
}

}  // namespace
}  // namespace kferry::config
