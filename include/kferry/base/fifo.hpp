#pragma once

#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "kferry/base/check.hpp"

namespace kferry {

/// A queue that keeps its memory: it allocates only when it becomes longer than it ever was.
template <class T>
class Fifo {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  T& operator[](std::size_t index) { return items_[at(index)]; }
  const T& operator[](std::size_t index) const { return items_[at(index)]; }
  T& front() { return (*this)[0]; }

  void push(T item) {
    if (size_ == items_.size()) grow();
    items_[at(size_++)] = std::move(item);
  }
  T pop() {
    KF_CHECK(size_ > 0);
    T item = std::move(items_[at(0)]);
    begin_ = at(1);
    --size_;
    return item;
  }
  void clear() {
    while (size_ > 0) pop();
  }

 private:
  static constexpr std::size_t k_first_items = 8;
  std::size_t at(std::size_t index) const noexcept {
    return (begin_ + index) & (items_.size() - 1);
  }
  void grow() {
    std::vector<T> larger(items_.empty() ? k_first_items : items_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
    items_ = std::move(larger);
    begin_ = 0;
  }

  std::vector<T> items_;  // as many as a power of two
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace kferry
