#include "kferry/protocol/records.hpp"

#include <algorithm>

#include "kferry/base/check.hpp"
#include "kferry/protocol/compression.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::protocol {

std::optional<RawRecord> RecordsReader::next() noexcept {
  if (left_ == 0 || malformed_) return std::nullopt;
  WireReader in(rest_);
  const std::int32_t length = in.varint();
  if (length < 0) in.fail();
  WireReader record(in.raw(static_cast<std::size_t>(std::max(0, length))));
  record.i8();  // attributes, of which none is in use
  RawRecord out;
  out.timestamp_delta = record.varlong();
  out.offset_delta = record.varint();
  out.content = record.raw(record.remaining());
  if (!in.ok() || !record.ok()) {
    malformed_ = true;
    return std::nullopt;
  }
  rest_ = rest_.last(in.remaining());
  --left_;
  return out;
}

void BatchBuilder::begin(Codec codec) {
  codec_ = codec;
  records_ = 0;
  body_.clear();
}

void BatchBuilder::add(std::int64_t timestamp, ByteView content) {
  if (records_ == 0) {
    base_timestamp_ = timestamp;
    max_timestamp_ = timestamp;
  }
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  // Far apart as they may be in a damaged batch: wraps, and wraps back when it is read.
  const std::uint64_t time = zigzag(static_cast<std::int64_t>(
      static_cast<std::uint64_t>(timestamp) - static_cast<std::uint64_t>(base_timestamp_)));
  const std::uint64_t offset = zigzag(records_);
  const std::size_t length = 1 + varint_bytes(time) + varint_bytes(offset) + content.size();
  WireWriter out(body_);
  out.varint(static_cast<std::int32_t>(length));
  out.i8(0);
  out.unsigned_varint(time);
  out.unsigned_varint(offset);
  out.raw(content);
  ++records_;
}

Result<void> BatchBuilder::finish(const ProducerIdentity& producer, std::int32_t base_sequence,
                                  std::vector<std::byte>& out) {
  KF_CHECK(records_ > 0);
  const std::size_t begin = out.size();
  out.resize(begin + k_batch_header_bytes);
  if (auto result = compress(codec_, body_, out); !result) return result;
  BatchHeader header;
  header.length = static_cast<std::int32_t>(out.size() - begin - k_log_overhead_bytes);
  header.attributes = static_cast<std::int16_t>(codec_);
  header.last_offset_delta = records_ - 1;
  header.base_timestamp = base_timestamp_;
  header.max_timestamp = max_timestamp_;
  header.producer = producer;
  header.base_sequence = base_sequence;
  header.record_count = records_;
  write_header(std::span(out).subspan(begin), header);
  return {};
}

}  // namespace kferry::protocol
