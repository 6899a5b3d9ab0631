#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "kferry/protocol/record_batch.hpp"
#include "kferry/protocol/records.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::testing {

/// One partition of a target as Kafka's brokers keep it: takes whole batches and guards the
/// sequence of idempotent producers. Source: LogValidator, ProducerAppendInfo.checkSequence and
/// ProducerStateEntry of Apache Kafka. Thread: one at a time.
class ScriptedLog {
 public:
  struct Appended {
    std::int16_t error = 0;
    std::int64_t base_offset = -1;
  };

  Appended append(ByteView batch) {
    const protocol::ScannedBatch scanned = protocol::scan_batch(batch);
    if (scanned.state != protocol::BatchScan::whole || scanned.size_bytes != batch.size())
      return {k_corrupt, -1};
    const protocol::BatchHeader& header = scanned.header;
    if (header.base_offset != 0 || !protocol::checksum_holds(batch)) return {k_corrupt, -1};
    if (header.transactional() || header.control() || !header.dense())
      return {k_invalid_record, -1};
    if (header.producer.id >= 0) {
      if (const auto known = judge_sequence(header)) return *known;
    }
    const auto base = static_cast<std::int64_t>(records.size());
    protocol::RecordsReader reader(batch.subspan(protocol::k_batch_header_bytes),
                                   header.record_count);
    while (const auto record = reader.next()) records.emplace_back(as_text(record->content));
    if (!reader.complete()) return {k_invalid_record, -1};
    return {0, base};
  }

  std::vector<std::string> records;  ///< contents, uncompressed batches only

 private:
  static constexpr std::int16_t k_corrupt = 2;
  static constexpr std::int16_t k_invalid_record = 87;
  static constexpr std::int16_t k_out_of_order = 45;
  static constexpr std::int16_t k_invalid_epoch = 47;
  static constexpr std::size_t k_batches_remembered = 5;

  struct Known {
    std::int32_t first = 0;
    std::int32_t last = 0;
    std::int64_t base_offset = 0;
  };
  struct Producer {
    std::int16_t epoch = -1;
    std::deque<Known> batches;
  };

  /// Nothing when the batch is the next one.
  std::optional<Appended> judge_sequence(const protocol::BatchHeader& header) {
    Producer& producer = producers_[header.producer.id];
    const std::int32_t first = header.base_sequence;
    const std::int32_t last = protocol::next_sequence(first, header.last_offset_delta);
    if (header.producer.epoch < producer.epoch) return Appended{k_invalid_epoch, -1};
    if (header.producer.epoch > producer.epoch) {
      // A producer that is not known at all may begin anywhere; a new epoch begins at 0.
      if (producer.epoch >= 0 && first != 0) return Appended{k_out_of_order, -1};
      producer = {header.producer.epoch, {}};
    }
    for (const Known& known : producer.batches) {
      if (known.first == first && known.last == last) return Appended{0, known.base_offset};
    }
    if (!producer.batches.empty() &&
        first != protocol::next_sequence(producer.batches.back().last, 1)) {
      return Appended{k_out_of_order, -1};
    }
    producer.batches.push_back({first, last, static_cast<std::int64_t>(records.size())});
    if (producer.batches.size() > k_batches_remembered) producer.batches.pop_front();
    return std::nullopt;
  }

  std::map<std::int64_t, Producer> producers_;
};

}  // namespace kferry::testing
