#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/kafka/cluster.hpp"

namespace kferry::app {

/// Watches where the source logs end: the last stable offset under read_committed, else the high
/// watermark. One request per leader and round, on an own thread, since it blocks.
/// Thread: any.
class LogEnds {
 public:
  explicit LogEnds(kafka::Cluster source);
  ~LogEnds();
  LogEnds(const LogEnds&) = delete;
  LogEnds& operator=(const LogEnds&) = delete;

  /// known_elsewhere, which lives until forget: while it is true nobody is asked.
  void watch(const TopicPartition& tp, const std::atomic<bool>& known_elsewhere);
  void forget(const TopicPartition& tp);
  /// Asks for this partition soon, which also makes the library look at it again.
  void nudge(const TopicPartition& tp);
  /// As of the last round that reached the partition's leader.
  std::optional<Offset> end(const TopicPartition& tp) const;

 private:
  void run();
  void ask(std::unique_lock<std::mutex>& lock, std::vector<TopicPartition> partitions);

  const kafka::Cluster source_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  struct End {
    const std::atomic<bool>* known_elsewhere;
    std::optional<Offset> offset;
  };
  std::unordered_map<TopicPartition, End> ends_;
  std::vector<TopicPartition> nudged_;
  bool news_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kferry::app
