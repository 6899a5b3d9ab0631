#include "kferry/pipeline/stream.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "kferry/base/log.hpp"

namespace kferry::pipeline {
namespace {

/// Each wait asks the kernel for news, which costs as much as a few batches.
constexpr int k_turns_between_waits = 8;

}  // namespace

Stream::Stream(Options options, Reader& reader, ByteBudget& budget, const Clock& clock,
               EventSink events)
    : options_(std::move(options)),
      reader_(reader),
      budget_(budget),
      clock_(clock),
      events_(std::move(events)) {}

Result<std::unique_ptr<Stream>> Stream::create(Options options, Reader& reader,
                                               const WriterFactory& make_writer, ByteBudget& budget,
                                               const Clock& clock, EventSink events) {
  std::unique_ptr<Stream> stream(
      new Stream(std::move(options), reader, budget, clock, std::move(events)));
  auto writer = make_writer([raw = stream.get()] { raw->target_wakes_.wake(); });
  if (!writer) return writer.error();
  stream->writer_ = std::move(*writer);
  stream->start();
  return stream;
}

void Stream::start() {
  if (ring::Waiter* const waiter = reader_.waiter()) {
    source_wakes_.wait_on(*waiter);
    target_wakes_.wait_on(*waiter);
    threads_.emplace_back([this, waiter] { run_both(*waiter); });
    pthread_setname_np(threads_.back().native_handle(), "kferry-stream");
    // From here on the thread has waited once, so that the waiter knows whose it is.
    source_wakes_.call([] {});
    return;
  }
  threads_.emplace_back([this] { run_source(); });
  pthread_setname_np(threads_.back().native_handle(), "kferry-source");
  threads_.emplace_back([this] { run_target(); });
  pthread_setname_np(threads_.back().native_handle(), "kferry-target");
}

/// Both sides on one thread: no wake-up between them, and what was read is sent from the cache.
void Stream::run_both(ring::Waiter& waiter) {
  Wakes source;
  Wakes target;
  bool calm = false;
  while (!stopping_) {
    waiter.wait(calm ? std::min(source_pause(), target_pause()) : Milliseconds(0));
    for (int turn = 0; turn < k_turns_between_waits; ++turn) {
      source_wakes_.take(source, Milliseconds(0));
      serve_source(source);
      target_wakes_.take(target, Milliseconds(0));
      serve_target(target);
      calm = source_wakes_.about_to_sleep() && target_wakes_.about_to_sleep();
      if (calm || stopping_) break;
    }
  }
}

Stream::~Stream() {
  stopping_ = true;
  source_wakes_.wake();
  target_wakes_.wake();
  for (std::thread& thread : threads_) thread.join();
  writer_.reset();  // it wakes the lists below until it is gone
}

Result<void> Stream::open(Shard& shard) {
  auto reader = reader_.open(shard.source, Offset(shard.read_position),
                             [this, &shard] { source_ready(shard); });
  if (!reader) return reader.error();
  target_wakes_.call([&] {
    shards_.push_back(&shard);
    writer_->expect(shard);
  });
  source_wakes_.call([&] {
    shard.reading.reader = std::move(*reader);
    shard.reading.open = true;
  });
  source_ready(shard);
  return {};
}

void Stream::stop_reading(Shard& shard) {
  source_wakes_.call([&] {
    shard.reading.open = false;
    shard.source_end_live = false;
  });
}

bool Stream::drained(Shard& shard) {
  bool done = false;
  target_wakes_.call([&] {
    // A shard that can not send has nothing more to wait for either: what it holds is read again.
    done = shard.writing.parked ? shard.writing.in_flight == 0
                                : shard.ring.empty() && shard.writing.ledger.empty();
  });
  return done;
}

void Stream::abandon(const std::vector<Shard*>& shards) {
  target_wakes_.call([&] {
    const bool in_flight = std::any_of(shards.begin(), shards.end(), [](const Shard* shard) {
      return shard->writing.in_flight > 0;
    });
    for (Shard* shard : shards) shard->writing.parked = true;
    if (in_flight) reset_writer(Milliseconds(0));
    for (Shard* shard : shards) drop_everything(*shard);
  });
}

void Stream::release(Shard& shard) {
  source_wakes_.call([&] {
    shard.reading.open = false;
    shard.reading.reader.reset();  // from here on nothing calls source_ready for it
    std::erase(waiting_for_budget_, &shard);
  });
  target_wakes_.call([&] {
    drop_everything(shard);
    std::erase(shards_, &shard);
    std::erase(blocked_, &shard);
    std::erase(touched_, &shard);
    writer_->forget(shard);
  });
  // Both threads may have taken the shard from their lists before; another round trip lets them
  // come past it.
  source_wakes_.call([] {});
  target_wakes_.call([] {});
}

void Stream::resume(Shard& shard, Offset offset) {
  target_wakes_.call([&] {
    drop_everything(shard);
    shard.writing.ledger = Ledger(k_ledger_slots, offset);
    shard.writing.send_slot = 0;
    shard.writing.send_index = 0;
    shard.writing.parked = false;
    shard.position = offset.value();
  });
  source_wakes_.call([&] {
    shard.read_position = offset.value();
    shard.reading.reader->seek(offset);
    shard.reading.open = true;
  });
  source_ready(shard);
}

std::map<std::string, std::uint64_t> Stream::send_errors() const {
  const std::lock_guard lock(send_errors_mutex_);
  return send_errors_;
}

void Stream::count_send_error(const std::string& reason) {
  const std::lock_guard lock(send_errors_mutex_);
  ++send_errors_[reason];
}

void Stream::source_ready(Shard& shard) {
  if (!shard.source_queued.exchange(true)) source_wakes_.push(&shard);
}

void Stream::target_ready(Shard& shard) {
  if (!shard.target_queued.exchange(true)) target_wakes_.push(&shard);
}

}  // namespace kferry::pipeline
