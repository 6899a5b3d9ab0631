#pragma once

#include <librdkafka/rdkafka.h>

#include "engines/records/record_batch.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/handles.hpp"
#include "kferry/pipeline/shard.hpp"
#include "kferry/pipeline/transform.hpp"

namespace kferry::engines::records {

/// A producer with kferry's defaults below and the target's properties on top. What delivery
/// without loss or reordering depends on is forced.
Result<kafka::Client> open_producer(const kafka::ClientConfig& config, bool idempotent,
                                    kafka::LogContext& context);

/// Sends the records of one batch, one by one. Lives as long as the call that writes the batch.
class ProduceRequest {
 public:
  ProduceRequest(rd_kafka_topic_t* topic, const pipeline::Shard& shard,
                 const pipeline::TransformRules& transform)
      : topic_(topic), shard_(shard), transform_(transform) {}

  /// Whether the flow's filter lets the record through.
  bool wanted(Record& record) const;
  /// Hands the record to the producer, which borrows its payload until the delivery report.
  rd_kafka_resp_err_t send(rd_kafka_t* producer, Record& record);
  /// Of the record that was sent last: its timestamp is 0, which the library reads as "none".
  bool timestamp_was_zero() const noexcept { return timestamp_was_zero_; }

 private:
  rd_kafka_headers_t* headers_for(Record& record) const;

  rd_kafka_topic_t* topic_;
  const pipeline::Shard& shard_;
  const pipeline::TransformRules& transform_;
  bool timestamp_was_zero_ = false;
};

}  // namespace kferry::engines::records
