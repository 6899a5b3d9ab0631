#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace kferry::client {

/// Room for one pending asynchronous operation, used again by the next of its kind, so that waiting
/// for a socket allocates nothing. Whatever does not fit, or comes while it is taken, comes from
/// the heap. The handler has to own what owns this. Thread: one.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t bytes) {
    if (taken_ || bytes > block_.size()) return ::operator new(bytes);
    taken_ = true;
    return block_.data();
  }
  void deallocate(void* memory) noexcept {
    if (memory == block_.data()) {
      taken_ = false;
    } else {
      ::operator delete(memory);
    }
  }

 private:
  static constexpr std::size_t k_block_bytes = 256;
  alignas(std::max_align_t) std::array<std::byte, k_block_bytes> block_;
  bool taken_ = false;
};

template <class T>
class HandlerAllocator {
 public:
  using value_type = T;
  explicit HandlerAllocator(HandlerMemory& memory) noexcept : memory_(&memory) {}
  template <class Other>
  HandlerAllocator(const HandlerAllocator<Other>& other) noexcept  // NOLINT(*-explicit-*)
      : memory_(&other.memory()) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
  void deallocate(T* at, std::size_t) noexcept { memory_->deallocate(at); }
  HandlerMemory& memory() const noexcept { return *memory_; }
  bool operator==(const HandlerAllocator&) const noexcept = default;

 private:
  HandlerMemory* memory_;
};

/// A handler whose operation lives in the given memory, which the function keeps alive.
template <class Function>
class InMemory {
 public:
  using allocator_type = HandlerAllocator<void>;
  InMemory(HandlerMemory& memory, Function function)
      : memory_(&memory), function_(std::move(function)) {}
  allocator_type get_allocator() const noexcept { return allocator_type(*memory_); }
  template <class... Args>
  void operator()(Args&&... args) {
    function_(std::forward<Args>(args)...);
  }

 private:
  HandlerMemory* memory_;
  Function function_;
};

}  // namespace kferry::client
