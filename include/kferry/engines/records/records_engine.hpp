#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kferry/base/result.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/handles.hpp"
#include "kferry/pipeline/engine.hpp"
#include "kferry/pipeline/transform.hpp"

namespace kferry::engines::records {

/// Reads the partitions of a group member's client, each from its own queue. on_starved is called,
/// from source threads, when a partition's queue is empty though its log goes on: the library
/// stops fetching a partition whose queue is full and may look again only a second later
/// (rd_kafka_broker_serve), unless something wakes its thread; any request to the leader does.
std::unique_ptr<pipeline::Reader> make_reader(
    rd_kafka_s* consumer, std::function<void(const TopicPartition&)> on_starved = {});

struct WriterOptions {
  kafka::ClientConfig config;       ///< the target's properties, translated
  std::optional<bool> idempotence;  ///< unset: tried, and given up where it is not allowed
  std::string name;                 ///< for messages
  std::shared_ptr<kafka::ConnectionWatch> watch;  ///< told about the connections; may be null
  pipeline::TransformRules transform;             ///< what happens to each record on its way
  /// Called, from any thread, for every record whose timestamp is 0: the library sends those with
  /// the current time, since it reads 0 as "no timestamp".
  std::function<void(std::uint64_t count)> on_timestamps_replaced;
};

/// A producer of librdkafka behind the pipeline's Writer. The consumed records are not copied: the
/// producer borrows their payload and they are released when their batch has passed the ledger.
/// on_acknowledgements is called from the library's thread.
Result<std::unique_ptr<pipeline::Writer>> make_writer(WriterOptions options,
                                                      std::function<void()> on_acknowledgements);

}  // namespace kferry::engines::records
