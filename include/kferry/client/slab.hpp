#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "kferry/base/bytes.hpp"

namespace kferry::client {

class SlabPool;

/// A block of memory that a response is received into. The batches in it point into it and keep it
/// alive; the last one gives it back to its pool.
struct Slab {
  std::vector<std::byte> bytes;
  std::atomic<int> references{0};
  SlabPool* home = nullptr;
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
  std::byte* data() const noexcept { return slab_->bytes.data(); }
  std::size_t capacity() const noexcept { return slab_->bytes.size(); }

 private:
  void hold() noexcept {
    if (slab_ != nullptr) slab_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void drop() noexcept;

  Slab* slab_ = nullptr;
};

/// Slabs for reuse, so that a warm client allocates nothing. Thread: any.
class SlabPool {
 public:
  /// Free slabs beyond so many bytes are given back to the system.
  static constexpr std::size_t k_free_bytes_max = 64U << 20;

  explicit SlabPool(std::size_t free_bytes_max = k_free_bytes_max)
      : free_bytes_max_(free_bytes_max) {}
  /// REQUIRES: every slab was given back.
  ~SlabPool();
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  /// At least so many bytes, with whatever was in them.
  SlabRef take(std::size_t bytes);
  std::size_t bytes_in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }

 private:
  friend class SlabRef;
  void give_back(Slab* slab) noexcept;

  const std::size_t free_bytes_max_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Slab>> free_;
  std::size_t free_bytes_ = 0;
  std::atomic<std::size_t> in_use_{0};
};

}  // namespace kferry::client
