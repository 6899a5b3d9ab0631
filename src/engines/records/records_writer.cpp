// Writes batches through a producer of librdkafka. Payloads are borrowed, not copied; a delivery
// report brings back the address of the record it is about.

#include <librdkafka/rdkafka.h>

#include <array>
#include <map>
#include <utility>

#include "engines/records/produce_request.hpp"
#include "engines/records/record_batch.hpp"
#include "kferry/base/clock.hpp"
#include "kferry/base/log.hpp"
#include "kferry/engines/records/records_engine.hpp"
#include "kferry/kafka/connection_watch.hpp"
#include "kferry/kafka/error_map.hpp"
#include "kferry/pipeline/shard.hpp"

namespace kferry::engines::records {
namespace {

using pipeline::AckListener;
using pipeline::Batch;
using pipeline::WriteOutcome;

/// How long a reset waits at a time for delivery reports of purged records.
constexpr int k_purge_poll_ms = 20;
/// After this long without the last of them something is wrong, and is said.
constexpr Milliseconds k_purge_patience{5'000};

class ProducerWriter final : public pipeline::Writer {
 public:
  ProducerWriter(WriterOptions options, std::function<void()> on_acknowledgements)
      : options_(std::move(options)),
        context_{kafka::Side::target, options_.name, options_.watch},
        on_acknowledgements_(std::move(on_acknowledgements)),
        idempotent_(options_.idempotence.value_or(true)) {}
  ~ProducerWriter() override { close(); }
  ProducerWriter(const ProducerWriter&) = delete;
  ProducerWriter& operator=(const ProducerWriter&) = delete;

  Result<void> open();

  WriteOutcome write(Batch& batch, std::uint32_t from, std::uint32_t count_max) override;
  void collect(AckListener& listener) override;
  const std::string* broken() const override { return broken_ ? &*broken_ : nullptr; }
  Result<void> reset(AckListener& listener, Milliseconds graceful) override;
  void recycle(pipeline::BatchPtr batch) override {
    batch_pool().give_back(
        std::unique_ptr<RecordBatch>(static_cast<RecordBatch*>(batch.release())));
  }

 private:
  static void ready(rd_kafka_t*, void* self) {
    static_cast<ProducerWriter*>(self)->on_acknowledgements_();
  }
  bool serve(AckListener& listener, int timeout_ms);
  void deliver(const rd_kafka_event_t& event, AckListener& listener);
  static void take_headers_back(const rd_kafka_message_t& report, Record& record);
  void deliver_failure(const rd_kafka_message_t& report, Record& record, AckListener& listener);
  void note_fatal();
  rd_kafka_topic_t* topic(const std::string& name);
  void close();

  WriterOptions options_;
  kafka::LogContext context_;
  std::function<void()> on_acknowledgements_;
  bool idempotent_;
  std::optional<std::string> broken_;
  std::uint64_t in_flight_ = 0;
  kafka::Client producer_;
  kafka::Queue queue_;
  std::map<std::string, kafka::TopicHandle, std::less<>> topics_;
  std::vector<const rd_kafka_message_t*> reports_;
};

Result<void> ProducerWriter::open() {
  // The flow's credentials may have changed since the options were made.
  if (options_.watch) options_.config.security = options_.watch->profile();
  auto producer = open_producer(options_.config, idempotent_, context_);
  if (!producer) return producer.error();
  producer_ = std::move(*producer);
  queue_.reset(rd_kafka_queue_get_main(producer_.get()));
  rd_kafka_queue_cb_event_enable(queue_.get(), &ProducerWriter::ready, this);
  broken_.reset();
  return {};
}

/// The order matters to the library: topics and queues go before their client.
void ProducerWriter::close() {
  topics_.clear();
  if (queue_) rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  queue_.reset();
  producer_.reset();
}

rd_kafka_topic_t* ProducerWriter::topic(const std::string& name) {
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    kafka::TopicHandle handle(rd_kafka_topic_new(producer_.get(), name.c_str(), nullptr));
    found = topics_.emplace(name, std::move(handle)).first;
  }
  return found->second.get();
}

WriteOutcome ProducerWriter::write(Batch& batch, std::uint32_t from, std::uint32_t count_max) {
  WriteOutcome outcome;
  outcome.next = from;
  if (broken_) {
    outcome.status = WriteOutcome::Status::broken;
    return outcome;
  }
  auto& records = static_cast<RecordBatch&>(batch).contents();
  const pipeline::Shard& shard = *batch.shard;
  ProduceRequest request(topic(shard.target_topic), shard, options_.transform);
  std::uint64_t timestamps_replaced = 0;
  for (; outcome.next < records.size() && outcome.sent < count_max; ++outcome.next) {
    Record& record = records[outcome.next];
    if (record.state != Record::State::unsent) continue;
    if (!request.wanted(record)) {
      record.state = Record::State::done;
      ++outcome.filtered;
      continue;
    }
    const auto err = request.send(producer_.get(), record);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      record.state = Record::State::in_flight;
      ++outcome.sent;
      if (request.timestamp_was_zero()) ++timestamps_replaced;
      continue;
    }
    if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      outcome.status = WriteOutcome::Status::full;
    } else if (err == RD_KAFKA_RESP_ERR__FATAL) {
      note_fatal();
      outcome.status = WriteOutcome::Status::broken;
    } else {
      outcome.status = WriteOutcome::Status::rejected;
      outcome.kind = kafka::classify_delivery(err);
      outcome.reason = kafka::error_name(err);
      outcome.text = kafka::error_text(err);
    }
    break;
  }
  in_flight_ += outcome.sent;
  if (timestamps_replaced > 0) options_.on_timestamps_replaced(timestamps_replaced);
  return outcome;
}

void ProducerWriter::collect(AckListener& listener) {
  while (serve(listener, 0)) {
  }
}

/// Serves one event. False when there was none.
bool ProducerWriter::serve(AckListener& listener, int timeout_ms) {
  const kafka::Event event(rd_kafka_queue_poll(queue_.get(), timeout_ms));
  if (!event) return false;
  switch (rd_kafka_event_type(event.get())) {
    case RD_KAFKA_EVENT_DR:
      deliver(*event, listener);
      break;
    case RD_KAFKA_EVENT_ERROR:
      if (rd_kafka_event_error_is_fatal(event.get()) != 0) {
        note_fatal();
      } else {
        log::debug("records", "{}: target: {}", options_.name,
                   rd_kafka_event_error_string(event.get()));
      }
      break;
    default:
      break;
  }
  return true;
}

void ProducerWriter::deliver(const rd_kafka_event_t& event, AckListener& listener) {
  auto* raw = const_cast<rd_kafka_event_t*>(&event);  // the library's signature, nothing changes
  reports_.resize(rd_kafka_event_message_count(raw));
  const std::size_t count = rd_kafka_event_message_array(raw, reports_.data(), reports_.size());
  in_flight_ -= count;
  RecordBatch* batch = nullptr;
  std::uint32_t run = 0;  // acknowledgements of one batch come in a row
  for (std::size_t i = 0; i < count; ++i) {
    auto& record = *static_cast<Record*>(reports_[i]->_private);
    if (record.batch != batch || reports_[i]->err != 0) {
      if (run > 0) listener.on_acknowledged(*batch, run);
      batch = record.batch;
      run = 0;
    }
    take_headers_back(*reports_[i], record);
    if (reports_[i]->err == 0) {
      record.state = Record::State::acknowledged;
      ++run;
    } else {
      deliver_failure(*reports_[i], record, listener);
    }
  }
  if (run > 0) listener.on_acknowledged(*batch, run);
}

/// The headers were handed over with the record, which may have to be sent again: also one that
/// arrived, when an earlier one did not.
void ProducerWriter::take_headers_back(const rd_kafka_message_t& report, Record& record) {
  if (!std::exchange(record.headers_sent, false)) return;
  rd_kafka_headers_t* headers = nullptr;
  auto* message = const_cast<rd_kafka_message_t*>(&report);
  if (rd_kafka_message_detach_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    record.headers.reset(headers);
  }
}

void ProducerWriter::deliver_failure(const rd_kafka_message_t& report, Record& record,
                                     AckListener& listener) {
  record.state = Record::State::unsent;
  const ErrorKind kind = kafka::classify_delivery(report.err);
  if (kind == ErrorKind::record || kind == ErrorKind::shard) {
    listener.on_failed(*record.batch, record.batch->index_of(record), kind,
                       kafka::error_name(report.err), kafka::error_text(report.err));
    return;
  }
  listener.on_returned(*record.batch);
  if (!broken_) {
    note_fatal();
    if (!broken_) broken_ = kafka::error_text(report.err);
  }
}

void ProducerWriter::note_fatal() {
  std::array<char, 512> text{};
  const auto code = rd_kafka_fatal_error(producer_.get(), text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  broken_ = text.data();
  const bool refused = code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
                       code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
                       code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION;
  if (refused && idempotent_ && !options_.idempotence) {
    idempotent_ = false;
    log::warning("records",
                 "{}: the target allows no idempotent producer ({}): going on without it, one "
                 "request in flight per connection so that the order is kept; a retry after a lost "
                 "answer can repeat records. Give the principal IdempotentWrite on the cluster, or "
                 "set enable.idempotence=false to make this choice yours",
                 options_.name, text.data());
  }
}

Result<void> ProducerWriter::reset(AckListener& listener, Milliseconds graceful) {
  const auto start = std::chrono::steady_clock::now();
  if (producer_) {
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE);
    auto warn_at = start + k_purge_patience;
    bool purged_all = false;
    while (in_flight_ > 0) {
      const auto now = std::chrono::steady_clock::now();
      if (!purged_all && now - start >= graceful) {
        rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        purged_all = true;
      }
      if (now >= warn_at) {
        log::warning("records", "{}: {} records are still held by the old producer", options_.name,
                     in_flight_);
        rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        warn_at = now + k_purge_patience;
      }
      serve(listener, k_purge_poll_ms);
    }
  }
  close();
  return open();
}

}  // namespace

Result<std::unique_ptr<pipeline::Writer>> make_writer(WriterOptions options,
                                                      std::function<void()> on_acknowledgements) {
  auto writer =
      std::make_unique<ProducerWriter>(std::move(options), std::move(on_acknowledgements));
  if (const Result<void> opened = writer->open(); !opened) return opened.error();
  return std::unique_ptr<pipeline::Writer>(std::move(writer));
}

}  // namespace kferry::engines::records
