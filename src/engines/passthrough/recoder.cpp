#include "engines/passthrough/recoder.hpp"

#include <algorithm>
#include <utility>

#include "kferry/base/check.hpp"
#include "kferry/protocol/compression.hpp"

namespace kferry::engines::passthrough {
namespace {

/// What stands around a record's content: two varints, a varlong and the attributes.
constexpr std::size_t k_record_overhead_bytes_max = 5 + 5 + 10 + 1;

Error undecodable(const protocol::BatchHeader& header) {
  return {ErrorKind::record, "the batch at offset " + std::to_string(header.base_offset) +
                                 " can not be decoded: its records do not fit it"};
}

Error damaged(const protocol::BatchHeader& header) {
  return {ErrorKind::record, "the batch at offset " + std::to_string(header.base_offset) +
                                 " is damaged: its checksum does not hold"};
}

/// Whether all records are there, and at offsets that ascend within the batch.
bool readable(ByteView body, const protocol::BatchHeader& header) {
  protocol::RecordsReader reader(body, header.record_count);
  std::int32_t before = -1;
  while (const auto record = reader.next()) {
    if (record->offset_delta <= before || record->offset_delta > header.last_offset_delta) {
      return false;
    }
    before = record->offset_delta;
  }
  return reader.complete();
}

std::int64_t time_of(const protocol::BatchHeader& header, const protocol::RawRecord& record) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(header.base_timestamp) +
                                   static_cast<std::uint64_t>(record.timestamp_delta));
}

}  // namespace

void Recoder::begin(protocol::Codec codec, std::size_t bytes_max) {
  codec_ = codec;
  bytes_max_ = bytes_max;
  builder_.begin(codec);
  out_.clear();
  part_ends_.clear();
  part_records_.clear();
  offsets_.clear();
}

Result<void> Recoder::add(ByteView batch, const protocol::BatchHeader& header,
                          std::int64_t from_offset, bool append_time) {
  // What is recoded gets a right checksum, so damage would be hidden here for good.
  if (!protocol::checksum_holds(batch)) return damaged(header);
  const ByteView content = batch.subspan(protocol::k_batch_header_bytes);
  ByteView body = content;
  if (header.codec() != protocol::Codec::none) {
    if (auto result = protocol::decompress(header.codec(), content, body_); !result) return result;
    body = body_;
  }
  // Nothing is added of a batch whose end can not be read.
  if (!readable(body, header)) return undecodable(header);
  protocol::RecordsReader reader(body, header.record_count);
  while (const auto record = reader.next()) {
    const std::int64_t offset = header.base_offset + record->offset_delta;
    if (offset < from_offset) continue;
    const std::size_t record_bytes = record->content.size() + k_record_overhead_bytes_max;
    if (builder_.records() > 0 && builder_.size_bytes() + record_bytes > bytes_max_) {
      if (auto result = close_part(); !result) return result;
    }
    builder_.add(append_time ? header.max_timestamp : time_of(header, *record), record->content);
    offsets_.push_back(offset);
  }
  return {};
}

Result<void> Recoder::close_part() {
  if (builder_.records() == 0) return {};
  part_records_.push_back(static_cast<std::uint32_t>(builder_.records()));
  if (auto result = builder_.finish({}, -1, out_); !result) return result;
  part_ends_.push_back(out_.size());
  builder_.begin(codec_);
  return {};
}

Result<void> Recoder::finish(PassBatch& into) {
  if (auto result = close_part(); !result) return result;
  into.own.swap(out_);
  std::size_t at = 0;
  for (std::size_t i = 0; i < part_ends_.size(); ++i) {
    const std::size_t end = part_ends_[i];
    into.parts.push_back(
        {std::span(into.own).subspan(at, end - at), into.records, part_records_[i]});
    into.records += part_records_[i];
    at = end;
  }
  into.offsets.swap(offsets_);
  return {};
}

Result<void> cut_out(const PassBatch& batch, const PassBatch::Part& part, std::uint32_t from,
                     std::uint32_t to, std::vector<std::byte>& out) {
  const protocol::BatchHeader header = protocol::scan_batch(part.bytes).header;
  if (!protocol::checksum_holds(part.bytes)) return damaged(header);
  std::vector<std::byte> body;
  if (auto result = protocol::decompress(
          header.codec(), ByteView(part.bytes).subspan(protocol::k_batch_header_bytes), body);
      !result) {
    return result;
  }
  protocol::BatchBuilder builder;
  builder.begin(header.codec());
  protocol::RecordsReader reader(body, header.record_count);
  for (std::uint32_t index = part.first; index < to; ++index) {
    const auto record = reader.next();
    if (!record) return undecodable(header);
    if (index >= from && !batch.given_up(index)) {
      builder.add(time_of(header, *record), record->content);
    }
  }
  out.clear();
  return builder.finish({}, -1, out);
}

}  // namespace kferry::engines::passthrough
