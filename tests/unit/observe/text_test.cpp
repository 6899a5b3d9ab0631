#include "observe/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace kferry::observe {
namespace {

TEST(Text, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(123456), "123,456");
  EXPECT_EQ(grouped(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(Text, Bytes) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.00 kB");
  EXPECT_EQ(bytes_text(12'345'678), "12.3 MB");
  EXPECT_EQ(bytes_text(999'600), "1.00 MB");
  EXPECT_EQ(bytes_text(812e6), "812 MB");
  EXPECT_EQ(bytes_text(5e18), "5000 PB");
}

TEST(Text, Durations) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(0.2), "1 s");
  EXPECT_EQ(duration_text(59.6), "1 min 0 s");
  EXPECT_EQ(duration_text(125), "2 min 5 s");
  EXPECT_EQ(duration_text(12'000), "3 h 20 min");
  EXPECT_EQ(duration_text(353'000), "4 d 2 h");
  EXPECT_EQ(duration_text(1e300), "over 1,000 d");
}

TEST(Text, ValidUtf8StaysAndBrokenBytesAreReplaced) {
  const std::string fine = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\xA2z";
  EXPECT_EQ(valid_utf8(fine), fine);
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(valid_utf8("\xFF"), bad);
  EXPECT_EQ(valid_utf8("x\xC3"), "x" + bad);                         // cut off
  EXPECT_EQ(valid_utf8("\xC0\xAF"), bad + bad);                      // overlong
  EXPECT_EQ(valid_utf8("\xE0\x80\xAF"), bad + bad + bad);            // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), bad + bad + bad);            // surrogate
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // above U+10FFFF
  EXPECT_EQ(valid_utf8("\xE2\x28\xA1"), bad + "(" + bad);
}

TEST(Text, OneLineDisarmsControlCharacters) {
  EXPECT_EQ(one_line("a\nb\tc\x1b[2Jd\x7f"), "a b c [2Jd ");
  EXPECT_EQ(one_line("x\xC2\x9Bz"), "x  z");  // the one-character form of ESC [
  EXPECT_EQ(one_line("\xC2\xA0"), "\xC2\xA0");
}

TEST(Text, ClippedCountsCharacters) {
  EXPECT_EQ(clipped("abc", 3), "abc");
  EXPECT_EQ(clipped("abcd", 3), "ab…");
  EXPECT_EQ(clipped("äöü", 3), "äöü");
  EXPECT_EQ(clipped("äöüß", 3), "äö…");
  EXPECT_EQ(clipped("abc", 1), "…");
  EXPECT_EQ(clipped("abc", 0), "");
}

}  // namespace
}  // namespace kferry::observe
