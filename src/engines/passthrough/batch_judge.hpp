#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/protocol/fetch.hpp"
#include "kferry/protocol/record_batch.hpp"

namespace kferry::engines::passthrough {

/// What becomes of a fetched batch.
enum class Verdict : std::uint8_t {
  pass,        ///< goes on as it is
  recode,      ///< its records go on in a batch of our own making
  skip,        ///< holds nothing for the target; the position moves behind it
  refetch,     ///< not believed yet: fetch again from the wanted offset. Ends the walk
  corrupt,     ///< came damaged twice: the shard can not go on. Ends the walk
  old_format,  ///< message format 0 or 1: work for the records engine. Ends the walk
  cut,         ///< the answer ends inside of this batch. Ends the walk
};
inline constexpr std::size_t k_verdicts = 7;

enum class Reason : std::uint8_t {
  none,
  gap,              ///< offsets are missing, before the batch or inside
  crop,             ///< begins before the wanted offset
  place,            ///< nothing around it confirms its offsets
  too_large,        ///< larger than the target allows
  log_append_time,  ///< the time of its records is that of the append to the source
  recompress,       ///< in another codec than the operator wants
  control,          ///< transaction markers
  aborted,          ///< of an aborted transaction, under read_committed
  empty,            ///< compaction left no record
  below,            ///< ends before the wanted offset
  overlap,          ///< begins before the end of the batch before it
  beyond_end,       ///< begins behind what may be read
  damaged,          ///< the checksum is wrong, or the header impossible
  old_format,
};
inline constexpr std::size_t k_reasons = 15;

/// Stable names, for metrics.
std::string_view to_string(Verdict verdict) noexcept;
std::string_view to_string(Reason reason) noexcept;

struct JudgeSettings {
  bool read_committed = true;
  /// cleanup.policy of the source topic holds compact: missing offsets need no explanation.
  bool compacted = false;
  /// Batches with LogAppendTime are recoded, so that the append time becomes the record time.
  bool keep_append_times = true;
  std::size_t target_batch_bytes_max = 1'048'588;  ///< the target topic's max.message.bytes
  std::optional<protocol::Codec> codec{};          ///< of every batch; unset: it keeps its own
};

struct Judgement {
  Verdict verdict = Verdict::pass;
  Reason reason = Reason::none;
  std::size_t at = 0;              ///< where the batch begins in the fetched bytes
  std::size_t size_bytes = 0;      ///< 0 for cut, and where no batch could be read
  protocol::BatchHeader header{};  ///< as fetched; of no meaning where no batch could be read
  /// pass, recode, skip: the source offsets [from, to) that are done with the batch, those that
  /// are missing before it included. Otherwise from is the wanted offset.
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t missing = 0;  ///< unexplained ones among them, believed at second sight
};

/// Judges the fetched batches of one partition, one after the other, and keeps the position.
///
/// The target checks the checksum of what passes. Whatever is dropped, skipped, cropped or recoded
/// is checked here in full before. Offsets, lengths and the format stand outside of the checksum:
/// where they do not continue the log as they have to, or nothing around the batch confirms them,
/// it is fetched a second time, and what is seen twice is believed or, when it can not be, corrupt.
/// Thread: one.
/// Source of the rules: org.apache.kafka.clients.consumer.internals.CompletedFetch.
class BatchJudge {
 public:
  struct Counters {
    std::array<std::array<std::uint64_t, k_reasons>, k_verdicts> batches{};
    std::uint64_t missing_offsets = 0;

    std::uint64_t of(Verdict verdict, Reason reason) const noexcept {
      return batches[static_cast<std::size_t>(verdict)][static_cast<std::size_t>(reason)];
    }
  };

  BatchJudge(JudgeSettings settings, std::int64_t wanted_offset)
      : settings_(settings), wanted_(wanted_offset) {}

  /// Goes on elsewhere; a batch may contain the offset.
  void restart(std::int64_t wanted_offset);
  void change(const JudgeSettings& settings) { settings_ = settings; }

  /// Begins to walk over the answer to a fetch from the wanted offset. The bytes stay as they are
  /// until the walk is over, or the batch at hand has been judged. Offsets of -1 are not known.
  void begin(ByteView records, std::span<const protocol::AbortedTransaction> aborted,
             std::int64_t high_watermark, std::int64_t last_stable_offset);
  /// The next batch; nothing behind the last one.
  std::optional<Judgement> next();

  /// What to fetch from: everything below is judged.
  std::int64_t wanted_offset() const noexcept { return wanted_; }
  const JudgeSettings& settings() const noexcept { return settings_; }
  const Counters& counters() const noexcept { return counters_; }

 private:
  /// Something odd that was fetched again: at which wanted offset is clear, as it ends there.
  struct Doubt {
    Reason reason;
    std::int64_t base_offset;
  };

  Judgement judge(const protocol::ScannedBatch& scanned);
  Judgement judge_whole(const protocol::BatchHeader& header);
  /// Whether the batch may not stand where it stands; nothing: it may.
  std::optional<Judgement> misplaced(const protocol::BatchHeader& header);
  /// By the content alone; the place is right and whoever was aborted up to here is known.
  Judgement verdict_on(const protocol::BatchHeader& header) const;
  Judgement done_with(Judgement judgement, const protocol::BatchHeader& header);
  Judgement end_walk(Verdict verdict, Reason reason, const protocol::BatchHeader& header);
  /// Asks for the same again; nothing when that was done before.
  std::optional<Judgement> doubt(Reason reason, const protocol::BatchHeader& header);
  /// The whole batches from the one at hand on, so that they need no third look.
  void remember_rest();
  /// Whether what stands around the batch confirms its base offset.
  bool place_is_certain(const protocol::BatchHeader& header) const;
  /// Whether its offsets decide if it is dropped, or others are.
  bool offsets_decide(const protocol::BatchHeader& header) const;
  void open_aborted_up_to(std::int64_t last_offset);
  void close_aborted(ByteView batch, const protocol::BatchHeader& header);

  JudgeSettings settings_;
  std::int64_t wanted_;
  /// The wanted offset is the end of a batch that was judged: the next one has to begin there.
  bool aligned_ = false;
  /// The log ended at the wanted offset when it was looked at: the next one begins there.
  bool ended_here_ = false;
  std::vector<Doubt> doubts_;  ///< at the wanted offset
  /// Base offsets in the answer that was doubted last, from the doubted batch on, and the checksums
  /// that tell the batches from each other.
  std::vector<std::pair<std::int64_t, std::uint32_t>> seen_;

  // The walk.
  ByteView records_;
  std::size_t at_ = 0;
  bool over_ = true;
  bool only_below_ = false;       ///< nothing but batches below the wanted offset so far
  std::int64_t end_offset_ = -1;  ///< nothing from here on may be read; -1: not known
  std::vector<protocol::AbortedTransaction> aborted_;  ///< by first offset
  std::size_t aborted_next_ = 0;                       ///< the first one that is not open yet
  std::vector<std::int64_t> open_aborted_;             ///< producer ids
  std::vector<std::byte> marker_;

  Counters counters_;
};

}  // namespace kferry::engines::passthrough
