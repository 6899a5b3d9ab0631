#include "engines/passthrough/pass_feed.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "kferry/base/log.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"
#include "kferry/protocol/errors.hpp"

namespace kferry::engines::passthrough {
namespace {

using pipeline::ReadFailure;

/// What one partition may always have waiting.
constexpr std::size_t k_queued_bytes_min = 64U << 10;
/// Else what so many answers hold for it: one is taken while the next one comes.
constexpr std::size_t k_answers_queued = 2;
/// Answers in a row of which nothing is taken: then the partition stands still, and holds the whole
/// answer for its part of it.
constexpr std::size_t k_answers_held = 4;
/// A log that is odd all along is not worth a line for each answer.
constexpr Milliseconds k_warn_pause{60'000};

ReadFailure::Kind to_kind(client::FetchTrouble trouble) noexcept {
  switch (trouble) {
    case client::FetchTrouble::out_of_range:
      return ReadFailure::Kind::out_of_range;
    case client::FetchTrouble::truncated:
      return ReadFailure::Kind::truncated;
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

/// The partition's part of an answer without the rest of it, which belongs to others.
client::Fetched PassFeed::own_copy(const client::Fetched& fetched) {
  client::Fetched own = fetched;
  if (fetched.records.empty()) return own;
  own.slab = basics_.slabs.take(fetched.records.size());
  std::copy(fetched.records.begin(), fetched.records.end(), own.slab.data());
  own.records = {own.slab.data(), fetched.records.size()};
  return own;
}

client::FetchFeed::Wish PassFeed::on_fetched(const client::Fetched& answer) {
  const bool held = !queue_.empty() && ++answers_held_ > k_answers_held &&
                    answer.records.size() < answer.slab.capacity() / 4;
  return held ? take(own_copy(answer)) : take(answer);
}

client::FetchFeed::Wish PassFeed::take(const client::Fetched& fetched) {
  judge_.begin(fetched.records, fetched.aborted, fetched.high_watermark,
               fetched.last_stable_offset);
  const std::size_t queued_before = queue_.size();
  while (const auto judgement = judge_.next()) {
    count(*judgement);
    switch (judgement->verdict) {
      case Verdict::pass:
      case Verdict::recode:
      case Verdict::skip:
        leader_epoch_ = judgement->header.leader_epoch;
        queued_bytes_ += judgement->size_bytes;
        queue_.push({judgement->verdict, judgement->reason,
                     fetched.records.subspan(judgement->at, judgement->size_bytes),
                     judgement->header, judgement->from, judgement->to, fetched.slab});
        break;
      case Verdict::refetch:
        log_refetch(*judgement);
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
  queued_bytes_max_ = std::max(k_queued_bytes_min, k_answers_queued * fetched.bytes_max);
  // One that holds nothing may go on whatever the others hold, so that none waits forever.
  paused_ = failure_.has_value() || queued_bytes_ >= queued_bytes_max_ ||
            (queued_bytes_ > 0 && basics_.slabs.bytes_in_use() >= basics_.fetched_bytes_max);
  const bool stable = judge_.settings().read_committed && fetched.last_stable_offset >= 0;
  const std::int64_t end = stable ? fetched.last_stable_offset : fetched.high_watermark;
  const bool moved = std::exchange(log_end_, end) != end;
  const bool heard_anew = !std::exchange(heard_, true);
  if (queue_.size() > queued_before || failure_ || moved || heard_anew) on_ready_();
  return {judge_.wanted_offset(), leader_epoch_, paused_};
}

void PassFeed::log_refetch(const Judgement& judgement) {
  // Reading that begins inside of a batch is no trouble.
  bool usual = judgement.reason == Reason::crop || judgement.reason == Reason::place ||
               (judgement.reason == Reason::gap && judge_.settings().compacted);
  const SteadyTime now = std::chrono::steady_clock::now();
  if (!usual && now < may_warn_at_) usual = true;
  if (!usual) may_warn_at_ = now + k_warn_pause;
  const log::Level level = usual ? log::Level::debug : log::Level::warning;
  if (!log::enabled(level)) return;
  log::write(level, "passthrough",
             fmt::format("{}: fetching again from offset {}: {}", name_, judgement.from,
                         to_string(judgement.reason)));
}

void PassFeed::count(const Judgement& judgement) {
  if (judgement.verdict == Verdict::cut) return;
  auto& counter = basics_.counts[static_cast<std::size_t>(judgement.verdict)]
                                [static_cast<std::size_t>(judgement.reason)];
  counter.fetch_add(1, std::memory_order_relaxed);
}

void PassFeed::on_silence() {
  if (std::exchange(heard_, false)) on_ready_();
}

void PassFeed::on_trouble(client::FetchTrouble trouble, std::int16_t error,
                          const std::string& text) {
  const bool told = trouble == client::FetchTrouble::refused && error != 0;
  fail(to_kind(trouble), told ? protocol::error_text(error) : reason_of(trouble), text);
  on_ready_();
}

void PassFeed::fail(ReadFailure::Kind kind, std::string reason, std::string text) {
  if (!failure_) failure_ = ReadFailure{kind, std::move(reason), std::move(text)};
}

void PassFeed::restart(std::int64_t offset) {
  judge_.restart(offset);
  leader_epoch_ = -1;
  queue_.clear();
  queued_bytes_ = 0;
  answers_held_ = 0;
  paused_ = false;
  // Only the leader that was asked knows of it, and it is not asked again.
  if (!cut()) failure_.reset();
}

FetchedBatch PassFeed::pop() {
  FetchedBatch batch = queue_.pop();
  answers_held_ = 0;
  queued_bytes_ -= batch.bytes.size();
  return batch;
}

bool PassFeed::wants_more() {
  if (!paused_ || failure_) return false;
  // Not at once: each time costs the broker a line in the next request.
  if (queued_bytes_ > queued_bytes_max_ / 2) return false;
  if (!queue_.empty() && basics_.slabs.bytes_in_use() >= basics_.fetched_bytes_max) return false;
  paused_ = false;
  return true;
}

}  // namespace kferry::engines::passthrough
