#include "kferry/topics/java_regex.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kferry::topics {
namespace {

JavaRegex compiled(std::string_view pattern) {
  Result<JavaRegex> regex = JavaRegex::compile(pattern);
  if (!regex) ADD_FAILURE() << pattern << ": " << regex.error().text;
  return *std::move(regex);
}

const std::vector<std::string> k_texts = {
#define TEXT(text) text,
#define PATTERN(pattern, verdicts)
#include "java_regex_vectors.inc"
#undef TEXT
#undef PATTERN
};

struct JavaVerdicts {
  std::string pattern;
  std::string verdicts;  ///< one '+' or '-' for each text
};
const std::vector<JavaVerdicts> k_patterns = {
#define TEXT(text)
#define PATTERN(pattern, verdicts) JavaVerdicts{pattern, verdicts},
#include "java_regex_vectors.inc"
#undef TEXT
#undef PATTERN
};

TEST(JavaRegex, AgreesWithJava) {
  ASSERT_GE(k_patterns.size(), 70U);
  for (const auto& [pattern, verdicts] : k_patterns) {
    const JavaRegex regex = compiled(pattern);
    ASSERT_EQ(verdicts.size(), k_texts.size());
    for (std::size_t i = 0; i < k_texts.size(); ++i) {
      EXPECT_EQ(regex.full_match(k_texts[i]), verdicts[i] == '+')
          << "pattern " << pattern << " text " << k_texts[i];
    }
  }
}

TEST(JavaRegex, TriesLaterAlternativesForAWholeMatch) {
  const JavaRegex regex = compiled("a|ab");
  EXPECT_TRUE(regex.full_match("ab"));
  EXPECT_FALSE(regex.full_match("abc"));
  EXPECT_FALSE(regex.full_match("xab"));
}

TEST(JavaRegex, KeepsItsPattern) { EXPECT_EQ(compiled("\\u0061+").pattern(), "\\u0061+"); }

TEST(JavaRegex, StaysUsableWhenMoved) {
  JavaRegex first = compiled("a+");
  JavaRegex second = std::move(first);
  EXPECT_TRUE(second.full_match("aaa"));
  second = compiled("b+");
  EXPECT_TRUE(second.full_match("b"));
}

TEST(JavaRegex, GivesGroups) {
  const JavaRegex regex = compiled("(?:x)(a+)(b)?(c*)");
  EXPECT_EQ(regex.group_count(), 3U);
  EXPECT_EQ(regex.groups("xaac"), (std::vector<std::string>{"xaac", "aa", "", "c"}));
  EXPECT_EQ(regex.groups("xa"), (std::vector<std::string>{"xa", "a", "", ""}));
  EXPECT_TRUE(regex.groups("nothing").empty());
}

struct Refused {
  const char* pattern;
  const char* why;  ///< part of the error
};

class JavaRegexRefuses : public testing::TestWithParam<Refused> {};

TEST_P(JavaRegexRefuses, ByName) {
  const Result<JavaRegex> regex = JavaRegex::compile(GetParam().pattern);
  ASSERT_FALSE(regex) << GetParam().pattern;
  EXPECT_EQ(regex.error().kind, ErrorKind::configuration);
  EXPECT_NE(regex.error().text.find(GetParam().why), std::string::npos) << regex.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    WhatMeansSomethingElseInJava, JavaRegexRefuses,
    testing::Values(
        Refused{"[a-z&&[^b]]", "'&&' at character 5: class intersections"},
        Refused{"x[&&]", "'&&' at character 3"}, Refused{"[a[b]]", "a class within a class"},
        Refused{"[[:alpha:]]", "'[:' at character 2: a POSIX class"},
        Refused{"[[.a.]]", "POSIX class"}, Refused{"\\p{Alpha}", "'\\p{Alpha}' at character 1"},
        Refused{"[\\p{Lower}]", "this property differs"}, Refused{"\\p{IsGreek}", "differs"},
        Refused{"\\p{javaUpperCase}", "differs"}, Refused{"\\p{^L}", "differs"},
        Refused{"(?i)\\p{Lu}", "under the flag i"}, Refused{"(?i)\xc3\xa9", "ASCII"},
        Refused{"a{2}{3}", "may not follow another one"}, Refused{"\\012", "octal"},
        Refused{"(a)\\11", "back-references go from"}));

INSTANTIATE_TEST_SUITE_P(
    WhatJavaDoesNotKnow, JavaRegexRefuses,
    testing::Values(Refused{"(?|(a)|(b))", "no such group"}, Refused{"a\\Kb", "'\\K'"},
                    Refused{"(?R)", "no such group"}, Refused{"(a)(?1)", "no such group"},
                    Refused{"(a)(?-1)", "no such group"}, Refused{"(?&x)", "no such group"},
                    Refused{"(?P<x>a)", "no such group"}, Refused{"(?'x'a)", "no such group"},
                    Refused{"(?#remark)", "no such group"}, Refused{"(?C1)", "no such group"},
                    Refused{"(?(1)a|b)", "no such group"}, Refused{"(*ACCEPT)a", "no verbs"},
                    Refused{"(*UTF)a", "no verbs"}, Refused{"\\g1", "'\\g'"},
                    Refused{"\\N", "'\\N'"}, Refused{"\\C", "'\\C'"}, Refused{"\\o{101}", "'\\o'"},
                    Refused{"(?<a_b>x)", "letters and digits"}, Refused{"\\k{x}", "\\k<name>"},
                    Refused{"\\k<n>(?<n>a)", "no group before it"}, Refused{"(?x)a", "flags"},
                    Refused{"(?J)a", "flags"}, Refused{"[\\b]", "'\\b'"},
                    Refused{"a{,3}", "starts a count"}, Refused{"a{x}", "starts a count"},
                    Refused{"a{", "starts a count"}, Refused{"\\E", "'\\E'"},
                    Refused{"\\x4", "two hex digits"}, Refused{"\\u12", "four hex digits"},
                    Refused{"\\ud83d\\ude00", "surrogate"}));

INSTANTIATE_TEST_SUITE_P(WhatNobodyKnows, JavaRegexRefuses,
                         testing::Values(Refused{"*", "quantifier"}, Refused{"(a", "parenthesis"},
                                         Refused{"a)", "not opened"}, Refused{"[a", "not closed"},
                                         Refused{"a\\", "backslash at the end"},
                                         Refused{"\\y", "'\\y'"}, Refused{"[z-a]", "range"},
                                         Refused{"a{3,2}", "quantifier"},
                                         Refused{"(a)\\2", "non-existent"},
                                         Refused{"\xff", "UTF-8"}));

TEST(JavaRegex, EndsCatastrophicPatternsWithAnError) {
  const JavaRegex regex = compiled("(a+)+$");
  const std::string evil = std::string(60, 'a') + "!";
  const Result<bool> verdict = regex.try_full_match(evil);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().kind, ErrorKind::configuration);
  EXPECT_NE(verdict.error().text.find("match limit"), std::string::npos) << verdict.error().text;
  EXPECT_FALSE(regex.full_match(evil));
  EXPECT_TRUE(regex.groups(evil).empty());
  EXPECT_TRUE(regex.full_match(std::string(60, 'a')));
}

TEST(JavaRegex, BoundsTheMemoryOfAMatch) {
  const JavaRegex regex = compiled("(a|b)*c");
  EXPECT_FALSE(regex.try_full_match(std::string(10'000'000, 'a')));
}

TEST(JavaRegex, MatchesBinaryTextByteByByte) {
  const std::string binary("key-\xff\x00\xc3", 7);
  EXPECT_TRUE(compiled("key-.*").full_match(binary));
  EXPECT_TRUE(compiled("key-...").full_match(binary));
  EXPECT_FALSE(compiled("key-..").full_match(binary));
  EXPECT_TRUE(compiled("key-.").full_match("key-\xc3\xa9"));
  EXPECT_FALSE(compiled("\\x{3a9}*").full_match(binary));
}

TEST(JavaRegex, MatchesTextWithNulBytes) {
  EXPECT_TRUE(compiled("a.b").full_match(std::string_view("a\0b", 3)));
  EXPECT_FALSE(compiled("a").full_match(std::string_view("a\0b", 3)));
}

std::string list_of_topics(int count, std::string_view before, std::string_view after) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    if (i > 0) list += '|';
    list += before;
    list += "department.application.events-" + std::to_string(i);
    list += after;
  }
  return list;
}

TEST(JavaRegex, TakesListsLongerThanPcre2Compiles) {
  const JavaRegex regex = compiled(list_of_topics(5000, "", ""));
  EXPECT_TRUE(regex.full_match("department.application.events-0"));
  EXPECT_TRUE(regex.full_match("department.application.events-4999"));
  EXPECT_FALSE(regex.full_match("department.application.events-5000"));
}

TEST(JavaRegex, NumbersTheGroupsOfLongListsThroughout) {
  const JavaRegex regex = compiled(list_of_topics(3000, "(x?)", "(y?)"));
  EXPECT_EQ(regex.group_count(), 6000U);
  const std::vector<std::string> groups = regex.groups("department.application.events-2999y");
  ASSERT_EQ(groups.size(), 6001U);
  EXPECT_EQ(groups[5999], "");
  EXPECT_EQ(groups[6000], "y");
}

TEST(JavaRegex, RefusesLongListsWhosePartsDependOnEachOther) {
  const Result<JavaRegex> regex = JavaRegex::compile("(?i)" + list_of_topics(5000, "", ""));
  ASSERT_FALSE(regex);
  EXPECT_NE(regex.error().text.find("too large"), std::string::npos) << regex.error().text;
  EXPECT_FALSE(JavaRegex::compile(std::string(k_pattern_bytes_max + 1, 'a')));
}

TEST(JavaRegex, MatchesOnManyThreadsAtOnce) {
  const JavaRegex regex = compiled("(a|b)*c\\d{3}");
  std::vector<std::thread> threads;
  std::vector<int> matched(4, 0);
  for (std::size_t t = 0; t < matched.size(); ++t) {
    threads.emplace_back([&regex, &count = matched[t]] {
      for (int i = 0; i < 2000; ++i) {
        const std::string text = "abab" + std::string(i % 2 == 0 ? "c" : "d") + "123";
        if (regex.full_match(text)) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(matched, std::vector<int>(4, 1000));
}

}  // namespace
}  // namespace kferry::topics
