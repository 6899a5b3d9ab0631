#include "app/log_ends.hpp"

#include <algorithm>

namespace kferry::app {
namespace {

/// Lag is at most this old. For many partitions the rounds become rarer, so that asking never takes
/// more than a fraction of what mirroring takes.
constexpr Milliseconds k_round{1'000};
constexpr std::size_t k_partitions_per_round_second = 2'000;
constexpr Milliseconds k_request_timeout{5'000};

}  // namespace

LogEnds::LogEnds(kafka::Cluster source) : source_(source), thread_([this] { run(); }) {}

LogEnds::~LogEnds() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LogEnds::watch(const TopicPartition& tp) {
  {
    const std::lock_guard lock(mutex_);
    news_ = ends_.emplace(tp, std::nullopt).second || news_;
  }
  changed_.notify_one();
}

void LogEnds::forget(const TopicPartition& tp) {
  const std::lock_guard lock(mutex_);
  ends_.erase(tp);
}

std::optional<Offset> LogEnds::end(const TopicPartition& tp) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(tp);
  return found == ends_.end() ? std::nullopt : found->second;
}

void LogEnds::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<TopicPartition> partitions;
    partitions.reserve(ends_.size());
    for (const auto& [tp, end] : ends_) partitions.push_back(tp);
    news_ = false;
    if (!partitions.empty()) {
      lock.unlock();
      std::sort(partitions.begin(), partitions.end());
      const auto found = source_.offsets(partitions, kafka::LogEnd::end, k_request_timeout);
      lock.lock();
      if (found) {
        for (const auto& entry : *found) {
          const auto known = ends_.find(entry.tp);
          if (known != ends_.end() && entry.offset) known->second = entry.offset;
        }
      }
    }
    const auto pause = k_round * (1 + partitions.size() / k_partitions_per_round_second);
    changed_.wait_for(lock, pause, [this] { return stopping_ || news_; });
  }
}

}  // namespace kferry::app
