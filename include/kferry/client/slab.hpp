#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "kferry/base/bytes.hpp"

namespace kferry::client {

class SlabPool;

/// A block of memory that a response is received into. The batches in it point into it and keep it
/// alive; the last one gives it back to its pool.
struct Slab {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t capacity = 0;
  std::atomic<int> references{0};
  SlabPool* home = nullptr;
  std::unique_ptr<Slab> next;  ///< in the pool's list of free ones
};

/// A share in a slab. Copying costs one atomic increment. Thread: any, the pool outlives it.
class SlabRef {
 public:
  SlabRef() noexcept = default;
  explicit SlabRef(Slab* slab) noexcept : slab_(slab) { hold(); }
  SlabRef(const SlabRef& other) noexcept : slab_(other.slab_) { hold(); }
  SlabRef(SlabRef&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)) {}
  SlabRef& operator=(SlabRef other) noexcept {
    std::swap(slab_, other.slab_);
    return *this;
  }
  ~SlabRef() { drop(); }

  explicit operator bool() const noexcept { return slab_ != nullptr; }
  std::byte* data() const noexcept { return slab_->bytes.get(); }
  std::size_t capacity() const noexcept { return slab_->capacity; }

 private:
  void hold() noexcept {
    if (slab_ != nullptr) slab_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void drop() noexcept;

  Slab* slab_ = nullptr;
};

/// Slabs for reuse, so that a warm client allocates nothing. They come in sizes, four for each
/// doubling, so that responses of about the same size use each other's. Thread: any.
class SlabPool {
 public:
  /// Free slabs beyond so many bytes are given back to the system.
  static constexpr std::size_t k_free_bytes_max = 64U << 20;
  static constexpr std::size_t k_slab_bytes_min = 4096;
  /// What is larger is not kept.
  static constexpr std::size_t k_slab_bytes_max = 512U << 20;

  explicit SlabPool(std::size_t free_bytes_max = k_free_bytes_max)
      : free_bytes_max_(free_bytes_max) {}
  /// REQUIRES: every slab was given back.
  ~SlabPool();
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  /// At least so many bytes, with whatever was in them; never more than twice as many (or the
  /// smallest size).
  SlabRef take(std::size_t bytes);
  /// In slabs that are taken.
  std::size_t bytes_in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }
  /// In slabs that wait for reuse.
  std::size_t bytes_free() const noexcept { return free_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class SlabRef;
  static constexpr std::size_t k_sizes = 69;

  void give_back(Slab* slab) noexcept;
  std::unique_ptr<Slab> pop(std::size_t size_index) noexcept;
  std::unique_ptr<Slab> evict(std::size_t kept_index) noexcept;

  const std::size_t free_bytes_max_;
  std::mutex mutex_;
  std::array<std::unique_ptr<Slab>, k_sizes> free_;
  std::atomic<std::size_t> free_bytes_{0};
  std::atomic<std::size_t> in_use_{0};
};

}  // namespace kferry::client
