// The fetching side: a loop with our client, and for each shard what stands between it and the
// stream's source thread.

#include <algorithm>
#include <deque>
#include <utility>

#include "engines/passthrough/pass_batch.hpp"
#include "engines/passthrough/pass_feed.hpp"
#include "engines/passthrough/recoder.hpp"
#include "kferry/base/log.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"

namespace kferry::engines::passthrough {
namespace {

using pipeline::ReadFailure;
using pipeline::ReadOutcome;

/// Batches below this are put together where several wait: a broker takes one batch of a partition
/// in each request, so small ones limit how fast a partition can be written.
constexpr std::size_t k_small_batch_bytes = 16U << 10;
/// What they are put together to, before compression.
constexpr std::size_t k_coalesced_bytes_max = 512U << 10;
/// What a batch in flight costs beside its bytes.
constexpr std::size_t k_batch_overhead_bytes = 512;

/// Fetching as its shards see it. Thread: any; work is done on the loop.
class Fetching {
 public:
  explicit Fetching(SourceOptions options)
      : options_(std::move(options)),
        basics_{slabs_, options_.fetched_bytes_max,
                2 * static_cast<std::size_t>(options_.fetch.partition_bytes_max)},
        loop_("kferry-fetch") {
    loop_.run([this] {
      cluster_ = client::Cluster::create(loop_, slabs_, options_.cluster, options_.on_trouble);
      fetcher_ = client::Fetcher::create(*cluster_, options_.fetch);
    });
  }
  ~Fetching() {
    loop_.run([this] {
      fetcher_.reset();
      cluster_.reset();
    });
  }
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;

  void start(PassFeed& feed, const TopicPartition& tp, Offset from) {
    loop_.run([&] {
      if (topics_[tp.topic]++ == 0) watch();
      fetcher_->start(feed, tp, from);
    });
  }
  void stop(PassFeed& feed, const TopicPartition& tp) {
    loop_.run([&] {
      fetcher_->stop(feed);
      if (--topics_[tp.topic] == 0) topics_.erase(tp.topic);
    });
  }
  void restart(PassFeed& feed, const TopicPartition& tp, Offset from) {
    loop_.run([&] {
      fetcher_->stop(feed);
      feed.restart(from.value());
      fetcher_->start(feed, tp, from);
    });
  }
  void resume(const std::shared_ptr<PassFeed>& feed) {
    loop_.post([this, weak = std::weak_ptr(feed)] {
      if (const auto held = weak.lock()) fetcher_->resume(*held);
    });
  }

  const SourceOptions& options() const noexcept { return options_; }
  FeedBasics& basics() noexcept { return basics_; }

 private:
  void watch() {
    std::set<std::string> names;
    for (const auto& [name, partitions] : topics_) names.insert(name);
    cluster_->watch(std::move(names));
  }

  const SourceOptions options_;
  client::SlabPool slabs_;
  FeedBasics basics_;
  std::unique_ptr<client::Cluster> cluster_;  // the loop's, like what follows
  std::unique_ptr<client::Fetcher> fetcher_;
  std::map<std::string, int> topics_;  ///< with how many of their partitions are fetched
  net::Loop loop_;
};

class PassShardReader final : public pipeline::ShardReader {
 public:
  PassShardReader(Fetching& fetching, TopicPartition tp, const JudgeSettings& settings,
                  Offset start, std::function<void()> on_ready)
      : fetching_(fetching),
        tp_(std::move(tp)),
        settings_(settings),
        feed_(std::make_shared<PassFeed>(fetching.basics(), settings,
                                         fetching.options().name + ": " + to_string(tp_),
                                         start.value(), std::move(on_ready))) {
    fetching_.start(*feed_, tp_, start);
  }
  ~PassShardReader() override {
    waiting_.clear();
    fetching_.stop(*feed_, tp_);
  }
  PassShardReader(const PassShardReader&) = delete;
  PassShardReader& operator=(const PassShardReader&) = delete;

  ReadOutcome read(Offset expected) override;
  void seek(Offset offset) override {
    waiting_.clear();
    fetching_.restart(*feed_, tp_, offset);
  }

 private:
  void refill();
  bool small(const FetchedBatch& fetched) const noexcept {
    return fetched.verdict == Verdict::pass && fetched.bytes.size() < k_small_batch_bytes;
  }
  std::size_t run_length() const;
  Result<void> fill(PassBatch& batch);
  void pass(PassBatch& batch, FetchedBatch& fetched);
  Result<void> recode(PassBatch& batch, std::size_t count);

  Fetching& fetching_;
  const TopicPartition tp_;
  const JudgeSettings settings_;
  const std::shared_ptr<PassFeed> feed_;
  std::deque<FetchedBatch> waiting_;
  std::vector<FetchedBatch> taken_;
  Recoder recoder_;
};

void PassShardReader::refill() {
  const bool resume = feed_->take(taken_);
  std::move(taken_.begin(), taken_.end(), std::back_inserter(waiting_));
  taken_.clear();
  if (resume) fetching_.resume(feed_);
}

ReadOutcome PassShardReader::read(Offset expected) {
  ReadOutcome outcome;
  if (waiting_.empty()) refill();
  while (!waiting_.empty() && waiting_.front().to <= expected.value()) waiting_.pop_front();
  if (waiting_.empty()) {
    outcome.failure = feed_->failure();
    return outcome;
  }
  auto batch = batch_pool().take();
  batch->first_offset = Offset(waiting_.front().from);
  batch->next_offset = Offset(waiting_.front().from);
  if (auto filled = fill(*batch); !filled) {
    outcome.failure =
        ReadFailure{ReadFailure::Kind::corrupt, "CORRUPT_MESSAGE", filled.error().text};
    batch_pool().give_back(std::move(batch));
    return outcome;
  }
  batch->memory_bytes += k_batch_overhead_bytes;
  outcome.batch = std::move(batch);
  return outcome;
}

/// One batch for the pipeline out of what waits. Batches that hold nothing for the target only move
/// its end, before and behind records.
Result<void> PassShardReader::fill(PassBatch& batch) {
  const auto skip = [&] {
    while (!waiting_.empty() && waiting_.front().verdict == Verdict::skip) {
      batch.next_offset = Offset(waiting_.front().to);
      waiting_.pop_front();
    }
  };
  skip();
  if (waiting_.empty()) return {};
  if (const std::size_t run = run_length(); run > 1) {
    fetching_.basics().coalesced.fetch_add(run, std::memory_order_relaxed);
    if (auto result = recode(batch, run); !result) return result;
  } else if (waiting_.front().verdict == Verdict::recode) {
    if (auto result = recode(batch, 1); !result) return result;
  } else {
    pass(batch, waiting_.front());
    waiting_.pop_front();
  }
  skip();
  return {};
}

/// How many of the first batches are small and go together.
std::size_t PassShardReader::run_length() const {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const FetchedBatch& fetched : waiting_) {
    const bool fits = small(fetched) && fetched.header.codec() == waiting_.front().header.codec();
    bytes += fetched.bytes.size();
    if (!fits || bytes > k_coalesced_bytes_max) break;
    ++count;
  }
  return count;
}

void PassShardReader::pass(PassBatch& batch, FetchedBatch& fetched) {
  const auto records = static_cast<std::uint32_t>(fetched.header.record_count);
  batch.first_offset = Offset(fetched.header.base_offset);
  batch.next_offset = Offset(fetched.to);
  batch.records = records;
  batch.parts.push_back({fetched.bytes, 0, records});
  batch.slab = std::move(fetched.slab);
  batch.oldest_timestamp = fetched.header.base_timestamp;
  batch.payload_bytes = fetched.bytes.size() - protocol::k_batch_header_bytes;
  batch.memory_bytes = fetched.bytes.size();
}

Result<void> PassShardReader::recode(PassBatch& batch, std::size_t count) {
  const std::size_t bytes_max = std::min(k_coalesced_bytes_max, settings_.target_batch_bytes_max);
  recoder_.begin(waiting_.front().header.codec(), bytes_max);
  batch.oldest_timestamp = waiting_.front().header.base_timestamp;
  for (std::size_t i = 0; i < count; ++i) {
    const FetchedBatch& fetched = waiting_.front();
    const bool append_time = settings_.keep_append_times && fetched.header.log_append_time();
    if (append_time && i == 0) batch.oldest_timestamp = fetched.header.max_timestamp;
    if (auto result = recoder_.add(fetched.bytes, fetched.header, fetched.from, append_time);
        !result) {
      // What stands before it may go; the next call finds it in front.
      if (i > 0) break;
      return result;
    }
    batch.next_offset = Offset(fetched.to);
    batch.payload_bytes += fetched.bytes.size() - protocol::k_batch_header_bytes;
    waiting_.pop_front();
  }
  if (recoder_.records() == 0) return {};
  if (auto result = recoder_.finish(batch); !result) return result;
  batch.first_offset = Offset(batch.offsets.front());
  batch.memory_bytes = batch.own.capacity() + batch.offsets.capacity() * sizeof(std::int64_t);
  return {};
}

class OwnClientReader final : public PassReader {
 public:
  explicit OwnClientReader(SourceOptions options) : fetching_(std::move(options)) {}

  Result<std::unique_ptr<pipeline::ShardReader>> open(const TopicPartition& source, Offset start,
                                                      std::function<void()> on_ready) override {
    const SourceOptions& options = fetching_.options();
    const TopicTraits traits = options.traits(source.topic);
    const JudgeSettings settings{options.fetch.read_committed, traits.compacted,
                                 options.keep_append_times, traits.target_batch_bytes_max};
    return std::unique_ptr<pipeline::ShardReader>(
        std::make_unique<PassShardReader>(fetching_, source, settings, start, std::move(on_ready)));
  }

  BatchCounts batch_counts() const override {
    BatchCounts counts;
    const FeedBasics& basics = const_cast<OwnClientReader*>(this)->fetching_.basics();
    for (std::size_t verdict = 0; verdict < k_verdicts; ++verdict) {
      for (std::size_t reason = 0; reason < k_reasons; ++reason) {
        const auto count = basics.counts[verdict][reason].load(std::memory_order_relaxed);
        if (count == 0) continue;
        counts[{std::string(to_string(static_cast<Verdict>(verdict))),
                std::string(to_string(static_cast<Reason>(reason)))}] = count;
      }
    }
    // What was judged fit to pass and was put together with others did not pass as it was.
    const auto coalesced = basics.coalesced.load(std::memory_order_relaxed);
    if (coalesced > 0) {
      auto& passed = counts[{"pass", "none"}];
      passed -= std::min(passed, coalesced);
      counts[{"recode", "small"}] = coalesced;
    }
    return counts;
  }

 private:
  Fetching fetching_;
};

}  // namespace

std::unique_ptr<PassReader> PassReader::create(SourceOptions options) {
  return std::make_unique<OwnClientReader>(std::move(options));
}

}  // namespace kferry::engines::passthrough
