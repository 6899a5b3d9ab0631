#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "kferry/pipeline/stream.hpp"
#include "support/fake_engine.hpp"
#include "support/fake_target.hpp"

namespace kferry::test {

/// Pauses pass a hundred times as fast; the time of day stands still.
class SwiftClock final : public Clock {
 public:
  SteadyTime steady() const noexcept override {
    const auto now = std::chrono::steady_clock::now();
    return now + 99 * (now - start_);
  }
  std::int64_t wall_ms() const noexcept override { return 1'700'000'000'000; }

 private:
  const SteadyTime start_ = std::chrono::steady_clock::now();
};

/// A stream between a fake source and a fake target, and shards on it.
class StreamWorld {
 public:
  explicit StreamWorld(std::uint64_t seed = 1, std::int64_t budget_bytes = 1'000'000)
      : reader(news), target(news, seed), budget(budget_bytes) {}
  ~StreamWorld() { close(); }
  StreamWorld(const StreamWorld&) = delete;
  StreamWorld& operator=(const StreamWorld&) = delete;

  void start(pipeline::SendFailurePolicy policy = pipeline::SendFailurePolicy::exit) {
    const auto factory = [this](std::function<void()> on_acknowledgements) {
      return Result<std::unique_ptr<pipeline::Writer>>(
          target.make_writer(std::move(on_acknowledgements)));
    };
    auto made = pipeline::Stream::create({policy, "test"}, reader, factory, budget, clock,
                                         [this](pipeline::StreamEvent event) {
                                           {
                                             const std::lock_guard lock(events_mutex_);
                                             events_.push_back(std::move(event));
                                           }
                                           news.tell();
                                         });
    ASSERT_TRUE(made);
    stream = std::move(*made);
    if (policy == pipeline::SendFailurePolicy::skip) target.set_skips_refused();
  }

  static TopicPartition tp(std::int32_t partition) { return {"t", Partition(partition)}; }
  FakeLog& log(std::int32_t partition) { return reader.log(tp(partition)); }

  pipeline::Shard& open(std::int32_t partition, Offset from = Offset(0),
                        topics::PartitioningMode mode = topics::PartitioningMode::source) {
    auto& shard = shards_[partition];
    shard = std::make_unique<pipeline::Shard>(
        tp(partition), "t", *topics::Partitioner::make(mode, k_partitions, k_partitions), from);
    log(partition).seek(from);
    target.watch(*shard, log(partition));
    const auto opened = stream->open(*shard);
    EXPECT_TRUE(opened);
    return *shard;
  }
  /// Returns when both threads have come by and served what there was for them.
  void settle(pipeline::Shard& shard) {
    for (int i = 0; i < 2; ++i) static_cast<void>(stream->drained(shard));
  }
  /// Takes the shard back. Returns where its next owner begins.
  Offset retire(pipeline::Shard& shard) {
    stream->stop_reading(shard);
    if (!stream->drained(shard) || shard.writing.parked) stream->abandon({&shard});
    const Offset position(shard.position);
    stream->release(shard);
    target.forget(shard);
    shards_.erase(shard.source.partition.value());
    return position;
  }
  bool eventually(const std::function<bool()>& condition) { return news.eventually(condition); }
  bool reaches(const pipeline::Shard& shard, std::int64_t position) {
    return eventually([&] { return shard.position == position; });
  }
  std::vector<pipeline::StreamEvent> events() const {
    const std::lock_guard lock(events_mutex_);
    return events_;
  }
  bool told(pipeline::StreamEvent::Kind kind) {
    return eventually([&] {
      for (const auto& event : events()) {
        if (event.kind == kind) return true;
      }
      return false;
    });
  }
  /// Takes every shard back and ends the stream. What is left in the budget was leaked.
  void close() {
    if (!stream) return;
    while (!shards_.empty()) retire(*shards_.begin()->second);
    stream.reset();
    EXPECT_EQ(budget.used_bytes(), 0);
    EXPECT_EQ(target.violation(), "");
  }

  static constexpr std::int32_t k_partitions = 16;
  News news;
  FakeReader reader;
  FakeTarget target;
  pipeline::ByteBudget budget;
  SwiftClock clock;
  std::unique_ptr<pipeline::Stream> stream;

 private:
  std::map<std::int32_t, std::unique_ptr<pipeline::Shard>> shards_;
  mutable std::mutex events_mutex_;
  std::vector<pipeline::StreamEvent> events_;
};

inline std::vector<std::int64_t> offsets(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> list;
  for (; from < to; ++from) list.push_back(from);
  return list;
}

}  // namespace kferry::test
