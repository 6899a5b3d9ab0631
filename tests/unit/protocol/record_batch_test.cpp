#include "kferry/protocol/record_batch.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "kferry/protocol/compression.hpp"
#include "kferry/protocol/records.hpp"
#include "kferry/protocol/wire.hpp"
#include "support/seed.hpp"

namespace kferry::protocol {
namespace {

using Buffer = std::vector<std::byte>;
constexpr Codec k_codecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

struct Made {
  std::int64_t timestamp;
  std::string content;
};

class RecordBatchTest : public test::SeededTest {
 protected:
  std::vector<Made> some_records(std::size_t count) {
    std::vector<Made> records;
    for (std::size_t i = 0; i < count; ++i) {
      const auto time = static_cast<std::int64_t>(random.below(1ULL << 42));
      records.push_back({time, random.one_in(3) ? random.bytes(2'000) : random.text("ab", 300)});
    }
    return records;
  }

  static Buffer build(const std::vector<Made>& records, Codec codec) {
    BatchBuilder builder;
    builder.begin(codec);
    for (const Made& record : records) builder.add(record.timestamp, as_bytes(record.content));
    Buffer batch;
    EXPECT_TRUE(builder.finish({77, 3}, 1'234, batch));
    return batch;
  }

  static void expect_records(ByteView batch, const std::vector<Made>& wanted) {
    const ScannedBatch scanned = scan_batch(batch);
    ASSERT_EQ(scanned.state, BatchScan::whole);
    Buffer body;
    ASSERT_TRUE(decompress(scanned.header.codec(), batch.subspan(k_batch_header_bytes), body));
    RecordsReader reader(body, scanned.header.record_count);
    std::int32_t at = 0;
    while (const auto record = reader.next()) {
      const Made& made = wanted.at(static_cast<std::size_t>(at));
      EXPECT_EQ(record->offset_delta, at++);
      EXPECT_EQ(scanned.header.base_timestamp + record->timestamp_delta, made.timestamp);
      EXPECT_EQ(as_text(record->content), made.content);
    }
    EXPECT_TRUE(reader.complete());
    EXPECT_EQ(static_cast<std::size_t>(at), wanted.size());
  }
};

TEST_F(RecordBatchTest, what_is_built_is_read_with_every_codec) {
  for (const Codec codec : k_codecs) {
    const auto records = some_records(1 + random.below(200));
    const Buffer batch = build(records, codec);
    EXPECT_TRUE(checksum_holds(batch)) << to_string(codec);
    const BatchHeader header = scan_batch(batch).header;
    EXPECT_EQ(header.codec(), codec);
    EXPECT_EQ(header.producer, (ProducerIdentity{77, 3}));
    EXPECT_EQ(header.base_sequence, 1'234);
    EXPECT_TRUE(header.dense());
    expect_records(batch, records);
  }
}

TEST_F(RecordBatchTest, the_rewritten_header_is_ours_and_the_checksum_holds) {
  const auto records = some_records(20);
  Buffer batch = build(records, Codec::zstd);
  // As it lies in a log: somewhere, by a transactional producer, with append time and horizon.
  BatchHeader header = scan_batch(batch).header;
  header.base_offset = 123'456'789'012;
  header.leader_epoch = 17;
  header.attributes = static_cast<std::int16_t>(header.attributes | 0x58);
  write_header(batch, header);
  ASSERT_TRUE(checksum_holds(batch));

  rewrite_header(batch, {4'711, 2}, 99);
  EXPECT_TRUE(checksum_holds(batch));
  const BatchHeader ours = scan_batch(batch).header;
  EXPECT_EQ(ours.base_offset, 0);
  EXPECT_EQ(ours.leader_epoch, -1);
  EXPECT_EQ(ours.attributes, static_cast<std::int16_t>(Codec::zstd));
  EXPECT_EQ(ours.producer, (ProducerIdentity{4'711, 2}));
  EXPECT_EQ(ours.base_sequence, 99);
  EXPECT_EQ(ours.max_timestamp, header.max_timestamp);
  expect_records(batch, records);
}

TEST_F(RecordBatchTest, a_damaged_batch_stays_damaged) {
  for (int round = 0; round < 100; ++round) {
    Buffer batch = build(some_records(5), Codec::lz4);
    const std::size_t hit = 21 + random.below(batch.size() - 21);
    batch[hit] ^= static_cast<std::byte>(1 << random.below(8));
    rewrite_header(batch, {1, 0}, 0);
    EXPECT_FALSE(checksum_holds(batch)) << "a bit of byte " << hit;
  }
}

TEST_F(RecordBatchTest, a_cut_batch_is_seen) {
  const Buffer batch = build(some_records(3), Codec::none);
  for (std::size_t size = 0; size < batch.size(); ++size) {
    EXPECT_EQ(scan_batch(ByteView(batch).first(size)).state, BatchScan::cut) << size;
  }
}

TEST_F(RecordBatchTest, impossible_headers_are_malformed) {
  const Buffer good = build(some_records(3), Codec::none);
  const auto with = [&](std::size_t at, auto value) {
    Buffer batch = good;
    store_big_endian(batch.data() + at, value);
    return scan_batch(batch).state;
  };
  EXPECT_EQ(with(8, std::int32_t{-1}), BatchScan::malformed);
  EXPECT_EQ(with(8, std::int32_t{48}), BatchScan::malformed);
  EXPECT_EQ(with(16, std::int8_t{3}), BatchScan::malformed);
  EXPECT_EQ(with(0, std::int64_t{-5}), BatchScan::malformed);
  EXPECT_EQ(with(23, std::int32_t{-1}), BatchScan::malformed);
  EXPECT_EQ(with(57, std::int32_t{-1}), BatchScan::malformed);
  EXPECT_EQ(with(57, std::int32_t{4}), BatchScan::malformed) << "more records than offsets";
  EXPECT_EQ(with(0, std::numeric_limits<std::int64_t>::max()), BatchScan::malformed);
  EXPECT_EQ(with(16, std::int8_t{1}), BatchScan::old_format);
}

TEST_F(RecordBatchTest, bodies_that_lie_are_malformed) {
  const auto records = some_records(3);
  const Buffer batch = build(records, Codec::none);
  const ByteView body = ByteView(batch).subspan(k_batch_header_bytes);
  const auto complete = [](ByteView bytes, std::int32_t count) {
    RecordsReader reader(bytes, count);
    while (reader.next()) {
    }
    return reader.complete();
  };
  EXPECT_TRUE(complete(body, 3));
  EXPECT_FALSE(complete(body, 2)) << "bytes left over";
  EXPECT_FALSE(complete(body, 4)) << "a record is missing";
  EXPECT_FALSE(complete(body.first(body.size() - 1), 3));
}

TEST_F(RecordBatchTest, compression_is_bounded_and_damage_is_an_error) {
  const std::string zeros(3'000'000, '\0');
  for (const Codec codec : k_codecs) {
    Buffer packed;
    ASSERT_TRUE(compress(codec, as_bytes(zeros), packed));
    Buffer out;
    ASSERT_TRUE(decompress(codec, packed, out, zeros.size())) << to_string(codec);
    EXPECT_EQ(as_text(out), zeros);
    EXPECT_FALSE(decompress(codec, packed, out, zeros.size() - 1)) << to_string(codec);
    if (codec == Codec::none) continue;
    EXPECT_FALSE(decompress(codec, ByteView(packed).first(packed.size() / 2), out));
    for (int round = 0; round < 300; ++round) {
      Buffer hit = packed;
      hit[random.below(hit.size())] ^= static_cast<std::byte>(1 << random.below(8));
      const auto result = decompress(codec, hit, out, 2 * zeros.size());
      EXPECT_TRUE(result || result.error().kind == ErrorKind::record);
    }
  }
}

TEST_F(RecordBatchTest, raw_snappy_is_read_as_well) {
  // One literal of five bytes, as snappy's format description has it.
  const std::string raw("\x05\x10hello");
  Buffer out;
  ASSERT_TRUE(decompress(Codec::snappy, as_bytes(raw), out));
  EXPECT_EQ(as_text(out), "hello");
}

TEST(sequence, wraps_as_in_java) {
  EXPECT_EQ(next_sequence(5, 10), 15);
  EXPECT_EQ(next_sequence(std::numeric_limits<std::int32_t>::max(), 1), 0);
  EXPECT_EQ(next_sequence(std::numeric_limits<std::int32_t>::max() - 1, 4), 2);
}

}  // namespace
}  // namespace kferry::protocol
