#include "kferry/client/slab.hpp"

#include <algorithm>

#include "kferry/base/check.hpp"

namespace kferry::client {
namespace {

/// Sizes for each doubling: 4, 5, 6, 7, 8, 10, 12, 14, 16... KiB. A slab is filled to at least
/// four fifths, as far as the size of its first use goes.
constexpr std::size_t k_steps = 4;

constexpr std::size_t size_at(std::size_t index) noexcept {
  return (SlabPool::k_slab_bytes_min / k_steps * (k_steps + index % k_steps)) << (index / k_steps);
}

template <std::size_t count>
constexpr std::array<std::size_t, count> all_sizes() noexcept {
  std::array<std::size_t, count> sizes{};
  for (std::size_t i = 0; i < count; ++i) sizes[i] = size_at(i);
  return sizes;
}

/// The first size that is not smaller; count when there is none.
template <std::size_t count>
std::size_t index_for(std::size_t bytes) noexcept {
  static constexpr auto k_sizes = all_sizes<count>();
  static_assert(k_sizes.back() == SlabPool::k_slab_bytes_max);
  return static_cast<std::size_t>(std::lower_bound(k_sizes.begin(), k_sizes.end(), bytes) -
                                  k_sizes.begin());
}

}  // namespace

void SlabRef::drop() noexcept {
  if (slab_ == nullptr) return;
  if (slab_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    slab_->home->give_back(slab_);
  }
  slab_ = nullptr;
}

SlabPool::~SlabPool() {
  KF_CHECK(bytes_in_use() == 0);
  // One by one: a long list must not be destroyed by recursion.
  for (std::size_t i = 0; i < k_sizes; ++i) {
    while (free_[i] != nullptr) pop(i);
  }
}

SlabRef SlabPool::take(std::size_t bytes) {
  const std::size_t index = index_for<k_sizes>(bytes);
  std::unique_ptr<Slab> slab;
  if (index < k_sizes) {
    const std::size_t end = std::min(index + k_steps, k_sizes);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = index; i < end && slab == nullptr; ++i) slab = pop(i);
  }
  if (slab == nullptr) {
    slab = std::make_unique<Slab>();
    slab->capacity = index < k_sizes ? size_at(index) : bytes;
    slab->bytes = std::make_unique_for_overwrite<std::byte[]>(slab->capacity);
    slab->home = this;
  }
  in_use_.fetch_add(slab->capacity, std::memory_order_relaxed);
  return SlabRef(slab.release());
}

void SlabPool::give_back(Slab* slab) noexcept {
  std::unique_ptr<Slab> owned(slab);
  in_use_.fetch_sub(owned->capacity, std::memory_order_relaxed);
  const std::size_t index = index_for<k_sizes>(owned->capacity);
  if (index == k_sizes || owned->capacity > free_bytes_max_) return;
  // Memory goes back to the system without the lock.
  for (;;) {
    std::unique_ptr<Slab> other;
    const std::lock_guard lock(mutex_);
    const std::size_t free_bytes = free_bytes_.load(std::memory_order_relaxed) + owned->capacity;
    if (free_bytes <= free_bytes_max_) {
      free_bytes_.store(free_bytes, std::memory_order_relaxed);
      owned->next = std::move(free_[index]);
      free_[index] = std::move(owned);
      return;
    }
    other = evict(index);
    if (other == nullptr) return;
  }
}

std::unique_ptr<Slab> SlabPool::pop(std::size_t size_index) noexcept {
  std::unique_ptr<Slab> slab = std::move(free_[size_index]);
  if (slab == nullptr) return nullptr;
  free_[size_index] = std::move(slab->next);
  free_bytes_.fetch_sub(slab->capacity, std::memory_order_relaxed);
  return slab;
}

/// What was the fashion before gives way to what is in use now.
std::unique_ptr<Slab> SlabPool::evict(std::size_t kept_index) noexcept {
  for (std::size_t i = k_sizes; i-- > 0;) {
    if (i == kept_index) continue;
    if (auto slab = pop(i); slab != nullptr) return slab;
  }
  return nullptr;
}

}  // namespace kferry::client
