#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "kferry/client/connection.hpp"

namespace kferry::client {

/// The exchanges of one connection in their order: those that wait for their answer, the one that
/// is being written, those behind it. The links are in the exchanges, so that it never allocates.
/// Thread: one.
class ExchangeQueue {
 public:
  ExchangeQueue() = default;
  ExchangeQueue(const ExchangeQueue&) = delete;
  ExchangeQueue& operator=(const ExchangeQueue&) = delete;

  bool empty() const noexcept { return front_ == nullptr; }
  /// REQUIRES: not empty.
  Exchange& front() noexcept { return *front_; }
  SteadyTime front_deadline() const noexcept { return front_->deadline_; }
  /// Whether all of the front has gone out, so that an answer is possible.
  bool front_written() const noexcept { return front_ != nullptr && front_ != writing_; }
  bool all_written() const noexcept { return writing_ == nullptr; }

  void push(Exchange& exchange, SteadyTime deadline) noexcept;
  /// REQUIRES: not empty.
  Exchange& pop() noexcept;
  /// Forgets all without touching them.
  void abandon() noexcept;

  /// What is to be written next, as far as it fits into the pieces; how many pieces that is.
  std::size_t gather(std::span<iovec> pieces) const noexcept;
  void written(std::size_t bytes) noexcept;

 private:
  Exchange* front_ = nullptr;
  Exchange* back_ = nullptr;
  Exchange* writing_ = nullptr;    ///< the first one that is not wholly written
  std::size_t written_bytes_ = 0;  ///< of writing_
};

}  // namespace kferry::client
