#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kferry/pipeline/engine.hpp"
#include "kferry/pipeline/shard.hpp"

/// An engine for tests of the pipeline: source logs that a test fills, and a target that answers
/// when and how a test says. Records are their offsets.
namespace kferry::test {

/// News from the threads under test. What it waits for may come a moment after the news of it, so
/// conditions are looked at again after a few milliseconds in any case.
class News {
 public:
  void tell() {
    const std::lock_guard lock(mutex_);
    ++count_;
    told_.notify_all();
  }
  /// False when the condition does not come true within half a minute.
  bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    std::uint64_t seen = 0;
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        seen = count_;
      }
      if (condition()) return true;
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::unique_lock lock(mutex_);
      told_.wait_for(lock, Milliseconds(5), [&] { return count_ != seen; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::uint64_t count_ = 0;
};

class FakeBatch final : public pipeline::Batch {
 public:
  enum class State { unsent, in_flight, acknowledged, done };
  struct Record {
    std::int64_t offset = 0;
    State state = State::unsent;
  };

  std::uint32_t rewind(bool from_start) override {
    std::uint32_t unsent = 0;
    bool gap = from_start;
    for (Record& record : contents) {
      if (record.state == State::done) continue;
      gap = gap || record.state != State::acknowledged;
      if (!gap) continue;
      record.state = State::unsent;
      ++unsent;
    }
    return unsent;
  }
  std::uint32_t first_unsent() const override {
    std::uint32_t index = 0;
    while (index < contents.size() && contents[index].state != State::unsent) ++index;
    return index;
  }
  Offset record_offset(std::uint32_t index) const override {
    return Offset(contents.at(index).offset);
  }
  void give_up(std::uint32_t index) override { contents.at(index).state = State::done; }

  std::vector<Record> contents;
};

inline constexpr std::size_t k_fake_record_bytes = 10;

/// One source partition. Calls on_ready as librdkafka's queues do: with its lock held, and only
/// when something arrives where there was nothing. Thread: any.
class FakeLog {
 public:
  explicit FakeLog(News& news) : news_(news) {}

  void append(std::int64_t count) {
    const std::lock_guard lock(mutex_);
    const bool was_empty = empty();
    for (; count > 0; --count) records_.push_back(end_++);
    if (was_empty && on_ready_) on_ready_();
  }
  /// Offsets without a record that anybody sees: control records, compacted ones.
  void append_gap(std::int64_t count) {
    const std::lock_guard lock(mutex_);
    const bool was_empty = empty();
    end_ += count;
    if (was_empty && on_ready_) on_ready_();
  }
  /// What the reader says when it has read all that is there.
  void fail(pipeline::ReadFailure failure) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    if (on_ready_) on_ready_();
  }
  /// The next read is at this offset.
  void seek(Offset offset) {
    const std::lock_guard lock(mutex_);
    read_end_ = offset.value();
    next_ = static_cast<std::size_t>(
        std::lower_bound(records_.begin(), records_.end(), offset.value()) - records_.begin());
  }
  void set_batch_records(std::size_t count) {
    const std::lock_guard lock(mutex_);
    batch_records_ = count;
  }

  std::int64_t end() const {
    const std::lock_guard lock(mutex_);
    return end_;
  }
  std::vector<std::int64_t> records() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }
  std::optional<std::int64_t> record(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    return index < records_.size() ? std::optional(records_[index]) : std::nullopt;
  }

  pipeline::ReadOutcome read(Offset expected) {
    pipeline::ReadOutcome outcome;
    {
      const std::lock_guard lock(mutex_);
      while (!empty() && !outcome.batch) outcome.batch = take(expected.value());
      if (!outcome.batch) outcome.failure = std::exchange(failure_, std::nullopt);
    }
    news_.tell();
    return outcome;
  }
  void attach(std::function<void()> on_ready) {
    const std::lock_guard lock(mutex_);
    on_ready_ = std::move(on_ready);
  }

 private:
  bool empty() const { return next_ == records_.size() && read_end_ >= end_; }

  /// The next records; when there is none, a batch that only says where the log goes on; null when
  /// all of it was read before.
  pipeline::BatchPtr take(std::int64_t expected) {
    auto batch = std::make_unique<FakeBatch>();
    batch->next_offset = Offset(end_);
    while (next_ < records_.size() && batch->contents.size() < batch_records_) {
      const std::int64_t offset = records_[next_++];
      batch->next_offset = Offset(offset + 1);
      if (offset >= expected) batch->contents.push_back({offset, FakeBatch::State::unsent});
    }
    read_end_ = batch->next_offset.value();
    if (read_end_ <= expected) return nullptr;
    batch->records = static_cast<std::uint32_t>(batch->contents.size());
    batch->first_offset =
        batch->records > 0 ? Offset(batch->contents.front().offset) : batch->next_offset;
    batch->payload_bytes = batch->records * k_fake_record_bytes;
    batch->memory_bytes = batch->payload_bytes;
    batch->oldest_timestamp = batch->records > 0 ? batch->first_offset.value() : -1;
    return batch;
  }

  News& news_;
  mutable std::mutex mutex_;
  std::vector<std::int64_t> records_;
  std::int64_t end_ = 0;
  std::int64_t read_end_ = 0;
  std::size_t next_ = 0;
  std::size_t batch_records_ = 4;
  std::optional<pipeline::ReadFailure> failure_;
  std::function<void()> on_ready_;
};

class FakeReader final : public pipeline::Reader {
 public:
  explicit FakeReader(News& news) : news_(news) {}

  FakeLog& log(const TopicPartition& tp) {
    const std::lock_guard lock(mutex_);
    auto& log = logs_[tp];
    if (!log) log = std::make_unique<FakeLog>(news_);
    return *log;
  }

  Result<std::unique_ptr<pipeline::ShardReader>> open(const TopicPartition& source, Offset,
                                                      std::function<void()> on_ready) override {
    FakeLog& from = log(source);
    from.attach(std::move(on_ready));
    return std::unique_ptr<pipeline::ShardReader>(std::make_unique<LogReader>(from));
  }

 private:
  class LogReader final : public pipeline::ShardReader {
   public:
    explicit LogReader(FakeLog& log) : log_(log) {}
    ~LogReader() override { log_.attach({}); }
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;
    pipeline::ReadOutcome read(Offset expected) override { return log_.read(expected); }

   private:
    FakeLog& log_;
  };

  News& news_;
  std::mutex mutex_;
  std::map<TopicPartition, std::unique_ptr<FakeLog>> logs_;
};

}  // namespace kferry::test
