#include "kferry/base/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <thread>
#include <vector>

namespace kferry::log {
namespace {

class Log : public testing::Test {
 protected:
  ~Log() override {
    set_line_guard(nullptr);
    configure(Level::info, Format::text);
  }
};

TEST_F(Log, NamesOfLevelsAreReadAsTheyAreWritten) {
  for (const Level level :
       {Level::trace, Level::debug, Level::info, Level::warning, Level::error, Level::off}) {
    EXPECT_EQ(parse_level(to_string(level)), level);
  }
  EXPECT_FALSE(parse_level("loud"));
  EXPECT_FALSE(parse_level(""));
}

TEST_F(Log, WritesOneLineWithTimeLevelAndRoom) {
  configure(Level::info, Format::text);
  testing::internal::CaptureStderr();
  warning("topics", "{} is {}", "a", 1);
  std::string line = testing::internal::GetCapturedStderr();
  ASSERT_GT(line.size(), 24U) << line;
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  std::replace_if(line.begin(), line.begin() + 24, is_digit, '0');
  EXPECT_EQ(line, "0000-00-00T00:00:00.000Z warning topics: a is 1\n");
}

TEST_F(Log, IsSilentBelowItsLevel) {
  configure(Level::warning, Format::text);
  EXPECT_FALSE(enabled(Level::info));
  EXPECT_TRUE(enabled(Level::error));
  testing::internal::CaptureStderr();
  debug("topics", "no");
  info("topics", "no");
  error("topics", "yes");
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines.find("no"), std::string::npos);
  EXPECT_NE(lines.find("error   topics: yes"), std::string::npos) << lines;
}

TEST_F(Log, EscapesWhatJsonHasToEscape) {
  configure(Level::info, Format::json);
  testing::internal::CaptureStderr();
  info("topics", "a \"b\" \\ {}", "\n\x01");
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find(R"("level":"info","room":"topics","text":"a \"b\" \\ \u000a\u0001"})"),
            std::string::npos)
      << line;
}

TEST_F(Log, CallsItsGuardBeforeEveryLine) {
  configure(Level::info, Format::text);
  int calls = 0;
  set_line_guard([&calls] { ++calls; });
  testing::internal::CaptureStderr();
  info("topics", "one");
  info("topics", "two");
  debug("topics", "not written");
  set_line_guard(nullptr);
  info("topics", "three");
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(calls, 2);
}

TEST_F(Log, KeepsLinesOfManyThreadsApart) {
  configure(Level::info, Format::text);
  const std::string payload(200, 'x');
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&payload] {
      for (int i = 0; i < 100; ++i) info("topics", "{}", payload);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string lines = testing::internal::GetCapturedStderr();
  int whole = 0;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    ASSERT_NE(end, lines.npos);
    whole += lines.substr(begin, end - begin).ends_with(" info    topics: " + payload) ? 1 : 0;
    begin = end + 1;
  }
  EXPECT_EQ(whole, 400);
}

}  // namespace
}  // namespace kferry::log
