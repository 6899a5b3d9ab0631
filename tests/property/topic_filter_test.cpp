#include "kferry/topics/topic_filter.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "support/seed.hpp"

namespace kferry::topics {
namespace {

constexpr std::string_view k_name_chars = "abcxyzABC019_-";

class TopicFilterProperty : public test::SeededTest {
 protected:
  std::string name() { return "t" + random.text(k_name_chars, 12); }
  std::string blanks() { return random.text(" ", 3); }
};

TEST_F(TopicFilterProperty, RewritingTakesOutWhatItShould) {
  for (int round = 0; round < 20'000; ++round) {
    const std::string list = random.text("ab.*|,, '\"\t", 20);
    const std::string pattern = mirror_maker_pattern(list);
    ASSERT_EQ(pattern.find_first_of(", "), pattern.npos) << list;
    if (!pattern.empty()) {
      ASSERT_EQ(std::string("\"'").find(pattern.front()), std::string::npos) << list;
      ASSERT_EQ(std::string("\"'").find(pattern.back()), std::string::npos) << list;
    }
    const auto bars = [](const std::string& text) {
      return std::count(text.begin(), text.end(), '|') + std::count(text.begin(), text.end(), ',');
    };
    ASSERT_EQ(bars(pattern), bars(list)) << list;
    ASSERT_EQ(mirror_maker_pattern(" '" + list + "' "), mirror_maker_pattern("'" + list + "'"))
        << list;
  }
}

TEST_F(TopicFilterProperty, AListOfNamesMatchesExactlyThem) {
  for (int round = 0; round < 500; ++round) {
    std::set<std::string> names;
    std::string list;
    for (std::uint64_t n = random.between(1, 20); n > 0; --n) {
      names.insert(name());
    }
    for (const std::string& one : names) {
      list += (list.empty() ? "" : random.one_in(2) ? "," : "|") + blanks() + one + blanks();
    }
    if (random.one_in(2)) list = "'" + list + "'";
    const auto filter = TopicFilter::compile(list, "", true);
    ASSERT_TRUE(filter) << list;
    for (const std::string& one : names) ASSERT_TRUE(filter->matches(one)) << list << " " << one;
    for (int i = 0; i < 20; ++i) {
      const std::string other = random.one_in(2) ? name() : *names.begin() + name();
      ASSERT_EQ(filter->matches(other), names.contains(other)) << list << " " << other;
    }
  }
}

TEST_F(TopicFilterProperty, ExcludeIsTheComplementOfInclude) {
  for (int round = 0; round < 300; ++round) {
    const std::string pattern = name() + "|" + name().substr(0, 2) + ".*|.*" + name().substr(1);
    const auto include = TopicFilter::compile(pattern, "", false);
    const auto exclude = TopicFilter::compile(".*", pattern, false);
    ASSERT_TRUE(include && exclude) << pattern;
    for (int i = 0; i < 50; ++i) {
      const std::string topic = name();
      ASSERT_NE(include->matches(topic), exclude->matches(topic)) << pattern << " " << topic;
    }
  }
}

TEST_F(TopicFilterProperty, AnyTextCompilesOrSaysWhyNot) {
  for (int round = 0; round < 20'000; ++round) {
    const std::string pattern =
        random.one_in(2) ? random.bytes(12) : random.text("ab()[]{}|*+?\\^$.&:QEpLxku<>=!12,", 14);
    const auto filter = TopicFilter::compile(pattern, "", true);
    if (!filter) {
      ASSERT_FALSE(filter.error().text.empty());
      ASSERT_EQ(filter.error().kind, ErrorKind::configuration);
    } else {
      ASSERT_EQ(filter->matches("abc"), filter->matches("abc"));
    }
  }
}

}  // namespace
}  // namespace kferry::topics
