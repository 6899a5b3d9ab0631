#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kferry/base/bytes.hpp"

/// The header of a record batch v2, read and rewritten where it lies.
/// Source: org.apache.kafka.common.record.DefaultRecordBatch.
namespace kferry::protocol {

inline constexpr std::size_t k_batch_header_bytes = 61;
/// Base offset and length, which every message format begins with (Records.LOG_OVERHEAD).
inline constexpr std::size_t k_log_overhead_bytes = 12;

enum class Codec : std::int8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };
std::string_view to_string(Codec codec) noexcept;

struct ProducerIdentity {
  std::int64_t id = -1;  ///< -1: none
  std::int16_t epoch = -1;
  bool operator==(const ProducerIdentity&) const = default;
};

/// The fields in host order.
struct BatchHeader {
  std::int64_t base_offset = 0;
  std::int32_t length = 0;  ///< bytes behind this field
  std::int32_t leader_epoch = -1;
  std::int8_t magic = 2;
  std::uint32_t crc = 0;  ///< of everything behind it
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  std::int64_t base_timestamp = -1;
  std::int64_t max_timestamp = -1;
  ProducerIdentity producer;
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  std::size_t size_bytes() const noexcept {
    return static_cast<std::size_t>(length) + k_log_overhead_bytes;
  }
  std::int64_t last_offset() const noexcept { return base_offset + last_offset_delta; }
  std::int64_t next_offset() const noexcept { return last_offset() + 1; }
  Codec codec() const noexcept { return static_cast<Codec>(attributes & 0x07); }
  bool log_append_time() const noexcept { return (attributes & 0x08) != 0; }
  bool transactional() const noexcept { return (attributes & 0x10) != 0; }
  bool control() const noexcept { return (attributes & 0x20) != 0; }
  bool delete_horizon() const noexcept { return (attributes & 0x40) != 0; }
  /// Whether the offsets have no holes, going by the header alone.
  bool dense() const noexcept { return record_count == last_offset_delta + 1; }
};

/// What stands at the beginning of the bytes.
enum class BatchScan {
  whole,       ///< a whole v2 batch
  cut,         ///< not all of it is there; fetches end like that
  old_format,  ///< message format 0 or 1
  malformed,   ///< impossible lengths
};

struct ScannedBatch {
  BatchScan state = BatchScan::cut;
  BatchHeader header;          ///< for whole
  std::size_t size_bytes = 0;  ///< for whole and old_format: where the next one begins
};

/// Reads the first batch's header. Checks that lengths and counts are possible, not the checksum.
ScannedBatch scan_batch(ByteView bytes) noexcept;

/// Whether the stored checksum is that of the bytes. REQUIRES: a whole batch.
bool checksum_holds(ByteView batch) noexcept;

/// Makes the batch one of ours: base offset 0, no leader epoch, no timestamp type, no transaction,
/// no delete horizon, the given identity. The checksum is patched and not computed, so damage
/// stays detectable. REQUIRES: a whole batch.
void rewrite_header(std::span<std::byte> batch, const ProducerIdentity& producer,
                    std::int32_t base_sequence) noexcept;

/// The sequence number behind so many records: after 2^31-1 comes 0.
/// Source: DefaultRecordBatch.incrementSequence.
constexpr std::int32_t next_sequence(std::int32_t sequence, std::int32_t records) noexcept {
  const std::int64_t sum = std::int64_t{sequence} + records;
  return static_cast<std::int32_t>(sum > INT32_MAX ? sum - INT32_MAX - 1 : sum);
}

/// Writes the header, checksum included, in front of a body that is already in its place.
/// REQUIRES: header.length fits the batch.
void write_header(std::span<std::byte> batch, BatchHeader header) noexcept;

}  // namespace kferry::protocol
