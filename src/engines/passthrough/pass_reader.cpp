// The fetching side of a stream: our fetcher, and for each shard what stands between them.

#include <algorithm>
#include <utility>

#include "engines/passthrough/pass_batch.hpp"
#include "engines/passthrough/pass_feed.hpp"
#include "engines/passthrough/pass_writer.hpp"
#include "engines/passthrough/recoder.hpp"
#include "kferry/base/log.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"

namespace kferry::engines::passthrough {
namespace {

using pipeline::ReadFailure;
using pipeline::ReadOutcome;

/// Batches below this are put together where several wait: a broker takes one batch of a partition
/// in each request, so small ones limit how fast a partition can be written. Without a codec that
/// costs a copy; with one it costs decoding and encoding, which only pays for the smallest.
constexpr std::size_t k_small_plain_bytes = 16U << 10;
constexpr std::size_t k_small_compressed_bytes = 4U << 10;
/// What they are put together to, before compression.
constexpr std::size_t k_coalesced_bytes_max = 512U << 10;
/// What a batch in flight costs beside its bytes.
constexpr std::size_t k_batch_overhead_bytes = 512;

/// Fetching as its shards see it. Thread: the loop's, except for the constructor, the destructor,
/// and start, which is any.
class Fetching {
 public:
  explicit Fetching(SourceOptions options)
      : options_(std::move(options)), basics_{slabs_, options_.fetched_bytes_max} {
    cluster_ = client::Cluster::create(loop_.loop(), slabs_, options_.cluster, options_.on_trouble);
    fetcher_ = client::Fetcher::create(*cluster_, options_.fetch);
  }
  /// The thread that drove the loop is gone.
  ~Fetching() {
    fetcher_.reset();
    cluster_.reset();
  }
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;

  void start(PassFeed& feed, const TopicPartition& tp, Offset from) {
    loop_.loop().run([&] {
      if (topics_[tp.topic]++ == 0) cluster_->watch(tp.topic);
      fetcher_->start(feed, tp, from);
    });
  }
  void stop(PassFeed& feed, const TopicPartition& tp) {
    fetcher_->stop(feed);
    if (--topics_[tp.topic] > 0) return;
    topics_.erase(tp.topic);
    cluster_->unwatch(tp.topic);
  }
  void restart(PassFeed& feed, const TopicPartition& tp, Offset from) {
    fetcher_->stop(feed);
    feed.restart(from.value());
    if (!feed.cut()) fetcher_->start(feed, tp, from);
  }
  void resume(PassFeed& feed) { fetcher_->resume(feed); }

  StreamLoop& loop() noexcept { return loop_; }
  const SourceOptions& options() const noexcept { return options_; }
  FeedBasics& basics() noexcept { return basics_; }

 private:
  const SourceOptions options_;
  client::SlabPool slabs_;
  FeedBasics basics_;
  std::unique_ptr<client::Cluster> cluster_;  // the loop's, like what follows
  std::unique_ptr<client::Fetcher> fetcher_;
  std::map<std::string, int> topics_;  ///< with how many of their partitions are fetched
  StreamLoop loop_;
};

bool small(const FetchedBatch& fetched) noexcept {
  const bool plain = fetched.header.codec() == protocol::Codec::none;
  const bool whole = fetched.verdict == Verdict::pass || fetched.reason == Reason::recompress;
  return whole && fetched.bytes.size() < (plain ? k_small_plain_bytes : k_small_compressed_bytes);
}

class PassShardReader final : public pipeline::ShardReader {
 public:
  PassShardReader(Fetching& fetching, TopicPartition tp, const JudgeSettings& settings,
                  Offset start, std::function<void()> on_ready)
      : fetching_(fetching),
        tp_(std::move(tp)),
        settings_(settings),
        feed_(fetching.basics(), settings, fetching.options().name + ": " + to_string(tp_),
              start.value(), std::move(on_ready)) {
    fetching_.start(feed_, tp_, start);
  }
  ~PassShardReader() override { fetching_.stop(feed_, tp_); }
  PassShardReader(const PassShardReader&) = delete;
  PassShardReader& operator=(const PassShardReader&) = delete;

  pipeline::LogEnd log_end() const override { return feed_.log_end(); }
  ReadOutcome read(Offset expected) override;
  void seek(Offset offset) override { fetching_.restart(feed_, tp_, offset); }

 private:
  std::size_t run_length() const;
  Result<void> fill(PassBatch& batch);
  void pass(PassBatch& batch, FetchedBatch fetched);
  Result<void> recode(PassBatch& batch, std::size_t count);

  Fetching& fetching_;
  const TopicPartition tp_;
  const JudgeSettings settings_;
  PassFeed feed_;
  Recoder recoder_;
};

ReadOutcome PassShardReader::read(Offset expected) {
  ReadOutcome outcome;
  const auto& queue = feed_.queue();
  while (!queue.empty() && queue[0].to <= expected.value()) feed_.pop();
  if (queue.empty()) {
    outcome.failure = feed_.failure();
    if (outcome.failure) return outcome;  // nothing more until a seek
  } else {
    auto batch = batch_pool().take();
    batch->first_offset = Offset(queue[0].from);
    batch->next_offset = Offset(queue[0].from);
    if (auto filled = fill(*batch); filled) {
      batch->memory_bytes += k_batch_overhead_bytes;
      outcome.batch = std::move(batch);
    } else {
      outcome.failure =
          ReadFailure{ReadFailure::Kind::corrupt, "CORRUPT_MESSAGE", filled.error().text};
      batch_pool().give_back(std::move(batch));
    }
  }
  if (feed_.wants_more()) fetching_.resume(feed_);
  return outcome;
}

/// One batch for the pipeline out of what waits. Batches that hold nothing for the target only move
/// its end, before and behind records.
Result<void> PassShardReader::fill(PassBatch& batch) {
  const auto& queue = feed_.queue();
  const auto skip = [&] {
    while (!queue.empty() && queue[0].verdict == Verdict::skip) {
      batch.next_offset = Offset(feed_.pop().to);
    }
  };
  skip();
  if (queue.empty()) return {};
  if (const std::size_t run = run_length(); run > 1) {
    if (auto result = recode(batch, run); !result) return result;
  } else if (queue[0].verdict == Verdict::recode) {
    if (auto result = recode(batch, 1); !result) return result;
  } else {
    pass(batch, feed_.pop());
  }
  skip();
  return {};
}

/// How many of the first batches are small and go together.
std::size_t PassShardReader::run_length() const {
  const auto& queue = feed_.queue();
  const protocol::Codec codec = queue[0].header.codec();
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < queue.size(); ++count) {
    const FetchedBatch& fetched = queue[count];
    bytes += fetched.bytes.size();
    if (!small(fetched) || fetched.header.codec() != codec || bytes > k_coalesced_bytes_max) break;
  }
  return count;
}

void PassShardReader::pass(PassBatch& batch, FetchedBatch fetched) {
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
  const auto& queue = feed_.queue();
  recoder_.begin(settings_.codec.value_or(queue[0].header.codec()), bytes_max);
  batch.oldest_timestamp = queue[0].header.base_timestamp;
  for (std::size_t i = 0; i < count; ++i) {
    const FetchedBatch& fetched = queue[0];
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
    if (fetched.verdict == Verdict::pass) {
      fetching_.basics().coalesced.fetch_add(1, std::memory_order_relaxed);
    }
    feed_.pop();
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
                                 options.keep_append_times, traits.target_batch_bytes_max,
                                 options.codec};
    return std::unique_ptr<pipeline::ShardReader>(
        std::make_unique<PassShardReader>(fetching_, source, settings, start, std::move(on_ready)));
  }

  ring::Waiter* waiter() override { return &fetching_.loop(); }
  std::unique_ptr<pipeline::Writer> make_writer(TargetOptions options) override {
    return passthrough::make_writer(fetching_.loop(), std::move(options));
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
