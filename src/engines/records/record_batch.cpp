#include "engines/records/record_batch.hpp"

#include <algorithm>
#include <utility>

namespace kferry::engines::records {
namespace {

/// What librdkafka holds for a record beside its bytes while it goes through kferry: one fetch
/// operation (rd_kafka_op_t) and one produced message (rd_kafka_msg_t) with its copy of the key.
constexpr std::size_t k_record_overhead_bytes = 640;

}  // namespace

std::uint32_t RecordBatch::rewind(bool from_start) {
  std::uint32_t unsent = 0;
  bool gap = from_start;
  for (Record& record : contents_) {
    if (record.state == Record::State::done) continue;
    if (record.state != Record::State::acknowledged) gap = true;
    if (!gap) continue;
    record.state = Record::State::unsent;
    ++unsent;
  }
  return unsent;
}

std::uint32_t RecordBatch::first_unsent() const {
  const auto found = std::find_if(contents_.begin(), contents_.end(), [](const Record& record) {
    return record.state == Record::State::unsent;
  });
  return static_cast<std::uint32_t>(found - contents_.begin());
}

Offset RecordBatch::record_offset(std::uint32_t index) const {
  return Offset(contents_.at(index).message->offset);
}

void RecordBatch::give_up(std::uint32_t index) { contents_.at(index).state = Record::State::done; }

void RecordBatch::add(rd_kafka_message_t* message) {
  Record& record = contents_.emplace_back();
  record.batch = this;
  record.message.reset(message);
  payload_bytes += message->len + message->key_len;
}

void RecordBatch::close(Offset next) {
  records = static_cast<std::uint32_t>(contents_.size());
  next_offset = next;
  first_offset = contents_.empty() ? next : Offset(contents_.front().message->offset);
  memory_bytes = payload_bytes + contents_.size() * k_record_overhead_bytes;
  oldest_timestamp =
      contents_.empty() ? -1 : rd_kafka_message_timestamp(contents_.front().message.get(), nullptr);
}

void RecordBatch::clear() {
  contents_.clear();
  payload_bytes = 0;
  memory_bytes = 0;
  records = 0;
}

std::unique_ptr<RecordBatch> BatchPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto batch = std::move(idle_.back());
      idle_.pop_back();
      return batch;
    }
  }
  return std::make_unique<RecordBatch>();
}

void BatchPool::give_back(std::unique_ptr<RecordBatch> batch) {
  batch->clear();
  const std::lock_guard lock(mutex_);
  if (idle_.size() < k_idle_batches_max) idle_.push_back(std::move(batch));
}

BatchPool& batch_pool() {
  static BatchPool pool;
  return pool;
}

}  // namespace kferry::engines::records
