#include "engines/passthrough/batch_judge.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kferry/protocol/records.hpp"
#include "support/log_batches.hpp"
#include "support/seed.hpp"

namespace kferry::engines::passthrough {
namespace {

using protocol::AbortedTransaction;
using testing::LogBatch;
using Bytes = std::vector<std::byte>;

/// A log and the broker in front of it, record by record.
class ModelLog {
 public:
  ModelLog(test::Random& random, bool compacted, bool odd_gaps)
      : random_(random), compacted_(compacted), odd_gaps_(odd_gaps) {
    end_ = static_cast<std::int64_t>(random.below(1'000));
    start_ = end_;
    for (std::uint64_t count = random.between(1, 40); count > 0; --count) add_batch();
  }

  std::int64_t start() const { return start_; }
  std::int64_t end() const { return end_; }
  /// Nothing at or behind it is served under read_committed.
  std::int64_t last_stable() const {
    std::int64_t stable = end_;
    for (const auto& [producer, first] : open_) stable = std::min(stable, first);
    return stable;
  }

  Bytes fetch(std::int64_t from, std::int64_t below, std::size_t bytes_max) const {
    Bytes answer;
    for (const Stored& stored : batches_) {
      if (stored.last_offset < from || stored.base_offset >= below) continue;
      const std::size_t room = std::max(bytes_max, answer.size()) - answer.size();
      const std::size_t size = answer.empty() ? stored.bytes.size() : room;
      const auto taken = static_cast<std::ptrdiff_t>(std::min(size, stored.bytes.size()));
      answer.insert(answer.end(), stored.bytes.begin(), stored.bytes.begin() + taken);
    }
    return answer;
  }

  /// Where the answer to a fetch begins in the bytes of the log.
  std::size_t place(std::int64_t from) const {
    std::size_t bytes = 0;
    for (const Stored& stored : batches_)
      bytes += stored.last_offset < from ? stored.bytes.size() : 0;
    return bytes;
  }

  std::vector<AbortedTransaction> aborted(std::int64_t from, std::int64_t below) {
    std::vector<AbortedTransaction> list;
    for (const Aborted& one : aborted_) {
      if (one.marker < from || one.first >= below) continue;
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(random_.below(list.size() + 1)),
                  AbortedTransaction{one.producer, one.first});
    }
    return list;
  }

  std::vector<std::int64_t> wanted(std::int64_t from, bool read_committed) const {
    std::vector<std::int64_t> records;
    for (const Record& record : records_) {
      if (record.offset < from || (read_committed && record.offset >= last_stable())) continue;
      const bool dropped = std::any_of(aborted_.begin(), aborted_.end(), [&](const Aborted& one) {
        return record.transactional && one.producer == record.producer &&
               record.offset >= one.first && record.offset < one.marker;
      });
      if (!read_committed || !dropped) records.push_back(record.offset);
    }
    return records;
  }

 private:
  struct Stored {
    std::int64_t base_offset;
    std::int64_t last_offset;
    Bytes bytes;
  };
  struct Record {
    std::int64_t offset;
    std::int64_t producer;
    bool transactional;
  };
  struct Aborted {
    std::int64_t producer;
    std::int64_t first;
    std::int64_t marker;
  };

  void add_batch() {
    if ((compacted_ && random_.one_in(3)) || (odd_gaps_ && random_.one_in(10))) {
      end_ += static_cast<std::int64_t>(random_.between(1, 300));
    }
    if (!open_.empty() && random_.one_in(4)) return add_marker();
    LogBatch batch = testing::plain_batch(end_, static_cast<std::int32_t>(random_.between(1, 12)));
    if (compacted_) compact(batch);
    constexpr protocol::Codec k_codecs[] = {protocol::Codec::none, protocol::Codec::lz4,
                                            protocol::Codec::zstd};
    batch.codec = k_codecs[random_.below(3)];
    batch.log_append_time = random_.one_in(6);
    batch.producer_id = static_cast<std::int64_t>(random_.below(4)) - 1;
    batch.transactional = batch.producer_id >= 0 && random_.one_in(2);
    // The model knows a record again by its first offset, whatever a header says.
    batch.value = std::to_string(batch.base_offset);
    if (batch.transactional) open_.try_emplace(batch.producer_id, batch.base_offset);
    for (const std::int32_t delta : batch.deltas) {
      records_.push_back({batch.base_offset + delta, batch.producer_id, batch.transactional});
    }
    store(batch);
  }

  void compact(LogBatch& batch) {
    batch.last_delta = batch.deltas.back();
    if (random_.one_in(2)) return;
    std::erase_if(batch.deltas, [&](std::int32_t) { return random_.one_in(3); });
    if (random_.one_in(6)) batch.deltas.clear();
  }

  void add_marker() {
    const auto open =
        std::next(open_.begin(), static_cast<std::ptrdiff_t>(random_.below(open_.size())));
    const bool abort = random_.one_in(2);
    if (abort) aborted_.push_back({open->first, open->second, end_});
    store(testing::marker_batch(end_, open->first,
                                abort ? LogBatch::Marker::abort : LogBatch::Marker::commit));
    open_.erase(open);
  }

  void store(const LogBatch& batch) {
    Stored stored{batch.base_offset, 0, encode(batch)};
    const auto header = protocol::scan_batch(stored.bytes).header;
    stored.last_offset = header.last_offset();
    end_ = header.next_offset();
    batches_.push_back(std::move(stored));
  }

  test::Random& random_;
  const bool compacted_;
  const bool odd_gaps_;
  std::int64_t start_ = 0;
  std::int64_t end_ = 0;
  std::vector<Stored> batches_;
  std::vector<Record> records_;
  std::map<std::int64_t, std::int64_t> open_;  // producer id -> first offset
  std::vector<Aborted> aborted_;
};

/// Reads a log through a judge as an engine and its target do.
class ModelMirror {
 public:
  ModelMirror(test::Random& random, ModelLog& log, const JudgeSettings& settings,
              std::int64_t start)
      : random_(random), log_(log), judge_(settings, start) {}

  /// damage_one_in: every so many answers have one bit flipped; 0: none.
  void run(std::uint64_t damage_one_in) {
    const std::int64_t below = judge_.settings().read_committed ? log_.last_stable() : log_.end();
    for (int fetches = 0; fetches < 5'000; ++fetches) {
      const std::int64_t from = judge_.wanted_offset();
      Bytes answer = log_.fetch(from, below, random_.between(1, 2'000));
      if (answer.empty()) return;
      if (damage_one_in > 0 && random_.one_in(damage_one_in)) {
        // Never the same bit twice: what is seen twice is believed.
        const std::size_t bit = random_.below(8 * answer.size());
        if (damaged_.insert(8 * log_.place(from) + bit).second) {
          answer[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        }
      }
      walk(answer, log_.aborted(from, below));
    }
    FAIL() << "does not come to an end, wants " << judge_.wanted_offset();
  }

  const std::vector<std::int64_t>& delivered() const { return delivered_; }
  const BatchJudge::Counters& counters() const { return judge_.counters(); }

 private:
  void walk(const Bytes& answer, const std::vector<AbortedTransaction>& aborted) {
    judge_.begin(answer, aborted, log_.end(), log_.last_stable());
    while (const auto judgement = judge_.next()) {
      const Verdict verdict = judgement->verdict;
      const ByteView batch = ByteView(answer).subspan(judgement->at, judgement->size_bytes);
      if (verdict == Verdict::pass || verdict == Verdict::recode) {
        if (!protocol::checksum_holds(batch)) {
          // So says the target, and the engine goes back.
          ASSERT_EQ(verdict, Verdict::pass) << "recoded without a look at the checksum";
          return judge_.restart(judgement->from);
        }
        deliver(batch, *judgement);
      }
      // The shard is parked and tried again.
      if (verdict == Verdict::corrupt || verdict == Verdict::old_format) {
        return judge_.restart(judge_.wanted_offset());
      }
    }
  }

  void deliver(ByteView batch, const Judgement& judgement) {
    const protocol::BatchHeader& header = judgement.header;
    if (judgement.verdict == Verdict::pass) {
      ASSERT_TRUE(header.dense() && !header.control());
    }
    ASSERT_TRUE(
        protocol::decompress(header.codec(), batch.subspan(protocol::k_batch_header_bytes), body_));
    protocol::RecordsReader reader(body_, header.record_count);
    while (const auto record = reader.next()) {
      if (header.base_offset + record->offset_delta < judgement.from) {
        ASSERT_EQ(judgement.reason, Reason::crop);
        continue;
      }
      protocol::WireReader content(record->content);
      content.varint();
      const auto size = static_cast<std::size_t>(content.varint());
      const std::string first(as_text(content.raw(size)));
      delivered_.push_back(std::stoll(first) + record->offset_delta);
    }
    ASSERT_TRUE(reader.complete());
  }

  test::Random& random_;
  ModelLog& log_;
  BatchJudge judge_;
  Bytes body_;
  std::set<std::size_t> damaged_;  ///< bits of the log
  std::vector<std::int64_t> delivered_;
};

class BatchJudgeProperty : public test::SeededTest {
 protected:
  struct Round {
    JudgeSettings settings;
    std::int64_t start = 0;
  };
  Round draw(const ModelLog& log, bool compacted) {
    Round round;
    round.settings.read_committed = random.one_in(2);
    round.settings.compacted = compacted;
    round.settings.keep_append_times = random.one_in(2);
    round.settings.target_batch_bytes_max = random.one_in(3) ? 150 : 1'000'000;
    round.start = static_cast<std::int64_t>(random.between(static_cast<std::uint64_t>(log.start()),
                                                           static_cast<std::uint64_t>(log.end())));
    return round;
  }
};

TEST_F(BatchJudgeProperty, DeliversExactlyTheRecordsOfTheLog) {
  for (int count = 0; count < 600; ++count) {
    const bool compacted = random.one_in(2);
    ModelLog log(random, compacted, random.one_in(3));
    const Round round = draw(log, compacted);
    ModelMirror mirror(random, log, round.settings, round.start);
    mirror.run(0);
    ASSERT_EQ(mirror.delivered(), log.wanted(round.start, round.settings.read_committed))
        << "round " << count;
    ASSERT_EQ(mirror.counters().of(Verdict::corrupt, Reason::damaged), 0U);
  }
}

TEST_F(BatchJudgeProperty, DamageOnTheWayChangesNothing) {
  std::uint64_t refetched = 0;
  for (int count = 0; count < 600; ++count) {
    ModelLog log(random, false, random.one_in(3));
    const Round round = draw(log, false);
    ModelMirror mirror(random, log, round.settings, round.start);
    mirror.run(random.between(2, 6));
    ASSERT_EQ(mirror.delivered(), log.wanted(round.start, round.settings.read_committed))
        << "round " << count;
    refetched += mirror.counters().of(Verdict::refetch, Reason::damaged);
  }
  EXPECT_GT(refetched, 0U);
}

/// Between the holes of a compacted log a wrong base offset may look right; the batch comes a
/// second time then, but never not at all.
TEST_F(BatchJudgeProperty, DamageOnTheWayLosesNothingOfACompactedLog) {
  for (int count = 0; count < 600; ++count) {
    ModelLog log(random, true, false);
    const Round round = draw(log, true);
    ModelMirror mirror(random, log, round.settings, round.start);
    mirror.run(random.between(2, 6));
    std::vector<std::int64_t> delivered = mirror.delivered();
    std::sort(delivered.begin(), delivered.end());
    delivered.erase(std::unique(delivered.begin(), delivered.end()), delivered.end());
    ASSERT_EQ(delivered, log.wanted(round.start, round.settings.read_committed))
        << "round " << count;
  }
}

}  // namespace
}  // namespace kferry::engines::passthrough
