#include "engines/passthrough/batch_judge.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/log_batches.hpp"

namespace kferry::engines::passthrough {
namespace {

using protocol::AbortedTransaction;
using testing::append;
using testing::LogBatch;
using testing::marker_batch;
using testing::plain_batch;
using Bytes = std::vector<std::byte>;
using Marker = LogBatch::Marker;

constexpr std::int64_t k_far = 1'000'000;

JudgeSettings uncommitted() { return {.read_committed = false}; }
JudgeSettings compacted() { return {.read_committed = false, .compacted = true}; }

/// "pass 0..5, skip control 5..6": what a walk said, short enough to compare.
std::string walk(BatchJudge& judge, const Bytes& log,
                 const std::vector<AbortedTransaction>& aborted = {}, std::int64_t end = k_far) {
  std::string said;
  judge.begin(log, aborted, end, end);
  while (const auto judgement = judge.next()) {
    if (!said.empty()) said += ", ";
    said += to_string(judgement->verdict);
    if (judgement->reason != Reason::none) said += " " + std::string(to_string(judgement->reason));
    if (judgement->to > judgement->from) {
      said += " " + std::to_string(judgement->from) + ".." + std::to_string(judgement->to);
    }
    if (judgement->missing > 0) said += " missing " + std::to_string(judgement->missing);
  }
  EXPECT_FALSE(judge.next()) << "a walk that is over stays over";
  return said;
}

Bytes log_of(const std::vector<LogBatch>& batches) {
  Bytes log;
  for (const LogBatch& batch : batches) append(log, batch);
  return log;
}

LogBatch transactional(std::int64_t base_offset, std::int32_t records, std::int64_t producer_id) {
  LogBatch batch = plain_batch(base_offset, records);
  batch.producer_id = producer_id;
  batch.transactional = true;
  return batch;
}

LogBatch with_holes(std::int64_t base_offset, std::vector<std::int32_t> deltas,
                    std::int32_t last_delta) {
  LogBatch batch;
  batch.base_offset = base_offset;
  batch.deltas = std::move(deltas);
  batch.last_delta = last_delta;
  return batch;
}

TEST(BatchJudge, PassesWhatContinuesTheLog) {
  BatchJudge judge({}, 5);
  EXPECT_EQ(walk(judge, log_of({plain_batch(5, 3), plain_batch(8, 1), plain_batch(9, 11)})),
            "pass 5..8, pass 8..9, pass 9..20");
  EXPECT_EQ(judge.wanted_offset(), 20);
  EXPECT_EQ(walk(judge, log_of({})), "");
  EXPECT_EQ(walk(judge, log_of({plain_batch(20, 1)})), "pass 20..21");
  EXPECT_EQ(judge.counters().of(Verdict::pass, Reason::none), 4U);
}

TEST(BatchJudge, SaysWhereABatchLies) {
  const Bytes first = encode(plain_batch(0, 2));
  BatchJudge judge({}, 0);
  const Bytes log = log_of({plain_batch(0, 2), plain_batch(2, 4)});
  judge.begin(log, {}, k_far, k_far);
  judge.next();
  const auto second = judge.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at, first.size());
  EXPECT_EQ(second->at + second->size_bytes, log.size());
  EXPECT_EQ(second->header.record_count, 4);
}

TEST(BatchJudge, ACutBatchEndsTheWalk) {
  Bytes log = log_of({plain_batch(0, 2), plain_batch(2, 4)});
  log.pop_back();
  BatchJudge judge({}, 0);
  EXPECT_EQ(walk(judge, log), "pass 0..2, cut");
  EXPECT_EQ(judge.wanted_offset(), 2);
}

TEST(BatchJudge, ALengthThatNeverFitsIsDamage) {
  Bytes log = log_of({plain_batch(0, 2)});
  log[8] = std::byte{1};  // 16 MiB more
  BatchJudge judge({}, 0);
  EXPECT_EQ(walk(judge, log), "refetch damaged");
  EXPECT_EQ(walk(judge, log), "corrupt damaged");
}

struct Recoded {
  const char* name;
  LogBatch batch;
  JudgeSettings settings;
  const char* said;
};

TEST(BatchJudge, RecodesWhatMayNotPass) {
  LogBatch append_time = plain_batch(0, 2);
  append_time.log_append_time = true;
  LogBatch large = plain_batch(0, 2);
  large.value = std::string(600, 'x');
  const JudgeSettings small_target{.read_committed = false, .target_batch_bytes_max = 1'000};
  const JudgeSettings create_times{.read_committed = false, .keep_append_times = false};
  LogBatch gzip = plain_batch(0, 2);
  gzip.codec = protocol::Codec::gzip;
  const JudgeSettings wants_gzip{.read_committed = false, .codec = protocol::Codec::gzip};
  const Recoded table[] = {
      {"another codec", plain_batch(0, 2), wants_gzip, "recode recompress 0..2"},
      {"the codec that is wanted", gzip, wants_gzip, "pass 0..2"},
      {"append time", append_time, uncommitted(), "recode log_append_time 0..2"},
      {"append time of no interest", append_time, create_times, "pass 0..2"},
      {"too large", large, small_target, "recode too_large 0..2"},
      {"large enough", large, uncommitted(), "pass 0..2"},
      {"hole in front", with_holes(0, {1, 2}, 2), compacted(), "recode gap 0..3"},
      {"hole at the end", with_holes(0, {0}, 4), compacted(), "recode gap 0..5"},
      {"nothing left", with_holes(0, {}, 4), compacted(), "skip empty 0..5"},
  };
  for (const Recoded& row : table) {
    BatchJudge judge(row.settings, 0);
    EXPECT_EQ(walk(judge, log_of({row.batch})), row.said) << row.name;
    // Whatever does not pass is checked in full.
    Bytes damaged = log_of({row.batch});
    damaged.back() ^= std::byte{1};
    if (damaged.size() <= protocol::k_batch_header_bytes) damaged[40] ^= std::byte{1};
    const bool passes = std::string_view(row.said).starts_with("pass");
    BatchJudge other(row.settings, 0);
    EXPECT_EQ(walk(other, damaged), passes ? "pass 0..2" : "refetch damaged") << row.name;
    EXPECT_EQ(walk(other, damaged), passes ? "refetch below" : "corrupt damaged") << row.name;
  }
}

TEST(BatchJudge, DamageThatGoesAwayLeavesNoTrace) {
  LogBatch batch = plain_batch(0, 2);
  batch.log_append_time = true;
  Bytes damaged = encode(batch);
  damaged[70] ^= std::byte{8};
  BatchJudge judge({}, 0);
  EXPECT_EQ(walk(judge, damaged), "refetch damaged");
  EXPECT_EQ(walk(judge, encode(batch)), "recode log_append_time 0..2");
  // Elsewhere it counts from the beginning again.
  batch.base_offset = 2;
  damaged = encode(batch);
  damaged[70] ^= std::byte{8};
  EXPECT_EQ(walk(judge, damaged), "refetch damaged");
}

TEST(BatchJudge, ImpossibleHeadersAreFetchedTwice) {
  Bytes log = log_of({plain_batch(0, 2)});
  log[16] = std::byte{3};
  BatchJudge judge({}, 0);
  EXPECT_EQ(walk(judge, log), "refetch damaged");
  EXPECT_EQ(walk(judge, log), "corrupt damaged");
}

TEST(BatchJudge, OneBitMakesNoOldFormat) {
  const Bytes good = log_of({plain_batch(0, 2)});
  Bytes log = good;
  log[16] = std::byte{0};
  BatchJudge judge({}, 0);
  EXPECT_EQ(walk(judge, log), "refetch old_format");
  EXPECT_EQ(walk(judge, good), "pass 0..2");
  BatchJudge other({}, 0);
  log[16] = std::byte{1};
  EXPECT_EQ(walk(other, log), "refetch old_format");
  EXPECT_EQ(walk(other, log), "old_format old_format");
}

TEST(BatchJudge, CropsOnlyWhereReadingBegins) {
  const Bytes log = log_of({plain_batch(0, 10), plain_batch(10, 2)});
  BatchJudge judge(uncommitted(), 4);
  EXPECT_EQ(walk(judge, log), "refetch crop");
  EXPECT_EQ(walk(judge, log), "recode crop 4..10, pass 10..12");
  const Bytes other = log_of({plain_batch(6, 10)});
  EXPECT_EQ(walk(judge, other), "refetch overlap") << "12 was the end of a batch";
  EXPECT_EQ(walk(judge, other), "corrupt overlap");
  judge.restart(12);
  EXPECT_EQ(walk(judge, other), "refetch crop");
  EXPECT_EQ(walk(judge, other), "recode crop 12..16");
}

TEST(BatchJudge, ABaseOffsetThatChangesIsNotBelieved) {
  BatchJudge judge(uncommitted(), 4);
  EXPECT_EQ(walk(judge, log_of({plain_batch(0, 10)})), "refetch crop");
  EXPECT_EQ(walk(judge, log_of({plain_batch(1, 10)})), "refetch crop");
  EXPECT_EQ(walk(judge, log_of({plain_batch(4, 10), plain_batch(14, 1)})),
            "pass 4..14, pass 14..15");
}

TEST(BatchJudge, WhereReadingBeginsTheOffsetsAreConfirmed) {
  // 115..123 with one bit in its base offset: believed, 124 and 125 would never be read.
  const Bytes shifted = log_of({plain_batch(123, 9), plain_batch(124, 2)});
  BatchJudge judge(uncommitted(), 123);
  EXPECT_EQ(walk(judge, shifted), "refetch place");
  const Bytes good = log_of({plain_batch(115, 9), plain_batch(124, 2)});
  EXPECT_EQ(walk(judge, good), "refetch crop");
  EXPECT_EQ(walk(judge, good), "recode crop 123..124, pass 124..126");

  BatchJudge alone(uncommitted(), 5);
  EXPECT_EQ(walk(alone, log_of({plain_batch(5, 2)})), "refetch place");
  EXPECT_EQ(walk(alone, log_of({plain_batch(5, 2)})), "pass 5..7");
  EXPECT_EQ(walk(alone, log_of({plain_batch(7, 2)})), "pass 7..9") << "joins what was read";
  alone.restart(9);
  EXPECT_EQ(walk(alone, log_of({}), {}, 9), "");
  EXPECT_EQ(walk(alone, log_of({plain_batch(9, 2)})), "pass 9..11") << "the log ended at 9";
  // Neighbours in a compacted log need not touch.
  BatchJudge sparse(compacted(), 5);
  const Bytes holes = log_of({plain_batch(5, 2), plain_batch(9, 1), plain_batch(20, 1)});
  EXPECT_EQ(walk(sparse, holes), "refetch place");
  EXPECT_EQ(walk(sparse, holes), "pass 5..7, pass 7..10, pass 10..21");
}

TEST(BatchJudge, OddPlacesAreNotFetchedForEver) {
  BatchJudge judge(uncommitted(), 100);
  for (std::int64_t base = 0; base < 8; ++base) {
    EXPECT_EQ(walk(judge, log_of({plain_batch(base, 200)})), "refetch crop");
  }
  EXPECT_EQ(walk(judge, log_of({plain_batch(8, 200)})), "corrupt crop");
}

TEST(BatchJudge, BatchesBelowAreSkippedAtSecondSight) {
  BatchJudge judge(uncommitted(), 10);
  const Bytes log =
      log_of({plain_batch(0, 5), plain_batch(5, 5), plain_batch(10, 5), plain_batch(15, 1)});
  EXPECT_EQ(walk(judge, log), "refetch below");
  EXPECT_EQ(walk(judge, log), "skip below, refetch below");
  EXPECT_EQ(walk(judge, log), "skip below, skip below, pass 10..15, pass 15..16");
}

TEST(BatchJudge, NothingButBatchesBelowIsTheEnd) {
  BatchJudge judge(uncommitted(), 10);
  const Bytes log = log_of({plain_batch(0, 5)});
  EXPECT_EQ(walk(judge, log), "refetch below");
  EXPECT_EQ(walk(judge, log), "skip below, corrupt below");
  EXPECT_EQ(judge.wanted_offset(), 10);
  // Nor does a part of another one lead on.
  Bytes cut = log_of({plain_batch(0, 5), plain_batch(5, 5)});
  cut.pop_back();
  BatchJudge other(uncommitted(), 10);
  EXPECT_EQ(walk(other, cut), "refetch below");
  EXPECT_EQ(walk(other, cut), "skip below, corrupt below");
}

TEST(BatchJudge, NothingBehindTheEndIsTaken) {
  BatchJudge judge({}, 0);
  const Bytes log = log_of({plain_batch(0, 2), plain_batch(2, 2)});
  EXPECT_EQ(walk(judge, log, {}, 2), "pass 0..2, refetch beyond_end");
  EXPECT_EQ(walk(judge, log_of({plain_batch(2, 2)}), {}, 2), "corrupt beyond_end");
  // Under read_uncommitted the last stable offset is no limit, and what is unknown is none.
  BatchJudge all(uncommitted(), 0);
  all.begin(log, {}, 4, 2);
  EXPECT_EQ(all.next()->to, 2);
  EXPECT_EQ(all.next()->to, 4);
  BatchJudge unknown({}, 0);
  EXPECT_EQ(walk(unknown, log, {}, -1), "pass 0..2, pass 2..4");
}

TEST(BatchJudge, AGapIsBelievedAtSecondSight) {
  BatchJudge judge(uncommitted(), 0);
  const Bytes log = log_of({plain_batch(0, 2), plain_batch(7, 2), plain_batch(9, 1)});
  EXPECT_EQ(walk(judge, log), "pass 0..2, refetch gap");
  EXPECT_EQ(walk(judge, log_of({plain_batch(7, 2), plain_batch(9, 1)})),
            "pass 2..9 missing 5, pass 9..10");
  EXPECT_EQ(judge.counters().missing_offsets, 5U);
  EXPECT_EQ(judge.counters().of(Verdict::refetch, Reason::gap), 1U);
}

TEST(BatchJudge, AGapThatMovesIsNotBelieved) {
  BatchJudge judge(uncommitted(), 0);
  EXPECT_EQ(walk(judge, log_of({plain_batch(7, 2)})), "refetch gap");
  EXPECT_EQ(walk(judge, log_of({plain_batch(6, 2)})), "refetch gap");
  EXPECT_EQ(walk(judge, log_of({plain_batch(0, 2)})), "pass 0..2");
  EXPECT_EQ(judge.counters().missing_offsets, 0U);
}

TEST(BatchJudge, ASecondAnswerSettlesAllDoubtsOfTheFirst) {
  // What compaction left, of a topic that is not compacted any more.
  std::vector<LogBatch> batches;
  std::string said;
  for (std::int64_t base = 0; base < 50; base += 5) {
    batches.push_back(with_holes(base, {0, 3}, 3));
    said += (said.empty() ? "" : ", ") + std::string("recode gap ") +
            std::to_string(base == 0 ? 0 : base - 1) + ".." + std::to_string(base + 4) +
            " missing " + std::to_string(base == 0 ? 2 : 3);
  }
  BatchJudge judge(uncommitted(), 0);
  EXPECT_EQ(walk(judge, log_of(batches)), "refetch gap");
  EXPECT_EQ(walk(judge, log_of(batches)), said);
  // One that is new in the second answer is not settled.
  BatchJudge other(uncommitted(), 0);
  EXPECT_EQ(walk(other, log_of({batches[0], batches[1]})), "refetch gap");
  EXPECT_EQ(walk(other, log_of({batches[0], batches[1], batches[2]})),
            "recode gap 0..4 missing 2, recode gap 4..9 missing 3, refetch gap");
}

TEST(BatchJudge, AHoleInsideIsBelievedAtSecondSight) {
  BatchJudge judge(uncommitted(), 0);
  const Bytes log = log_of({with_holes(0, {0, 3}, 5)});
  EXPECT_EQ(walk(judge, log), "refetch gap");
  EXPECT_EQ(walk(judge, log), "recode gap 0..6 missing 4");
}

TEST(BatchJudge, CompactionExplainsGapsWhenTheNextBatchIsBehind) {
  BatchJudge judge(compacted(), 0);
  EXPECT_EQ(walk(judge, log_of({plain_batch(4, 2), plain_batch(9, 2), plain_batch(11, 1)})),
            "pass 0..6, pass 6..11, pass 11..12");
  EXPECT_EQ(judge.counters().missing_offsets, 0U);
  // The last one of an answer is fetched again, then with what is behind it.
  EXPECT_EQ(walk(judge, log_of({plain_batch(20, 2)})), "refetch gap");
  EXPECT_EQ(walk(judge, log_of({plain_batch(20, 2)})), "pass 12..22");
}

TEST(BatchJudge, AWrongBaseOffsetLooksLikeAGap) {
  BatchJudge judge(compacted(), 0);
  EXPECT_EQ(walk(judge, log_of({plain_batch(64, 2), plain_batch(2, 2)})), "refetch gap");
  EXPECT_EQ(walk(judge, log_of({plain_batch(0, 2), plain_batch(2, 2)})), "pass 0..2, pass 2..4");
}

TEST(BatchJudge, AbortedTransactionsAreLeftOut) {
  // Producer 1 aborts, commits and aborts again; producer 2 commits in between.
  const Bytes log =
      log_of({transactional(0, 2, 1), transactional(2, 2, 2), transactional(4, 1, 1),
              marker_batch(5, 1, Marker::abort), transactional(6, 1, 1),
              marker_batch(7, 2, Marker::commit), marker_batch(8, 1, Marker::commit),
              transactional(9, 3, 1), marker_batch(12, 1, Marker::abort), plain_batch(13, 1)});
  const std::vector<AbortedTransaction> aborted = {{1, 9}, {1, 0}};
  BatchJudge judge({}, 0);
  EXPECT_EQ(walk(judge, log, aborted),
            "skip aborted 0..2, pass 2..4, skip aborted 4..5, skip control 5..6, pass 6..7, "
            "skip control 7..8, skip control 8..9, skip aborted 9..12, skip control 12..13, "
            "pass 13..14");
  BatchJudge all(uncommitted(), 0);
  EXPECT_EQ(walk(all, log, aborted),
            "pass 0..2, pass 2..4, pass 4..5, skip control 5..6, pass 6..7, "
            "skip control 7..8, skip control 8..9, pass 9..12, skip control 12..13, "
            "pass 13..14");
}

TEST(BatchJudge, ATransactionMayBeginBeforeTheAnswer) {
  BatchJudge judge({}, 10);
  EXPECT_EQ(walk(judge, {}, {}, 10), "");
  EXPECT_EQ(walk(judge, log_of({transactional(10, 2, 1)}), {{1, 3}}), "skip aborted 10..12");
  // Each answer brings its own list.
  EXPECT_EQ(
      walk(judge, log_of({transactional(12, 2, 1), marker_batch(14, 1, Marker::abort)}), {{1, 3}}),
      "skip aborted 12..14, skip control 14..15");
  EXPECT_EQ(walk(judge, log_of({transactional(15, 2, 1)})), "pass 15..17");
}

TEST(BatchJudge, InACompactedLogOffsetsThatDecideAreConfirmed) {
  JudgeSettings settings = compacted();
  settings.read_committed = true;
  // Producer 1 aborts what begins at 40; its batch at 4 was committed, but one bit says 36.
  const std::vector<AbortedTransaction> aborted = {{1, 40}};
  const LogBatch committed = transactional(36, 8, 1);
  BatchJudge judge(settings, 0);
  EXPECT_EQ(walk(judge, log_of({committed, plain_batch(50, 1)}), aborted), "refetch gap");
  EXPECT_EQ(walk(judge, log_of({transactional(4, 8, 1), plain_batch(12, 1)}), aborted),
            "refetch gap");
  EXPECT_EQ(walk(judge, log_of({transactional(4, 8, 1), plain_batch(12, 1)}), aborted),
            "pass 0..12, pass 12..13");
  BatchJudge down(settings, 0);
  EXPECT_EQ(walk(down, log_of({transactional(0, 8, 1), plain_batch(50, 1)}), aborted),
            "refetch place");
  // Of no other producer.
  BatchJudge other(settings, 0);
  EXPECT_EQ(walk(other, log_of({transactional(36, 8, 2), plain_batch(50, 1)}), aborted),
            "pass 0..44, refetch gap");
}

TEST(BatchJudge, OnlyTransactionalBatchesAreAborted) {
  LogBatch idempotent = plain_batch(0, 2);
  idempotent.producer_id = 1;
  BatchJudge judge({}, 0);
  EXPECT_EQ(walk(judge, log_of({idempotent}), {{1, 0}}), "pass 0..2");
}

TEST(BatchJudge, WhatIsDroppedIsCheckedBefore) {
  const std::vector<AbortedTransaction> aborted = {{1, 0}};
  for (const LogBatch& batch : {transactional(0, 2, 1), marker_batch(0, 1, Marker::abort)}) {
    Bytes damaged = encode(batch);
    damaged.back() ^= std::byte{1};
    BatchJudge judge({}, 0);
    EXPECT_EQ(walk(judge, damaged, aborted), "refetch damaged");
    EXPECT_EQ(walk(judge, damaged, aborted), "corrupt damaged");
  }
}

TEST(BatchJudge, NamesAreDistinct) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < k_reasons; ++i) names.push_back(to_string(static_cast<Reason>(i)));
  EXPECT_EQ(to_string(Reason::old_format), "old_format");
  EXPECT_EQ(to_string(Verdict::cut), "cut");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace kferry::engines::passthrough
