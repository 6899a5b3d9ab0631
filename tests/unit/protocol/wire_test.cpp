#include "kferry/protocol/wire.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/seed.hpp"

namespace kferry::protocol {
namespace {

using Buffer = std::vector<std::byte>;

TEST(wire, integers_are_big_endian) {
  Buffer out;
  WireWriter writer(out);
  writer.i16(0x0102);
  writer.i32(-2);
  writer.i64(0x0102030405060708);
  EXPECT_EQ(as_text(out), std::string("\1\2\xFF\xFF\xFF\xFE\1\2\3\4\5\6\7\10", 14));
}

TEST(wire, both_encodings_come_back) {
  for (const Encoding encoding : {Encoding::plain, Encoding::flexible}) {
    Buffer out;
    WireWriter writer(out, encoding);
    writer.string("name");
    writer.nullable_string(std::nullopt);
    writer.nullable_string("");
    writer.bytes(as_bytes(std::string(200, 'b')));
    writer.array(2);
    writer.i8(1);
    writer.i8(2);
    writer.null_array();
    writer.no_tagged_fields();
    writer.boolean(true);

    WireReader reader(out, encoding);
    EXPECT_EQ(reader.string(), "name");
    EXPECT_EQ(reader.nullable_string(), std::nullopt);
    EXPECT_EQ(reader.nullable_string(), "");
    EXPECT_EQ(as_text(reader.bytes()), std::string(200, 'b'));
    EXPECT_EQ(reader.array(1), 2U);
    EXPECT_EQ(reader.i8(), 1);
    EXPECT_EQ(reader.i8(), 2);
    EXPECT_EQ(reader.nullable_array(1), std::nullopt);
    reader.skip_tagged_fields();
    EXPECT_TRUE(reader.boolean());
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0U);
  }
}

TEST(wire, varints_are_those_of_java) {
  const std::pair<std::int32_t, std::string> k_cases[] = {{0, std::string(1, '\0')},
                                                          {-1, "\x01"},
                                                          {1, "\x02"},
                                                          {63, "\x7E"},
                                                          {-64, "\x7F"},
                                                          {64, std::string("\x80\x01", 2)},
                                                          {8191, "\xFE\x7F"},
                                                          {-8193, "\x81\x80\x01"}};
  for (const auto& [value, bytes] : k_cases) {
    Buffer out;
    WireWriter(out).varint(value);
    EXPECT_EQ(as_text(out), bytes) << value;
    EXPECT_EQ(varint_bytes(zigzag(value)), bytes.size()) << value;
  }
}

class WireTest : public test::SeededTest {};

TEST_F(WireTest, varints_come_back) {
  for (int round = 0; round < 2'000; ++round) {
    const auto value = static_cast<std::int64_t>(random.below(UINT64_MAX) >> random.below(64));
    for (const std::int64_t signed_value : {value, -value}) {
      Buffer out;
      WireWriter(out).varlong(signed_value);
      EXPECT_EQ(out.size(), varint_bytes(zigzag(signed_value)));
      WireReader reader(out);
      EXPECT_EQ(reader.varlong(), signed_value);
      EXPECT_TRUE(reader.ok());
    }
  }
}

TEST(wire, what_is_not_there_is_not_read) {
  const std::string text("\0\0\0\5abc", 7);
  WireReader reader(as_bytes(text));
  EXPECT_TRUE(reader.bytes().empty());
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.i32(), 0) << "failed for good";
}

TEST(wire, a_count_can_not_be_larger_than_what_follows) {
  Buffer out;
  WireWriter writer(out);
  writer.i32(1'000'000);
  writer.i64(0);
  WireReader reader(out);
  EXPECT_EQ(reader.array(8), 0U);
  EXPECT_FALSE(reader.ok());
}

TEST(wire, lengths_below_null_are_malformed) {
  Buffer out;
  WireWriter(out).i16(-2);
  WireReader reader(out);
  EXPECT_EQ(reader.nullable_string(), std::nullopt);
  EXPECT_FALSE(reader.ok());
}

TEST(wire, an_endless_varint_is_malformed) {
  const Buffer out(11, std::byte{0xFF});
  WireReader reader(out);
  reader.varlong();
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace kferry::protocol
