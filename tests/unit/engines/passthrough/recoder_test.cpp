#include "engines/passthrough/recoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kferry/protocol/compression.hpp"
#include "support/seed.hpp"

namespace kferry::engines::passthrough {
namespace {

using protocol::BatchHeader;
using protocol::Codec;

struct Rec {
  std::int64_t time;
  std::string content;
  bool operator==(const Rec&) const = default;
};

std::vector<std::byte> batch_of(const std::vector<Rec>& records, Codec codec, std::int64_t base) {
  protocol::BatchBuilder builder;
  builder.begin(codec);
  for (const Rec& record : records) builder.add(record.time, as_bytes(record.content));
  std::vector<std::byte> bytes;
  EXPECT_TRUE(builder.finish({5, 1}, 77, bytes));
  BatchHeader header = protocol::scan_batch(bytes).header;
  header.base_offset = base;
  protocol::write_header(bytes, header);
  return bytes;
}

std::vector<Rec> records_of(ByteView batch) {
  const auto scanned = protocol::scan_batch(batch);
  EXPECT_EQ(scanned.state, protocol::BatchScan::whole);
  EXPECT_TRUE(protocol::checksum_holds(batch));
  EXPECT_TRUE(scanned.header.dense());
  std::vector<std::byte> body;
  EXPECT_TRUE(protocol::decompress(scanned.header.codec(),
                                   batch.subspan(protocol::k_batch_header_bytes), body));
  protocol::RecordsReader reader(body, scanned.header.record_count);
  std::vector<Rec> records;
  while (const auto record = reader.next()) {
    records.push_back({scanned.header.base_timestamp + record->timestamp_delta,
                       std::string(as_text(record->content))});
  }
  EXPECT_TRUE(reader.complete());
  return records;
}

class RecoderTest : public test::SeededTest {
 protected:
  std::vector<Rec> some(std::size_t count) {
    std::vector<Rec> records;
    for (std::size_t i = 0; i < count; ++i) {
      records.push_back({static_cast<std::int64_t>(random.below(1'000'000)), random.bytes(200)});
    }
    return records;
  }
  Result<void> add(const std::vector<std::byte>& batch, std::int64_t from, bool append = false) {
    return recoder.add(batch, protocol::scan_batch(batch).header, from, append);
  }

  Recoder recoder;
};

TEST_F(RecoderTest, small_batches_become_one_with_the_same_records) {
  for (const Codec codec : {Codec::none, Codec::lz4, Codec::zstd, Codec::gzip, Codec::snappy}) {
    const auto first = some(3);
    const auto second = some(1);
    recoder.begin(codec, 1 << 20);
    ASSERT_TRUE(add(batch_of(first, codec, 100), 100));
    ASSERT_TRUE(add(batch_of(second, codec, 103), 103));
    PassBatch batch;
    ASSERT_TRUE(recoder.finish(batch));
    ASSERT_EQ(batch.parts.size(), 1U);
    EXPECT_EQ(batch.records, 4U);
    EXPECT_EQ(batch.offsets, (std::vector<std::int64_t>{100, 101, 102, 103}));
    auto wanted = first;
    wanted.insert(wanted.end(), second.begin(), second.end());
    EXPECT_EQ(records_of(batch.parts[0].bytes), wanted);
  }
}

TEST_F(RecoderTest, records_below_the_wanted_offset_stay_out) {
  const auto records = some(5);
  recoder.begin(Codec::none, 1 << 20);
  ASSERT_TRUE(add(batch_of(records, Codec::none, 10), 13));
  PassBatch batch;
  ASSERT_TRUE(recoder.finish(batch));
  EXPECT_EQ(batch.offsets, (std::vector<std::int64_t>{13, 14}));
  EXPECT_EQ(records_of(batch.parts[0].bytes), std::vector<Rec>(records.begin() + 3, records.end()));
}

TEST_F(RecoderTest, an_append_time_becomes_the_time_of_every_record) {
  auto bytes = batch_of({{1, "a"}, {2, "b"}}, Codec::none, 0);
  BatchHeader header = protocol::scan_batch(bytes).header;
  header.attributes = static_cast<std::int16_t>(header.attributes | 0x08);
  header.max_timestamp = 9'999;
  protocol::write_header(bytes, header);
  recoder.begin(Codec::none, 1 << 20);
  ASSERT_TRUE(add(bytes, 0, true));
  PassBatch batch;
  ASSERT_TRUE(recoder.finish(batch));
  EXPECT_EQ(records_of(batch.parts[0].bytes), (std::vector<Rec>{{9'999, "a"}, {9'999, "b"}}));
}

TEST_F(RecoderTest, what_is_too_large_becomes_several_parts) {
  std::vector<Rec> records;
  for (int i = 0; i < 10; ++i) records.push_back({i, std::string(1'000, 'x')});
  recoder.begin(Codec::none, 3'500);
  ASSERT_TRUE(add(batch_of(records, Codec::none, 0), 0));
  PassBatch batch;
  ASSERT_TRUE(recoder.finish(batch));
  ASSERT_GT(batch.parts.size(), 2U);
  std::vector<Rec> all;
  for (const auto& part : batch.parts) {
    EXPECT_LE(part.bytes.size(), 3'500U);
    EXPECT_EQ(part.first, all.size());
    const auto some_of_them = records_of(part.bytes);
    all.insert(all.end(), some_of_them.begin(), some_of_them.end());
  }
  EXPECT_EQ(all, records);
}

TEST_F(RecoderTest, a_body_that_lies_is_an_error_and_adds_nothing) {
  auto bytes = batch_of(some(4), Codec::none, 0);
  BatchHeader header = protocol::scan_batch(bytes).header;
  header.record_count = 5;
  header.last_offset_delta = 4;
  protocol::write_header(bytes, header);
  recoder.begin(Codec::none, 1 << 20);
  const auto added = add(bytes, 0);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, ErrorKind::record);
  EXPECT_EQ(recoder.records(), 0U);
}

TEST_F(RecoderTest, damage_gets_no_new_checksum) {
  for (const std::size_t at : {22U, 40U, 70U}) {
    PassBatch batch;
    batch.own = batch_of(some(4), Codec::none, 0);
    batch.own[at] ^= std::byte{1};
    batch.records = 4;
    batch.parts.push_back({batch.own, 0, 4});
    recoder.begin(Codec::none, 1 << 20);
    EXPECT_FALSE(add(batch.own, 0)) << at;
    EXPECT_EQ(recoder.records(), 0U);
    protocol::rewrite_header(batch.own, {9, 0}, 0);
    std::vector<std::byte> out;
    EXPECT_FALSE(cut_out(batch, batch.parts[0], 1, 3, out)) << at;
  }
}

TEST_F(RecoderTest, damage_is_an_error_and_adds_nothing) {
  const auto good = batch_of(some(2), Codec::none, 0);
  auto bad = batch_of({{1, "value"}}, Codec::none, 2);
  bad.back() ^= std::byte{1};
  recoder.begin(Codec::none, 1 << 20);
  ASSERT_TRUE(add(good, 0));
  const auto added = add(bad, 2);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, ErrorKind::record);
  EXPECT_EQ(recoder.records(), 2U);

  PassBatch batch;
  batch.own = bad;
  batch.records = 1;
  batch.parts.push_back({batch.own, 0, 1});
  std::vector<std::byte> out;
  EXPECT_FALSE(cut_out(batch, batch.parts[0], 0, 1, out));
}

TEST_F(RecoderTest, offsets_outside_of_the_batch_are_an_error) {
  auto bytes = batch_of(some(3), Codec::none, 10);
  BatchHeader header = protocol::scan_batch(bytes).header;
  header.record_count = 3;
  header.last_offset_delta = 1;
  protocol::write_header(bytes, header);
  recoder.begin(Codec::none, 1 << 20);
  // The header itself is impossible, so what scan_batch says of it is handed over by hand.
  EXPECT_FALSE(recoder.add(bytes, header, 10, false));
  EXPECT_EQ(recoder.records(), 0U);
}

TEST_F(RecoderTest, no_part_is_larger_than_the_limit) {
  for (int round = 0; round < 50; ++round) {
    const std::size_t limit = 300 + random.below(700);
    recoder.begin(Codec::none, limit);
    ASSERT_TRUE(add(batch_of(some(20), Codec::none, 0), 0));
    PassBatch batch;
    ASSERT_TRUE(recoder.finish(batch));
    for (const auto& part : batch.parts) EXPECT_LE(part.bytes.size(), limit);
  }
}

TEST_F(RecoderTest, a_range_is_cut_out_without_what_was_given_up) {
  const auto records = some(6);
  PassBatch batch;
  batch.own = batch_of(records, Codec::lz4, 0);
  batch.records = 6;
  batch.parts.push_back({batch.own, 0, 6});
  batch.give_up(3);
  std::vector<std::byte> out;
  ASSERT_TRUE(cut_out(batch, batch.parts[0], 2, 5, out));
  EXPECT_EQ(records_of(out), (std::vector<Rec>{records[2], records[4]}));
}

TEST(pass_batch, rewinds_to_what_did_not_arrive) {
  PassBatch batch;
  batch.first_offset = Offset(40);
  batch.records = 10;
  batch.parts.push_back({{}, 0, 10});
  EXPECT_EQ(batch.rewind(false), 10U);
  batch.acknowledge_up_to(4);
  EXPECT_EQ(batch.rewind(false), 6U);
  EXPECT_EQ(batch.first_unsent(), 4U);
  batch.give_up(4);
  EXPECT_EQ(batch.rewind(false), 5U);
  EXPECT_EQ(batch.first_unsent(), 5U);
  EXPECT_EQ(batch.record_offset(5), Offset(45));
  EXPECT_EQ(batch.rewind(true), 9U) << "all but the one that was given up";
  EXPECT_EQ(batch.first_unsent(), 0U);
}

}  // namespace
}  // namespace kferry::engines::passthrough
