#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/kafka/group_member.hpp"

namespace kferry::positions {

/// Positions are committed again after this long without change, so that a quiet partition's does
/// not expire: offsets.retention.minutes is a day on brokers before 2.0, seven days since.
inline constexpr Milliseconds k_recommit_after{3'600'000};

/// A commit without an answer for this long will get none: the library gives up before, after its
/// request timeout (60 s) or the session's (45 s).
inline constexpr Milliseconds k_answer_patience{120'000};

/// Which positions went to the source group, which arrived, and which are due. Knows no thread and
/// no I/O. Thread: the flow's control thread.
class CommitLog {
 public:
  /// A partition that is ours from now on. position, which lives until remove, is where it stands;
  /// committed what the group has, if that is known to be right.
  void add(const TopicPartition& tp, const std::atomic<std::int64_t>& position,
           std::optional<Offset> committed, SteadyTime now);
  void remove(const TopicPartition& tp);
  /// The partition's position stands elsewhere now. REQUIRES: add.
  void follow(const TopicPartition& tp, const std::atomic<std::int64_t>& position);

  /// The positions that the group does not have yet, or had for too long. One for each partition is
  /// on its way at a time: the library sends again what its coordinator did not answer, and an
  /// older position must not arrive behind a newer one.
  std::vector<kafka::CommitMark> due(SteadyTime now);

  void record(std::span<const kafka::CommitOutcome> outcomes, SteadyTime now);

  std::optional<Offset> committed(const TopicPartition& tp) const;
  /// Failed commits by the error's name.
  const std::map<std::string, std::uint64_t>& failures() const noexcept { return failures_; }

 private:
  struct Entry {
    const std::atomic<std::int64_t>* position;
    std::optional<Offset> committed;
    std::optional<Offset> on_its_way;
    SteadyTime committed_at;
    SteadyTime sent_at;
  };
  std::unordered_map<TopicPartition, Entry> entries_;
  std::map<std::string, std::uint64_t> failures_;
};

}  // namespace kferry::positions
