#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engines/passthrough/batch_judge.hpp"
#include "kferry/client/fetcher.hpp"
#include "kferry/pipeline/engine.hpp"

namespace kferry::engines::passthrough {

/// A judged batch on its way from the loop to the source thread.
struct FetchedBatch {
  Verdict verdict = Verdict::pass;
  Reason reason = Reason::none;
  std::span<std::byte> bytes;
  protocol::BatchHeader header;
  std::int64_t from = 0;
  std::int64_t to = 0;
  client::SlabRef slab;
};

/// What all feeds of a reader share. Counters: written by the loop and the source thread.
struct FeedBasics {
  client::SlabPool& slabs;
  const std::size_t fetched_bytes_max;  ///< in slabs
  const std::size_t queued_bytes_max;   ///< of one partition
  std::array<std::array<std::atomic<std::uint64_t>, k_reasons>, k_verdicts> counts{};
  std::atomic<std::uint64_t> coalesced{0};
};

/// One partition between the fetcher and the source thread: judges what comes and queues it.
/// Thread: on_ calls and restart on the loop; take and failure on the source thread.
class PassFeed final : public client::FetchFeed {
 public:
  PassFeed(FeedBasics& basics, JudgeSettings settings, std::string name, std::int64_t start,
           std::function<void()> on_ready)
      : basics_(basics),
        name_(std::move(name)),
        judge_(settings, start),
        on_ready_(std::move(on_ready)) {}

  Wish on_fetched(const client::Fetched& fetched) override;
  void on_trouble(client::FetchTrouble trouble, std::int16_t error,
                  const std::string& text) override;

  /// Forgets what is queued and goes on elsewhere. The fetcher does not know the feed meanwhile.
  void restart(std::int64_t offset);

  /// Everything that is queued, appended in order. True when the fetcher has to be told that there
  /// is room again.
  bool take(std::vector<FetchedBatch>& into);
  std::optional<pipeline::ReadFailure> failure();

 private:
  void fail(pipeline::ReadFailure::Kind kind, std::string reason, std::string text);
  void count(const Judgement& judgement);

  FeedBasics& basics_;
  const std::string name_;
  BatchJudge judge_;
  std::int32_t leader_epoch_ = -1;  ///< of the last judged batch
  const std::function<void()> on_ready_;
  std::vector<FetchedBatch> judged_;  ///< loop

  std::mutex mutex_;
  std::vector<FetchedBatch> queue_;
  std::size_t queued_bytes_ = 0;
  bool paused_ = false;
  std::optional<pipeline::ReadFailure> failure_;
};

}  // namespace kferry::engines::passthrough
