#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "kferry/client/slab.hpp"
#include "kferry/pipeline/batch.hpp"

namespace kferry::engines::passthrough {

/// Record batches of one shard, ready for the target: as they lie in the slab that they were
/// fetched into, or of our own making. Every part is a whole v2 batch without holes.
class PassBatch final : public pipeline::Batch {
 public:
  struct Part {
    std::span<std::byte> bytes;
    std::uint32_t first = 0;  ///< index of its first record
    std::uint32_t records = 0;
    std::uint32_t end() const noexcept { return first + records; }
  };

  std::uint32_t rewind(bool from_start) override;
  std::uint32_t first_unsent() const override;
  Offset record_offset(std::uint32_t index) const override;
  void give_up(std::uint32_t index) override;

  bool given_up(std::uint32_t index) const noexcept {
    return !given_up_.empty() && given_up_[index];
  }
  bool any_given_up() const noexcept { return !given_up_.empty(); }
  /// How many of [from, to) are to be sent.
  std::uint32_t wanted(std::uint32_t from, std::uint32_t to) const noexcept;
  /// Records up to the index arrived; they do so in order.
  void acknowledge_up_to(std::uint32_t index) noexcept { acknowledged_ = index; }
  const Part& part_of(std::uint32_t index) const;

  /// Empties it, memory kept.
  void clear();

  client::SlabRef slab;        ///< what the parts that pass lie in
  std::vector<std::byte> own;  ///< what the others lie in
  std::vector<Part> parts;
  std::vector<std::int64_t>
      offsets;  ///< of every record; empty: without holes from first_offset on

 private:
  std::uint32_t acknowledged_ = 0;  ///< records before it arrived, or were given up
  std::vector<bool> given_up_;      ///< empty: none
};

/// Emptied batches on their way back from writers to readers. Thread: any.
class PassBatchPool {
 public:
  std::unique_ptr<PassBatch> take();
  void give_back(std::unique_ptr<PassBatch> batch);

 private:
  /// More than this is never idle for long; the rest is freed.
  static constexpr std::size_t k_idle_batches_max = 1'024;
  /// A buffer that once held a large batch is not kept for small ones.
  static constexpr std::size_t k_kept_bytes_max = 256U << 10;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PassBatch>> idle_;
};

/// One pool for the process: readers and writers of all streams and flows share it.
PassBatchPool& batch_pool();

}  // namespace kferry::engines::passthrough
