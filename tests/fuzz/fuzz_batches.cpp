#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engines/passthrough/batch_judge.hpp"
#include "engines/passthrough/recoder.hpp"
#include "kferry/base/check.hpp"
#include "kferry/protocol/crc32c.hpp"
#include "kferry/protocol/wire.hpp"

namespace {

using namespace kferry;
using namespace kferry::engines::passthrough;
using protocol::BatchScan;

constexpr std::size_t k_crc_at = 17;
constexpr std::size_t k_attributes_at = 21;
constexpr std::size_t k_recoded_bytes_max = 16U << 10;

/// The first bytes of an input choose everything but the log.
struct Input {
  JudgeSettings settings;
  bool right_checksums = false;
  std::int64_t wanted = 0;
  std::int64_t end = 0;
  std::vector<protocol::AbortedTransaction> aborted;
  std::vector<std::byte> log;
};

Input read_input(ByteView bytes) {
  protocol::WireReader in(bytes);
  Input input;
  const auto flags = static_cast<unsigned>(in.i8());
  input.settings.read_committed = (flags & 1) != 0;
  input.settings.compacted = (flags & 2) != 0;
  input.settings.keep_append_times = (flags & 4) != 0;
  input.settings.target_batch_bytes_max = (flags & 8) != 0 ? 1'048'588 : 100;
  input.right_checksums = (flags & 16) != 0;
  input.wanted = in.i8() & 0x7F;
  input.end = in.i8();
  for (int count = in.i8() & 3; count > 0; --count) {
    const std::int8_t producer = in.i8();
    input.aborted.push_back({producer, in.i8()});
  }
  const ByteView rest = in.raw(in.remaining());
  input.log.assign(rest.begin(), rest.end());
  return input;
}

/// Without this the checksums would keep the fuzzer out of what stands behind them.
std::size_t set_right_checksums(std::span<std::byte> log, bool right) {
  std::size_t batches = 0;
  for (; !log.empty(); ++batches) {
    const auto scanned = protocol::scan_batch(log);
    if (scanned.state == BatchScan::whole || scanned.state == BatchScan::old_format) {
      KF_CHECK(scanned.size_bytes <= log.size());
    }
    if (scanned.state != BatchScan::whole) break;
    const auto batch = log.first(scanned.size_bytes);
    if (right) {
      protocol::store_big_endian(batch.data() + k_crc_at,
                                 protocol::crc32c(batch.subspan(k_attributes_at)));
      KF_CHECK(protocol::checksum_holds(batch));
    }
    log = log.subspan(scanned.size_bytes);
  }
  return batches;
}

void check_rewrite(ByteView batch, const protocol::BatchHeader& before) {
  std::vector<std::byte> copy(batch.begin(), batch.end());
  const bool held = protocol::checksum_holds(copy);
  protocol::rewrite_header(copy, {77, 3}, 1'000);
  KF_CHECK(protocol::checksum_holds(copy) == held);
  const auto scanned = protocol::scan_batch(copy);
  KF_CHECK(scanned.state == BatchScan::whole && scanned.size_bytes == batch.size());
  KF_CHECK(scanned.header.base_offset == 0 && scanned.header.base_sequence == 1'000);
  KF_CHECK(scanned.header.producer == (protocol::ProducerIdentity{77, 3}));
  KF_CHECK(scanned.header.codec() == before.codec() && !scanned.header.control());
  KF_CHECK(scanned.header.record_count == before.record_count);
}

void check_parts(const PassBatch& batch, const Judgement& from) {
  KF_CHECK(batch.offsets.size() == batch.records);
  std::int64_t next = from.from;
  for (const std::int64_t offset : batch.offsets) {
    KF_CHECK(offset >= next && offset < from.to);
    next = offset + 1;
  }
  std::uint32_t records = 0;
  for (const auto& part : batch.parts) {
    const auto scanned = protocol::scan_batch(part.bytes);
    KF_CHECK(scanned.state == BatchScan::whole && scanned.size_bytes == part.bytes.size());
    KF_CHECK(scanned.header.dense() && protocol::checksum_holds(part.bytes));
    if (scanned.header.codec() == protocol::Codec::none) {
      KF_CHECK(part.bytes.size() <= k_recoded_bytes_max || part.records == 1);
    }
    KF_CHECK(part.first == records && part.records > 0);
    KF_CHECK(static_cast<std::uint32_t>(scanned.header.record_count) == part.records);
    records += part.records;
    std::vector<std::byte> out;
    KF_CHECK(cut_out(batch, part, part.first, part.end(), out).has_value());
    KF_CHECK(protocol::scan_batch(out).header.record_count == scanned.header.record_count);
  }
  KF_CHECK(records == batch.records);
}

void recode(ByteView bytes, const Judgement& judgement) {
  Recoder recoder;
  PassBatch batch;
  recoder.begin(judgement.header.codec(), k_recoded_bytes_max);
  const bool append_time = judgement.header.log_append_time();
  if (!recoder.add(bytes, judgement.header, judgement.from, append_time)) {
    KF_CHECK(recoder.records() == 0);
    return;
  }
  if (recoder.records() == 0 || !recoder.finish(batch)) return;
  check_parts(batch, judgement);
}

}  // namespace

/// A log of any bytes, from the walk over its batches to what a recoded one looks like.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input = read_input(std::as_bytes(std::span(data, size)));
  const std::size_t batches = set_right_checksums(input.log, input.right_checksums);
  BatchJudge judge(input.settings, input.wanted);
  ByteView log = input.log;
  // Whatever is in it, the walk ends: each time that it is fetched again it comes further, or gives
  // up after some doubts.
  std::size_t tries_left = 10 * (batches + 2);
  bool again = true;
  while (again) {
    KF_CHECK(tries_left-- > 0);
    again = false;
    judge.begin(log, input.aborted, input.end, input.end);
    std::size_t behind = 0;
    std::int64_t wanted = judge.wanted_offset();
    while (const auto judgement = judge.next()) {
      KF_CHECK(judgement->from == wanted && judgement->to >= judgement->from);
      KF_CHECK(judge.wanted_offset() == judgement->to && judgement->missing >= 0);
      wanted = judgement->to;
      if (judgement->verdict == Verdict::refetch) {
        log = log.subspan(judgement->at);
        again = true;
        continue;
      }
      if (judgement->verdict > Verdict::skip) continue;
      KF_CHECK(judgement->at == behind && judgement->size_bytes > 0);
      behind += judgement->size_bytes;
      KF_CHECK(behind <= log.size());
      const ByteView batch = log.subspan(judgement->at, judgement->size_bytes);
      if (judgement->verdict == Verdict::pass) {
        KF_CHECK(judgement->header.dense() && !judgement->header.control());
        KF_CHECK(batch.size() <= input.settings.target_batch_bytes_max);
        check_rewrite(batch, judgement->header);
      } else {
        KF_CHECK(protocol::checksum_holds(batch));
      }
      if (judgement->verdict != Verdict::skip) recode(batch, *judgement);
    }
  }
  return 0;
}
