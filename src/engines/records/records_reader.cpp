// Reads partitions of a group member's client, each from its own queue: a queue that is not read
// fills to its limit and stops being fetched, which is all the backpressure there is.

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engines/records/record_batch.hpp"
#include "kferry/base/log.hpp"
#include "kferry/engines/records/records_engine.hpp"
#include "kferry/kafka/error_map.hpp"

namespace kferry::engines::records {
namespace {

/// A batch aims at this many payload bytes: enough to make a crossing between threads cheap, little
/// enough to start sending early.
constexpr std::size_t k_batch_bytes = 256 * 1024;
constexpr std::size_t k_batch_records_max = 1'000;
/// Assumed size of a record before one was seen.
constexpr std::size_t k_first_record_bytes = 1'024;

using StarvedCallback = std::function<void(const TopicPartition&)>;
using pipeline::ReadFailure;
using pipeline::ReadOutcome;

ReadFailure to_failure(const rd_kafka_message_t& message) {
  ReadFailure failure;
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      failure.kind = ReadFailure::Kind::out_of_range;
      break;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      failure.kind = ReadFailure::Kind::corrupt;
      break;
    default:
      failure.kind = ReadFailure::Kind::refused;
      break;
  }
  failure.reason = kafka::error_name(message.err);
  failure.text = rd_kafka_message_errstr(&message);
  return failure;
}

/// Errors that the library gets over by itself and that say nothing about the partition's data.
bool passing(rd_kafka_resp_err_t err) {
  switch (err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return true;
    default:
      return false;
  }
}

class QueueReader final : public pipeline::ShardReader {
 public:
  QueueReader(rd_kafka_t* consumer, TopicPartition source, kafka::Queue queue,
              std::function<void()> on_ready, const StarvedCallback& on_starved)
      : consumer_(consumer),
        source_(std::move(source)),
        on_ready_(std::move(on_ready)),
        on_starved_(on_starved),
        queue_(std::move(queue)) {
    rd_kafka_queue_cb_event_enable(queue_.get(), &QueueReader::ready, this);
  }
  ~QueueReader() override { rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr); }
  QueueReader(const QueueReader&) = delete;
  QueueReader& operator=(const QueueReader&) = delete;

  ReadOutcome read(Offset expected) override {
    const std::size_t wanted =
        std::clamp<std::size_t>(k_batch_bytes / record_bytes_, 1, k_batch_records_max);
    ReadOutcome outcome;
    // Stale records and passing errors are no news, but more may stand behind them.
    while (!outcome.batch && !outcome.failure) {
      const auto count = rd_kafka_consume_batch_queue(queue_.get(), 0, messages_.data(), wanted);
      if (count <= 0) {
        if (on_starved_ && behind(expected)) on_starved_(source_);
        break;
      }
      take(static_cast<std::size_t>(count), expected, outcome);
    }
    return outcome;
  }

 private:
  /// Whether the log goes on behind the offset, as far as the last fetch told.
  bool behind(Offset expected) const {
    std::int64_t low = 0;
    std::int64_t high = 0;
    return rd_kafka_get_watermark_offsets(consumer_, source_.topic.c_str(),
                                          source_.partition.value(), &low,
                                          &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           high > expected.value();
  }

  /// Called by the library's threads with the queue locked.
  static void ready(rd_kafka_t*, void* self) { static_cast<QueueReader*>(self)->on_ready_(); }

  void take(std::size_t count, Offset expected, ReadOutcome& outcome) {
    auto batch = batch_pool().take();
    Offset next_offset = expected;
    for (std::size_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages_[i];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && !outcome.failure) {
        if (message->offset >= next_offset.value()) {
          next_offset = next(Offset(message->offset));
          batch->add(message);
          continue;
        }
      } else if (!outcome.failure) {
        take_event(*message, next_offset, outcome);
      }
      rd_kafka_message_destroy(message);
    }
    finish(std::move(batch), expected, next_offset, outcome);
  }

  static void take_event(const rd_kafka_message_t& message, Offset& next_offset,
                         ReadOutcome& outcome) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // The end may lie behind records that nobody sees: the position follows it all the same.
      next_offset = std::max(next_offset, Offset(message.offset));
    } else if (passing(message.err)) {
      log::debug("records", "source: {}: {}", rd_kafka_topic_name(message.rkt),
                 rd_kafka_message_errstr(&message));
    } else {
      outcome.failure = to_failure(message);
    }
  }

  void finish(std::unique_ptr<RecordBatch> batch, Offset expected, Offset next_offset,
              ReadOutcome& outcome) {
    if (next_offset == expected) {
      batch_pool().give_back(std::move(batch));
      return;
    }
    batch->close(next_offset);
    if (batch->records > 0) {
      record_bytes_ = std::max<std::size_t>(1, batch->payload_bytes / batch->records);
    }
    outcome.batch = std::move(batch);
  }

  rd_kafka_t* consumer_;
  const TopicPartition source_;
  const std::function<void()> on_ready_;
  const StarvedCallback& on_starved_;
  kafka::Queue queue_;
  std::size_t record_bytes_ = k_first_record_bytes;
  std::array<rd_kafka_message_t*, k_batch_records_max> messages_;
};

class QueuesReader final : public pipeline::Reader {
 public:
  QueuesReader(rd_kafka_t* consumer, StarvedCallback on_starved)
      : consumer_(consumer), on_starved_(std::move(on_starved)) {}

  Result<std::unique_ptr<pipeline::ShardReader>> open(const TopicPartition& source, Offset,
                                                      std::function<void()> on_ready) override {
    kafka::Queue queue(
        rd_kafka_queue_get_partition(consumer_, source.topic.c_str(), source.partition.value()));
    if (!queue) {
      return Error{ErrorKind::bug, "no queue for source partition " + to_string(source)};
    }
    // Before the assignment: afterwards records could slip to the member's own queue.
    rd_kafka_queue_forward(queue.get(), nullptr);
    return std::unique_ptr<pipeline::ShardReader>(std::make_unique<QueueReader>(
        consumer_, source, std::move(queue), std::move(on_ready), on_starved_));
  }

 private:
  rd_kafka_t* consumer_;
  const StarvedCallback on_starved_;
};

}  // namespace

std::unique_ptr<pipeline::Reader> make_reader(rd_kafka_s* consumer, StarvedCallback on_starved) {
  return std::make_unique<QueuesReader>(consumer, std::move(on_starved));
}

}  // namespace kferry::engines::records
