#include "engines/passthrough/pass_batch.hpp"

#include <algorithm>
#include <utility>

#include "kferry/base/check.hpp"

namespace kferry::engines::passthrough {

std::uint32_t PassBatch::rewind(bool from_start) {
  if (from_start) acknowledged_ = 0;
  return wanted(acknowledged_, records);
}

std::uint32_t PassBatch::first_unsent() const {
  std::uint32_t index = acknowledged_;
  while (index < records && given_up(index)) ++index;
  return index;
}

Offset PassBatch::record_offset(std::uint32_t index) const {
  if (!offsets.empty()) return Offset(offsets.at(index));
  return Offset(first_offset.value() + index);
}

void PassBatch::give_up(std::uint32_t index) {
  given_up_.resize(records, false);
  given_up_.at(index) = true;
}

std::uint32_t PassBatch::wanted(std::uint32_t from, std::uint32_t to) const noexcept {
  if (given_up_.empty()) return to - from;
  std::uint32_t count = 0;
  for (std::uint32_t index = from; index < to; ++index) count += given_up_[index] ? 0U : 1U;
  return count;
}

const PassBatch::Part& PassBatch::part_of(std::uint32_t index) const {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [index](const Part& part) { return index < part.end(); });
  KF_CHECK(found != parts.end());
  return *found;
}

void PassBatch::clear() {
  slab = {};
  own.clear();
  parts.clear();
  offsets.clear();
  acknowledged_ = 0;
  given_up_.clear();
  records = 0;
  memory_bytes = 0;
  payload_bytes = 0;
  oldest_timestamp = -1;
}

std::unique_ptr<PassBatch> PassBatchPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto batch = std::move(idle_.back());
      idle_.pop_back();
      return batch;
    }
  }
  return std::make_unique<PassBatch>();
}

void PassBatchPool::give_back(std::unique_ptr<PassBatch> batch) {
  batch->clear();
  if (batch->own.capacity() > k_kept_bytes_max) batch->own = {};
  const std::lock_guard lock(mutex_);
  if (idle_.size() < k_idle_batches_max) idle_.push_back(std::move(batch));
}

PassBatchPool& batch_pool() {
  static PassBatchPool pool;
  return pool;
}

}  // namespace kferry::engines::passthrough
