#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/cluster.hpp"
#include "kferry/kafka/error_map.hpp"

namespace kferry::kafka {

/// A position on its way into the source group.
struct CommitMark {
  TopicPartition tp;
  Offset next_offset;
};

struct CommitOutcome {
  TopicPartition tp;
  Offset next_offset;
  ErrorCode error = 0;
};

/// What a group member tells its owner. All calls come from inside poll() or close(), on the thread
/// that called them.
class GroupListener {
 public:
  virtual ~GroupListener() = default;
  /// These partitions are ours now. Fills in where each is read from; a partition left without an
  /// offset is not read (it stays ours, and start() may begin it later).
  virtual std::vector<std::optional<Offset>> on_assign(
      const std::vector<TopicPartition>& partitions) = 0;
  /// These partitions go to somebody else. Returns when nothing of them moves any more. With lost
  /// the group has already given them away and a commit is of no use.
  virtual void on_revoke(const std::vector<TopicPartition>& partitions, bool lost) = 0;
  virtual void on_committed(const std::vector<CommitOutcome>& outcomes) = 0;
  /// Something is wrong with the client, the group or one partition of it; the library goes on.
  virtual void on_error(ErrorCode code, const std::string& text,
                        const std::optional<TopicPartition>& tp) = 0;
};

/// Membership of this process in the source consumer group, by librdkafka: joins, gets partitions,
/// commits positions. It does not read: whoever reads takes a partition's own queue from client().
/// Thread: one thread (the flow's control thread), except client().
class GroupMember {
 public:
  /// config has to hold group.id; what the member depends on (no automatic commits, errors instead
  /// of offset resets) is forced here. watch, if given, is told about the client's connections.
  static Result<std::unique_ptr<GroupMember>> create(
      const ClientConfig& config, std::string flow, GroupListener& listener,
      std::shared_ptr<ConnectionWatch> watch = nullptr);
  /// Leaves the group without a revoke if close() was not called.
  ~GroupMember();
  GroupMember(const GroupMember&) = delete;
  GroupMember& operator=(const GroupMember&) = delete;

  /// Explicit names only: patterns are matched by us (librdkafka knows POSIX regexes only).
  Result<void> subscribe(std::span<const std::string> topics);
  /// Serves the group and calls the listener; waits up to timeout for something to happen.
  void poll(Milliseconds timeout);

  /// Reads again from the offset; drops what was fetched so far of the partition. For a partition
  /// that was started, or that ran off the end of the log.
  Result<void> seek(const TopicPartition& tp, Offset offset, Milliseconds timeout);
  /// Starts all given partitions at their offsets, afresh. What is not named stays ours but unread.
  Result<void> restart(std::span<const CommitMark> positions);

  /// Sends commits, at most k_commit_partitions_max partitions each; outcomes come from poll().
  void commit(std::span<const CommitMark> marks);
  /// Waits until every commit that was sent has its outcome. False at the deadline.
  bool await_commits(Milliseconds timeout);
  /// Metadata of 10,000 partitions in one request is refused by brokers; 2,000 is far below.
  static constexpr std::size_t k_commit_partitions_max = 2'000;

  bool cooperative() const;
  /// Revokes (listener is called), leaves the group. False when it took longer than the timeout.
  bool close(Milliseconds timeout);

  Cluster cluster() const;
  rd_kafka_s* client() const noexcept;

 private:
  struct Inside;
  explicit GroupMember(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace kferry::kafka
