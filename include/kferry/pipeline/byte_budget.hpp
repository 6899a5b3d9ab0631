#pragma once

#include <atomic>
#include <cstdint>

namespace kferry::pipeline {

/// How much memory the batches of all flows may hold between consume and acknowledgement. Checked
/// before a batch is read and charged after, so it is passed by at most one batch per stream.
/// Thread: any.
class ByteBudget {
 public:
  explicit ByteBudget(std::int64_t bytes_max) : bytes_max_(bytes_max) {}

  bool exhausted() const noexcept { return used_.load(std::memory_order_relaxed) >= bytes_max_; }
  void take(std::size_t bytes) noexcept {
    used_.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
  }
  void give_back(std::size_t bytes) noexcept {
    used_.fetch_sub(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
  }
  std::int64_t used_bytes() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::int64_t bytes_max() const noexcept { return bytes_max_; }

 private:
  const std::int64_t bytes_max_;
  std::atomic<std::int64_t> used_{0};
};

}  // namespace kferry::pipeline
