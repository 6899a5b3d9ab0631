#include "engines/passthrough/batch_judge.hpp"

#include <algorithm>

#include "kferry/protocol/compression.hpp"
#include "kferry/protocol/records.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::engines::passthrough {
namespace {

using protocol::BatchHeader;
using protocol::BatchScan;

/// Different oddities at one offset, each fetched again, before nothing is believed any more.
constexpr std::size_t k_doubts_max = 8;
/// Batches of one answer that are known again; those behind are fetched a second time later.
constexpr std::size_t k_seen_max = 4'096;
/// The type of a transaction marker (org.apache.kafka.common.record.ControlRecordType).
constexpr std::int16_t k_abort_marker = 0;
/// A marker takes a few bytes; what claims to be larger is none.
constexpr std::size_t k_marker_bytes_max = 64U << 10;

BatchHeader unread_header() {
  BatchHeader header;
  header.base_offset = -1;
  return header;
}

std::int64_t missing_inside(const BatchHeader& header) {
  return header.last_offset_delta + std::int64_t{1} - header.record_count;
}

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  constexpr std::array<std::string_view, k_verdicts> k_names{
      "pass", "recode", "skip", "refetch", "corrupt", "old_format", "cut"};
  return k_names[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(Reason reason) noexcept {
  constexpr std::array<std::string_view, k_reasons> k_names{
      "none",       "gap",     "crop",      "place", "too_large", "log_append_time",
      "recompress", "control", "aborted",   "empty", "below",     "overlap",
      "beyond_end", "damaged", "old_format"};
  return k_names[static_cast<std::size_t>(reason)];
}

void BatchJudge::restart(std::int64_t wanted_offset) {
  wanted_ = wanted_offset;
  aligned_ = false;
  ended_here_ = false;
  doubts_.clear();
  seen_.clear();
  over_ = true;
}

void BatchJudge::begin(ByteView records, std::span<const protocol::AbortedTransaction> aborted,
                       std::int64_t high_watermark, std::int64_t last_stable_offset) {
  records_ = records;
  at_ = 0;
  over_ = false;
  only_below_ = false;
  if (records.empty() && high_watermark == wanted_) ended_here_ = true;
  end_offset_ = high_watermark;
  if (settings_.read_committed && last_stable_offset >= 0) end_offset_ = last_stable_offset;
  // The broker tells every aborted transaction that reaches into the answer, so nothing has to be
  // remembered from one answer to the next.
  aborted_.assign(aborted.begin(), aborted.end());
  std::sort(aborted_.begin(), aborted_.end(), [](const auto& left, const auto& right) {
    return left.first_offset < right.first_offset;
  });
  aborted_next_ = 0;
  open_aborted_.clear();
}

std::optional<Judgement> BatchJudge::next() {
  if (over_) return std::nullopt;
  Judgement judgement;
  if (at_ == records_.size()) {
    over_ = true;
    // Fetching from the same offset would give the same for ever.
    if (!only_below_) return std::nullopt;
    judgement = end_walk(Verdict::corrupt, Reason::below, unread_header());
  } else {
    judgement = judge(protocol::scan_batch(records_.subspan(at_)));
  }
  ++counters_.batches[static_cast<std::size_t>(judgement.verdict)]
                     [static_cast<std::size_t>(judgement.reason)];
  counters_.missing_offsets += static_cast<std::uint64_t>(judgement.missing);
  return judgement;
}

Judgement BatchJudge::judge(const protocol::ScannedBatch& scanned) {
  switch (scanned.state) {
    case BatchScan::whole:
      return judge_whole(scanned.header);
    case BatchScan::old_format:
      if (const auto again = doubt(Reason::old_format, unread_header())) return *again;
      return end_walk(Verdict::old_format, Reason::old_format, unread_header());
    case BatchScan::cut:
      // Brokers leave a partition out rather than begin with a part of a batch
      // (ReplicaManager.readFromLog), so it is the length that is wrong.
      if (only_below_) return end_walk(Verdict::corrupt, Reason::below, unread_header());
      if (at_ > 0) return end_walk(Verdict::cut, Reason::none, unread_header());
      break;
    case BatchScan::malformed:
      break;
  }
  if (const auto again = doubt(Reason::damaged, unread_header())) return *again;
  return end_walk(Verdict::corrupt, Reason::damaged, unread_header());
}

Judgement BatchJudge::judge_whole(const BatchHeader& header) {
  if (const auto judgement = misplaced(header)) return *judgement;
  if (settings_.read_committed && header.producer.id >= 0) {
    open_aborted_up_to(header.last_offset());
  }
  Judgement judgement = verdict_on(header);
  const ByteView batch = records_.subspan(at_, header.size_bytes());
  if (judgement.verdict != Verdict::pass && !protocol::checksum_holds(batch)) {
    if (const auto again = doubt(Reason::damaged, header)) return *again;
    return end_walk(Verdict::corrupt, Reason::damaged, header);
  }
  if (!settings_.compacted && !header.dense()) {
    if (const auto again = doubt(Reason::gap, header)) return *again;
  }
  if (header.control()) close_aborted(batch, header);
  return done_with(judgement, header);
}

std::optional<Judgement> BatchJudge::misplaced(const BatchHeader& header) {
  if (end_offset_ >= 0 && header.base_offset >= end_offset_) {
    if (const auto again = doubt(Reason::beyond_end, header)) return again;
    return end_walk(Verdict::corrupt, Reason::beyond_end, header);
  }
  if (header.next_offset() <= wanted_) return doubt(Reason::below, header);
  if (header.base_offset < wanted_) {
    if (const auto again = doubt(aligned_ ? Reason::overlap : Reason::crop, header)) return again;
    if (aligned_) return end_walk(Verdict::corrupt, Reason::overlap, header);
    return std::nullopt;
  }
  if (place_is_certain(header)) return std::nullopt;
  return doubt(header.base_offset > wanted_ ? Reason::gap : Reason::place, header);
}

bool BatchJudge::place_is_certain(const BatchHeader& header) const {
  const bool starts_right = aligned_ || ended_here_ || wanted_ == 0;
  const bool joins_before = starts_right && header.base_offset == wanted_;
  const bool decides = settings_.compacted && offsets_decide(header);
  if (joins_before && !decides) return true;
  const ByteView behind = records_.subspan(at_ + header.size_bytes());
  if (behind.size() < sizeof(std::int64_t)) return false;
  const auto behind_offset = protocol::load_big_endian<std::int64_t>(behind.data());
  const bool joins_behind = behind_offset == header.next_offset();
  if (!settings_.compacted) return header.base_offset == wanted_ && joins_behind;
  if (decides) return joins_before && joins_behind;
  // A wrong base offset may still have fallen into a hole of the log. Then the batch comes a
  // second time, but nothing is left out.
  return starts_right && behind_offset >= header.next_offset();
}

bool BatchJudge::offsets_decide(const BatchHeader& header) const {
  return settings_.read_committed && header.transactional() &&
         std::any_of(aborted_.begin(), aborted_.end(), [&](const auto& aborted) {
           return aborted.producer_id == header.producer.id;
         });
}

Judgement BatchJudge::verdict_on(const BatchHeader& header) const {
  const auto skip = [](Reason reason) {
    return Judgement{.verdict = Verdict::skip, .reason = reason};
  };
  const auto recode = [](Reason reason) {
    return Judgement{.verdict = Verdict::recode, .reason = reason};
  };
  if (header.next_offset() <= wanted_) return skip(Reason::below);
  if (header.control()) return skip(Reason::control);
  if (header.transactional() && std::find(open_aborted_.begin(), open_aborted_.end(),
                                          header.producer.id) != open_aborted_.end()) {
    return skip(Reason::aborted);
  }
  if (header.record_count == 0) return skip(Reason::empty);
  if (header.base_offset < wanted_) return recode(Reason::crop);
  if (!header.dense()) return recode(Reason::gap);
  if (header.size_bytes() > settings_.target_batch_bytes_max) return recode(Reason::too_large);
  if (header.log_append_time() && settings_.keep_append_times) {
    return recode(Reason::log_append_time);
  }
  if (settings_.codec && header.codec() != *settings_.codec) return recode(Reason::recompress);
  return {};
}

Judgement BatchJudge::done_with(Judgement judgement, const BatchHeader& header) {
  judgement.at = at_;
  judgement.size_bytes = header.size_bytes();
  judgement.header = header;
  judgement.from = wanted_;
  judgement.to = std::max(wanted_, header.next_offset());
  only_below_ = judgement.reason == Reason::below;
  at_ += judgement.size_bytes;
  if (only_below_) return judgement;
  if (!settings_.compacted) {
    judgement.missing =
        std::max<std::int64_t>(0, header.base_offset - wanted_) + missing_inside(header);
  }
  wanted_ = judgement.to;
  if (!seen_.empty() && seen_.back().first < wanted_) seen_ = {};
  aligned_ = true;
  ended_here_ = false;
  doubts_.clear();
  return judgement;
}

Judgement BatchJudge::end_walk(Verdict verdict, Reason reason, const BatchHeader& header) {
  over_ = true;
  const bool read = header.base_offset >= 0;
  return {.verdict = verdict,
          .reason = reason,
          .at = at_,
          .size_bytes = read ? header.size_bytes() : 0,
          .header = header,
          .from = wanted_,
          .to = wanted_};
}

std::optional<Judgement> BatchJudge::doubt(Reason reason, const BatchHeader& header) {
  // Damage need not look the same twice.
  const std::int64_t base_offset = reason == Reason::damaged ? -1 : header.base_offset;
  const bool seen = std::any_of(doubts_.begin(), doubts_.end(), [&](const Doubt& before) {
    return before.reason == reason && before.base_offset == base_offset;
  });
  const bool placed = reason == Reason::gap || reason == Reason::place;
  if (seen || (placed && std::binary_search(seen_.begin(), seen_.end(),
                                            std::pair(header.base_offset, header.crc)))) {
    return std::nullopt;
  }
  if (doubts_.size() == k_doubts_max) return end_walk(Verdict::corrupt, reason, header);
  doubts_.push_back({reason, base_offset});
  if (placed) remember_rest();
  return end_walk(Verdict::refetch, reason, header);
}

void BatchJudge::remember_rest() {
  seen_.clear();
  for (std::size_t at = at_; at < records_.size() && seen_.size() < k_seen_max;) {
    const protocol::ScannedBatch scanned = protocol::scan_batch(records_.subspan(at));
    if (scanned.state != BatchScan::whole) break;
    seen_.emplace_back(scanned.header.base_offset, scanned.header.crc);
    at += scanned.header.size_bytes();
  }
  std::sort(seen_.begin(), seen_.end());
}

void BatchJudge::open_aborted_up_to(std::int64_t last_offset) {
  for (; aborted_next_ < aborted_.size(); ++aborted_next_) {
    const protocol::AbortedTransaction& aborted = aborted_[aborted_next_];
    if (aborted.first_offset > last_offset) return;
    if (std::find(open_aborted_.begin(), open_aborted_.end(), aborted.producer_id) ==
        open_aborted_.end()) {
      open_aborted_.push_back(aborted.producer_id);
    }
  }
}

void BatchJudge::close_aborted(ByteView batch, const BatchHeader& header) {
  if (open_aborted_.empty()) return;
  const ByteView body = batch.subspan(protocol::k_batch_header_bytes);
  if (!protocol::decompress(header.codec(), body, marker_, k_marker_bytes_max)) return;
  const auto marker = protocol::RecordsReader(marker_, header.record_count).next();
  if (!marker) return;
  protocol::WireReader key(marker->content);
  key.varint();  // its length
  key.i16();     // version
  const std::int16_t type = key.i16();
  if (key.ok() && type == k_abort_marker) std::erase(open_aborted_, header.producer.id);
}

}  // namespace kferry::engines::passthrough
