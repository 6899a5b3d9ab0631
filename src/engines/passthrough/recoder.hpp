#pragma once

#include <cstdint>
#include <vector>

#include "engines/passthrough/pass_batch.hpp"
#include "kferry/base/result.hpp"
#include "kferry/protocol/record_batch.hpp"
#include "kferry/protocol/records.hpp"

namespace kferry::engines::passthrough {

/// Takes batches apart and puts their records, untouched and in order, into batches without holes.
/// Used where a batch can not pass as it is, or is too small to pass alone. The buffers are kept.
/// Thread: one.
class Recoder {
 public:
  /// Begins anew; batches come out with the codec and no larger than bytes_max, as far as single
  /// records allow (measured before compression).
  void begin(protocol::Codec codec, std::size_t bytes_max);
  /// Adds the records of a batch from the source offset on. append_time: all of them get the
  /// batch's append time. Errors: record (damaged or not decodable; nothing of it was added).
  Result<void> add(ByteView batch, const protocol::BatchHeader& header, std::int64_t from_offset,
                   bool append_time);
  /// Closes the last batch and hands everything to the PassBatch: bytes, parts and offsets.
  /// Errors: bug.
  Result<void> finish(PassBatch& into);

  std::uint32_t records() const noexcept { return static_cast<std::uint32_t>(offsets_.size()); }

 private:
  Result<void> close_part();

  protocol::Codec codec_ = protocol::Codec::none;
  std::size_t bytes_max_ = 0;
  protocol::BatchBuilder builder_;
  std::vector<std::byte> body_;
  std::vector<std::byte> out_;
  std::vector<std::size_t> part_ends_;  ///< in out_
  std::vector<std::uint32_t> part_records_;
  std::vector<std::int64_t> offsets_;
};

/// A batch of the records [from, to) of a part, without those that were given up. For sending less
/// than a whole part, when one of its records is refused. Errors: record, bug.
Result<void> cut_out(const PassBatch& batch, const PassBatch::Part& part, std::uint32_t from,
                     std::uint32_t to, std::vector<std::byte>& out);

}  // namespace kferry::engines::passthrough
