#include "kferry/base/bytes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kferry {
namespace {

TEST(Bytes, AreTextAndBack) {
  const std::string text("a\0\xff", 3);
  const ByteView bytes = as_bytes(text);
  ASSERT_EQ(bytes.size(), 3U);
  EXPECT_EQ(bytes[0], std::byte{'a'});
  EXPECT_EQ(bytes[1], std::byte{0});
  EXPECT_EQ(bytes[2], std::byte{0xff});
  EXPECT_EQ(as_text(bytes), text);
}

TEST(Bytes, NullIsNotEmpty) {
  const NullableBytes null;
  const NullableBytes empty = as_bytes("");
  EXPECT_FALSE(null.has_value());
  ASSERT_TRUE(empty.has_value());
  EXPECT_TRUE(empty->empty());
  EXPECT_EQ(as_text(*empty), "");
}

}  // namespace
}  // namespace kferry
