#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <mutex>
#include <vector>

#include "kferry/pipeline/batch.hpp"

namespace kferry::engines::records {

struct HeadersDelete {
  void operator()(rd_kafka_headers_t* headers) const noexcept { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDelete>;

struct MessageDelete {
  void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageDelete>;

class RecordBatch;

/// One consumed record. Its address is what the producer's delivery report brings back.
struct Record {
  enum class State : std::uint8_t { unsent, in_flight, acknowledged, done };
  RecordBatch* batch = nullptr;
  Message message;
  Headers headers;             ///< given back by the delivery report; at first in the message
  bool headers_taken = false;  ///< out of the message
  bool headers_sent = false;   ///< with the producer
  State state = State::unsent;
};

/// Records of one source partition as librdkafka delivered them. They stay alive until the batch
/// has passed the ledger, so a producer may borrow their payload and they can be sent again.
class RecordBatch final : public pipeline::Batch {
 public:
  std::uint32_t rewind(bool from_start) override;
  std::uint32_t first_unsent() const override;
  Offset record_offset(std::uint32_t index) const override;
  void give_up(std::uint32_t index) override;

  void add(rd_kafka_message_t* message);
  /// Sets the fields of Batch from the records. next is the offset behind them.
  void close(Offset next);
  void clear();
  /// The producer borrows the address of a record, so no record may be added once one is sent.
  std::vector<Record>& contents() noexcept { return contents_; }
  std::uint32_t index_of(const Record& record) const noexcept {
    return static_cast<std::uint32_t>(&record - contents_.data());
  }

 private:
  std::vector<Record> contents_;
};

/// Emptied batches on their way back to the reader. Bounded by what was in flight at most.
/// Thread: any.
class BatchPool {
 public:
  std::unique_ptr<RecordBatch> take();
  void give_back(std::unique_ptr<RecordBatch> batch);

 private:
  /// More than this is never idle for long; the rest is freed.
  static constexpr std::size_t k_idle_batches_max = 256;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RecordBatch>> idle_;
};

/// One pool for the process: readers and writers of all streams and flows share it.
BatchPool& batch_pool();

}  // namespace kferry::engines::records
