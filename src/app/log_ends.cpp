#include "app/log_ends.hpp"

#include <algorithm>
#include <utility>

namespace kferry::app {
namespace {

/// Lag is at most this old. For many partitions the rounds become rarer, so that looking at
/// them and asking never takes more than a fraction of what mirroring takes.
constexpr Milliseconds k_round{1'000};
constexpr std::size_t k_partitions_per_round_second = 2'000;
constexpr Milliseconds k_request_timeout{5'000};
/// At least this long between two questions.
constexpr Milliseconds k_nudge_pause{10};

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

void LogEnds::watch(const TopicPartition& tp, const std::atomic<bool>& known_elsewhere) {
  {
    const std::lock_guard lock(mutex_);
    news_ = ends_.insert_or_assign(tp, End{&known_elsewhere, std::nullopt}).second || news_;
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
  return found == ends_.end() ? std::nullopt : found->second.offset;
}

void LogEnds::nudge(const TopicPartition& tp) {
  {
    const std::lock_guard lock(mutex_);
    if (std::find(nudged_.begin(), nudged_.end(), tp) != nudged_.end()) return;
    nudged_.push_back(tp);
  }
  changed_.notify_one();
}

void LogEnds::ask(std::unique_lock<std::mutex>& lock, std::vector<TopicPartition> partitions) {
  if (partitions.empty()) return;
  lock.unlock();
  std::sort(partitions.begin(), partitions.end());
  const auto found = source_.offsets(partitions, kafka::LogEnd::end, k_request_timeout);
  lock.lock();
  if (!found) return;
  for (const auto& entry : *found) {
    const auto known = ends_.find(entry.tp);
    if (known != ends_.end() && entry.offset) known->second.offset = entry.offset;
  }
}

void LogEnds::run() {
  std::unique_lock lock(mutex_);
  SteadyTime round_at{};
  while (!stopping_) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= round_at || news_) {
      std::vector<TopicPartition> all;
      for (const auto& [tp, end] : ends_) {
        if (!end.known_elsewhere->load(std::memory_order_relaxed)) all.push_back(tp);
      }
      round_at = now + k_round * (1 + ends_.size() / k_partitions_per_round_second);
      news_ = false;
      nudged_.clear();
      ask(lock, std::move(all));
    } else if (!nudged_.empty()) {
      ask(lock, std::exchange(nudged_, {}));
    }
    changed_.wait_for(lock, k_nudge_pause, [this] { return stopping_; });
    changed_.wait_until(lock, round_at, [this] { return stopping_ || news_ || !nudged_.empty(); });
  }
}

}  // namespace kferry::app
