#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/result.hpp"
#include "kferry/protocol/record_batch.hpp"

/// The records inside a batch v2. Source: org.apache.kafka.common.record.DefaultRecord.
namespace kferry::protocol {

/// One record, of which only what is relative to its batch is taken apart.
struct RawRecord {
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  ByteView content;  ///< key, value and headers as they are
};

/// Walks over the decompressed body of a batch. Thread: one.
class RecordsReader {
 public:
  RecordsReader(ByteView body, std::int32_t records) noexcept : rest_(body), left_(records) {}

  /// The next record; nothing behind the last one, or when the body is malformed.
  std::optional<RawRecord> next() noexcept;
  /// Whether all records were there and nothing behind them. To be asked at the end.
  bool complete() const noexcept { return !malformed_ && left_ == 0 && rest_.empty(); }

 private:
  ByteView rest_;
  std::int32_t left_;
  bool malformed_ = false;
};

/// Builds a batch out of records of others. The buffers are kept from batch to batch.
/// Thread: one.
class BatchBuilder {
 public:
  /// Begins a new batch.
  void begin(Codec codec);
  /// Offsets ascend from 0 without holes. timestamp in milliseconds.
  void add(std::int64_t timestamp, ByteView content);

  std::int32_t records() const noexcept { return records_; }
  /// What the records take before compression, with the header.
  std::size_t size_bytes() const noexcept { return body_.size() + k_batch_header_bytes; }
  std::int64_t max_timestamp() const noexcept { return max_timestamp_; }

  /// The finished batch with its checksum, appended to out. REQUIRES: at least one record.
  /// Errors: as of compress().
  Result<void> finish(const ProducerIdentity& producer, std::int32_t base_sequence,
                      std::vector<std::byte>& out);

 private:
  Codec codec_ = Codec::none;
  std::int32_t records_ = 0;
  std::int64_t base_timestamp_ = 0;
  std::int64_t max_timestamp_ = 0;
  std::vector<std::byte> body_;
};

}  // namespace kferry::protocol
