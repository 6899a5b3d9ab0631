#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "kferry/base/check.hpp"

namespace kferry::ring {

/// x86-64 and arm64 cores that kferry runs on share lines of 64 bytes.
inline constexpr std::size_t k_cache_line_bytes = 64;

/// Bounded lock-free queue between one producer thread and one consumer thread.
///
/// Indices run freely and are masked on access, so full and empty differ without a spare slot. Each
/// side keeps a copy of the other's index and re-reads it only when that copy says full or empty.
/// Invariants: 1. read_index <= write_index <= read_index + capacity.
///             2. Slots [read_index, write_index) hold values; all others are moved-from.
///             3. Only the producer writes write_index, only the consumer writes read_index.
/// Memory order: a release store of an index publishes the slots behind it; the other side's
/// acquire load takes them over.
template <class T>
class SpscRing {
 public:
  /// capacity is a power of two.
  explicit SpscRing(std::size_t capacity)
      : mask_(capacity - 1), slots_(std::make_unique<T[]>(capacity)) {
    KF_CHECK(capacity > 0 && std::has_single_bit(capacity));
  }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  std::size_t capacity() const noexcept { return mask_ + 1; }

  /// Producer thread. False, with value untouched, when full.
  bool try_push(T&& value) noexcept {
    const std::size_t write = write_index_.load(std::memory_order_relaxed);
    if (write - read_cache_ > mask_) {
      read_cache_ = read_index_.load(std::memory_order_acquire);
      if (write - read_cache_ > mask_) return false;
    }
    slots_[write & mask_] = std::move(value);
    write_index_.store(write + 1, std::memory_order_release);
    return true;
  }

  /// Producer thread. True when a try_push would fail.
  bool full() noexcept {
    const std::size_t write = write_index_.load(std::memory_order_relaxed);
    if (write - read_cache_ <= mask_) return false;
    read_cache_ = read_index_.load(std::memory_order_acquire);
    return write - read_cache_ > mask_;
  }

  /// Consumer thread.
  std::optional<T> try_pop() noexcept {
    const std::size_t read = read_index_.load(std::memory_order_relaxed);
    if (read == write_cache_) {
      write_cache_ = write_index_.load(std::memory_order_acquire);
      if (read == write_cache_) return std::nullopt;
    }
    std::optional<T> value(std::move(slots_[read & mask_]));
    read_index_.store(read + 1, std::memory_order_release);
    return value;
  }

  /// Any thread: a value that was true a moment ago.
  std::size_t size() const noexcept {
    const std::size_t read = read_index_.load(std::memory_order_acquire);
    return write_index_.load(std::memory_order_acquire) - read;
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  alignas(k_cache_line_bytes) std::atomic<std::size_t> write_index_{0};
  std::size_t read_cache_ = 0;  // producer's copy
  alignas(k_cache_line_bytes) std::atomic<std::size_t> read_index_{0};
  std::size_t write_cache_ = 0;  // consumer's copy
  alignas(k_cache_line_bytes) const std::size_t mask_;
  std::unique_ptr<T[]> slots_;
};

}  // namespace kferry::ring
