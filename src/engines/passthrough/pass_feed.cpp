#include "engines/passthrough/pass_feed.hpp"

#include <iterator>
#include <utility>

#include "kferry/base/log.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"

namespace kferry::engines::passthrough {
namespace {

using pipeline::ReadFailure;

ReadFailure::Kind to_kind(client::FetchTrouble trouble) noexcept {
  switch (trouble) {
    case client::FetchTrouble::out_of_range:
    case client::FetchTrouble::truncated:
      return ReadFailure::Kind::out_of_range;
    case client::FetchTrouble::corrupt:
      return ReadFailure::Kind::corrupt;
    case client::FetchTrouble::refused:
      break;
  }
  return ReadFailure::Kind::refused;
}

std::string reason_of(client::FetchTrouble trouble) {
  switch (trouble) {
    case client::FetchTrouble::out_of_range:
      return "OFFSET_OUT_OF_RANGE";
    case client::FetchTrouble::truncated:
      return "LOG_TRUNCATED";
    case client::FetchTrouble::corrupt:
      return "CORRUPT_MESSAGE";
    case client::FetchTrouble::refused:
      break;
  }
  return "REFUSED";
}

}  // namespace

client::FetchFeed::Wish PassFeed::on_fetched(const client::Fetched& fetched) {
  judge_.begin(fetched.records, fetched.aborted, fetched.high_watermark,
               fetched.last_stable_offset);
  std::size_t bytes = 0;
  while (const auto judgement = judge_.next()) {
    count(*judgement);
    switch (judgement->verdict) {
      case Verdict::pass:
      case Verdict::recode:
      case Verdict::skip:
        leader_epoch_ = judgement->header.leader_epoch;
        bytes += judgement->size_bytes;
        judged_.push_back({judgement->verdict, judgement->reason,
                           fetched.records.subspan(judgement->at, judgement->size_bytes),
                           judgement->header, judgement->from, judgement->to, fetched.slab});
        break;
      case Verdict::refetch:
        log::warning("passthrough", "{}: fetching again from offset {}: {}", name_,
                     judge_.wanted_offset(), to_string(judgement->reason));
        break;
      case Verdict::corrupt:
        fail(ReadFailure::Kind::corrupt, "CORRUPT_MESSAGE",
             "the batch at offset " + std::to_string(judge_.wanted_offset()) +
                 " came damaged twice (" + std::string(to_string(judgement->reason)) + ")");
        break;
      case Verdict::old_format:
        fail(ReadFailure::Kind::refused, std::string(k_old_message_format),
             "message format 0 or 1 at offset " + std::to_string(judge_.wanted_offset()) +
                 ", which only the engine records reads: choose --engine auto");
        break;
      case Verdict::cut:
        break;
    }
  }
  Wish wish{judge_.wanted_offset(), leader_epoch_, false};
  bool ready = false;
  {
    const std::lock_guard lock(mutex_);
    ready = !judged_.empty() || failure_.has_value();
    std::move(judged_.begin(), judged_.end(), std::back_inserter(queue_));
    queued_bytes_ += bytes;
    // One that holds nothing may go on whatever the others hold, so that none waits forever.
    paused_ = failure_.has_value() || queued_bytes_ >= basics_.queued_bytes_max ||
              (queued_bytes_ > 0 && basics_.slabs.bytes_in_use() >= basics_.fetched_bytes_max);
    wish.paused = paused_;
  }
  judged_.clear();
  if (ready) on_ready_();
  return wish;
}

void PassFeed::count(const Judgement& judgement) {
  if (judgement.verdict == Verdict::cut) return;
  auto& counter = basics_.counts[static_cast<std::size_t>(judgement.verdict)]
                                [static_cast<std::size_t>(judgement.reason)];
  counter.fetch_add(1, std::memory_order_relaxed);
}

void PassFeed::on_trouble(client::FetchTrouble trouble, std::int16_t, const std::string& text) {
  fail(to_kind(trouble), reason_of(trouble), text);
  on_ready_();
}

void PassFeed::fail(ReadFailure::Kind kind, std::string reason, std::string text) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = ReadFailure{kind, std::move(reason), std::move(text)};
}

void PassFeed::restart(std::int64_t offset) {
  judge_.restart(offset);
  leader_epoch_ = -1;
  const std::lock_guard lock(mutex_);
  queue_.clear();
  queued_bytes_ = 0;
  paused_ = false;
  failure_.reset();
}

bool PassFeed::take(std::vector<FetchedBatch>& into) {
  const std::lock_guard lock(mutex_);
  std::move(queue_.begin(), queue_.end(), std::back_inserter(into));
  queue_.clear();
  queued_bytes_ = 0;
  return !failure_ && std::exchange(paused_, false);
}

std::optional<pipeline::ReadFailure> PassFeed::failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, std::nullopt);
}

}  // namespace kferry::engines::passthrough
