#include "kferry/protocol/record_batch.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kferry/base/check.hpp"
#include "kferry/protocol/crc32c.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::protocol {
namespace {

constexpr std::size_t k_length_at = 8;
constexpr std::size_t k_leader_epoch_at = 12;
constexpr std::size_t k_magic_at = 16;
constexpr std::size_t k_crc_at = 17;
constexpr std::size_t k_attributes_at = 21;  // the first byte that the checksum covers
constexpr std::size_t k_last_offset_delta_at = 23;
constexpr std::size_t k_base_timestamp_at = 27;
constexpr std::size_t k_max_timestamp_at = 35;
constexpr std::size_t k_producer_id_at = 43;
constexpr std::size_t k_producer_epoch_at = 51;
constexpr std::size_t k_base_sequence_at = 53;
constexpr std::size_t k_record_count_at = 57;

/// Codec only: no timestamp type, transaction, control or delete horizon bit.
constexpr std::int16_t k_codec_bits = 0x07;
/// The smallest old message: offset, size, crc, magic, attributes and two null fields.
constexpr std::int32_t k_old_message_length_min = 14;

BatchHeader read_header(const std::byte* at) noexcept {
  BatchHeader header;
  header.base_offset = load_big_endian<std::int64_t>(at);
  header.length = load_big_endian<std::int32_t>(at + k_length_at);
  header.leader_epoch = load_big_endian<std::int32_t>(at + k_leader_epoch_at);
  header.magic = load_big_endian<std::int8_t>(at + k_magic_at);
  header.crc = load_big_endian<std::uint32_t>(at + k_crc_at);
  header.attributes = load_big_endian<std::int16_t>(at + k_attributes_at);
  header.last_offset_delta = load_big_endian<std::int32_t>(at + k_last_offset_delta_at);
  header.base_timestamp = load_big_endian<std::int64_t>(at + k_base_timestamp_at);
  header.max_timestamp = load_big_endian<std::int64_t>(at + k_max_timestamp_at);
  header.producer.id = load_big_endian<std::int64_t>(at + k_producer_id_at);
  header.producer.epoch = load_big_endian<std::int16_t>(at + k_producer_epoch_at);
  header.base_sequence = load_big_endian<std::int32_t>(at + k_base_sequence_at);
  header.record_count = load_big_endian<std::int32_t>(at + k_record_count_at);
  return header;
}

bool possible(const BatchHeader& header) noexcept {
  return header.magic == 2 && header.base_offset >= 0 && header.last_offset_delta >= 0 &&
         header.record_count >= 0 && header.record_count <= header.last_offset_delta + 1LL &&
         header.base_offset <= INT64_MAX - header.last_offset_delta - 1;
}

}  // namespace

std::string_view to_string(Codec codec) noexcept {
  switch (codec) {
    case Codec::none:
      return "none";
    case Codec::gzip:
      return "gzip";
    case Codec::snappy:
      return "snappy";
    case Codec::lz4:
      return "lz4";
    case Codec::zstd:
      return "zstd";
  }
  return "unknown";
}

ScannedBatch scan_batch(ByteView bytes) noexcept {
  ScannedBatch scanned;
  if (bytes.size() <= k_magic_at) return scanned;
  const auto length = load_big_endian<std::int32_t>(bytes.data() + k_length_at);
  const auto magic = load_big_endian<std::int8_t>(bytes.data() + k_magic_at);
  const bool old = magic == 0 || magic == 1;
  constexpr auto k_v2_length_min =
      static_cast<std::int32_t>(k_batch_header_bytes - k_log_overhead_bytes);
  if (length < (old ? k_old_message_length_min : k_v2_length_min) || magic < 0 || magic > 2) {
    scanned.state = BatchScan::malformed;
    return scanned;
  }
  scanned.size_bytes = static_cast<std::size_t>(length) + k_log_overhead_bytes;
  if (scanned.size_bytes > bytes.size()) return scanned;
  if (old) {
    scanned.state = BatchScan::old_format;
    return scanned;
  }
  scanned.header = read_header(bytes.data());
  scanned.state = possible(scanned.header) ? BatchScan::whole : BatchScan::malformed;
  return scanned;
}

bool checksum_holds(ByteView batch) noexcept {
  KF_CHECK(batch.size() >= k_batch_header_bytes);
  return load_big_endian<std::uint32_t>(batch.data() + k_crc_at) ==
         crc32c(batch.subspan(k_attributes_at));
}

void rewrite_header(std::span<std::byte> batch, const ProducerIdentity& producer,
                    std::int32_t base_sequence) noexcept {
  KF_CHECK(batch.size() >= k_batch_header_bytes);
  std::byte* const at = batch.data();
  // The fields from the attributes to the base sequence are the ones that may change.
  constexpr std::size_t k_span_bytes = k_record_count_at - k_attributes_at;
  std::array<std::byte, k_span_bytes> before;
  std::memcpy(before.data(), at + k_attributes_at, before.size());

  const auto attributes = load_big_endian<std::int16_t>(at + k_attributes_at);
  store_big_endian<std::int64_t>(at, 0);
  store_big_endian<std::int32_t>(at + k_leader_epoch_at, -1);
  store_big_endian<std::int16_t>(at + k_attributes_at,
                                 static_cast<std::int16_t>(attributes & k_codec_bits));
  store_big_endian(at + k_producer_id_at, producer.id);
  store_big_endian(at + k_producer_epoch_at, producer.epoch);
  store_big_endian(at + k_base_sequence_at, base_sequence);

  const auto checksum = load_big_endian<std::uint32_t>(at + k_crc_at);
  store_big_endian(at + k_crc_at,
                   crc32c_patched(checksum, before, {at + k_attributes_at, k_span_bytes},
                                  batch.size() - k_record_count_at));
}

void write_header(std::span<std::byte> batch, BatchHeader header) noexcept {
  KF_CHECK(batch.size() >= k_batch_header_bytes && header.size_bytes() == batch.size());
  std::byte* const at = batch.data();
  store_big_endian(at, header.base_offset);
  store_big_endian(at + k_length_at, header.length);
  store_big_endian(at + k_leader_epoch_at, header.leader_epoch);
  store_big_endian(at + k_magic_at, header.magic);
  store_big_endian(at + k_attributes_at, header.attributes);
  store_big_endian(at + k_last_offset_delta_at, header.last_offset_delta);
  store_big_endian(at + k_base_timestamp_at, header.base_timestamp);
  store_big_endian(at + k_max_timestamp_at, header.max_timestamp);
  store_big_endian(at + k_producer_id_at, header.producer.id);
  store_big_endian(at + k_producer_epoch_at, header.producer.epoch);
  store_big_endian(at + k_base_sequence_at, header.base_sequence);
  store_big_endian(at + k_record_count_at, header.record_count);
  store_big_endian(at + k_crc_at, crc32c(ByteView(batch).subspan(k_attributes_at)));
}

}  // namespace kferry::protocol
