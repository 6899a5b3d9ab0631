#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engines/passthrough/batch_judge.hpp"
#include "kferry/base/fifo.hpp"
#include "kferry/client/fetcher.hpp"
#include "kferry/pipeline/engine.hpp"

namespace kferry::engines::passthrough {

/// A judged batch that waits to be taken.
struct FetchedBatch {
  Verdict verdict = Verdict::pass;
  Reason reason = Reason::none;
  std::span<std::byte> bytes;
  protocol::BatchHeader header;
  std::int64_t from = 0;
  std::int64_t to = 0;
  client::SlabRef slab;
};

/// What all feeds of a reader share. Counters: written by its thread.
struct FeedBasics {
  client::SlabPool& slabs;
  const std::size_t fetched_bytes_max;  ///< in slabs
  std::array<std::array<std::atomic<std::uint64_t>, k_reasons>, k_verdicts> counts{};
  std::atomic<std::uint64_t> coalesced{0};
};

/// One partition between the fetcher and the stream: judges what comes and queues it.
/// Thread: the loop's, which is the stream's source thread.
class PassFeed final : public client::FetchFeed {
 public:
  PassFeed(FeedBasics& basics, JudgeSettings settings, std::string name, std::int64_t start,
           std::function<void()> on_ready)
      : basics_(basics),
        name_(std::move(name)),
        judge_(settings, start),
        on_ready_(std::move(on_ready)) {}

  Wish on_fetched(const client::Fetched& fetched) override;
  void on_silence() override;
  void on_trouble(client::FetchTrouble trouble, std::int16_t error,
                  const std::string& text) override;

  /// Forgets what is queued and goes on elsewhere. The fetcher does not know the feed meanwhile.
  void restart(std::int64_t offset);

  const Fifo<FetchedBatch>& queue() const noexcept { return queue_; }
  FetchedBatch pop();
  /// True once, when the fetcher has to be told that there is room again.
  bool wants_more();
  pipeline::LogEnd log_end() const noexcept {
    return {log_end_, heard_ && log_end_ >= 0 && !paused_ && !failure_};
  }
  /// The log was cut, and nobody was told yet.
  bool cut() const noexcept {
    return failure_ && failure_->kind == pipeline::ReadFailure::Kind::truncated;
  }
  std::optional<pipeline::ReadFailure> failure() { return std::exchange(failure_, std::nullopt); }

 private:
  void fail(pipeline::ReadFailure::Kind kind, std::string reason, std::string text);
  void count(const Judgement& judgement);
  void log_refetch(const Judgement& judgement);
  client::Fetched own_copy(const client::Fetched& fetched);
  Wish take(const client::Fetched& fetched);

  FeedBasics& basics_;
  const std::string name_;
  BatchJudge judge_;
  std::int32_t leader_epoch_ = -1;  ///< of the last judged batch
  const std::function<void()> on_ready_;
  Fifo<FetchedBatch> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t queued_bytes_max_ = 0;  ///< then nothing more is fetched
  std::size_t answers_held_ = 0;      ///< that came since one was taken last
  SteadyTime may_warn_at_{};
  std::int64_t log_end_ = -1;  ///< last stable offset under read_committed, else high watermark
  bool heard_ = false;         ///< of the log, since it could not be reached last
  bool paused_ = false;
  std::optional<pipeline::ReadFailure> failure_;
};

}  // namespace kferry::engines::passthrough
