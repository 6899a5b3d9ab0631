#include "client/exchange_queue.hpp"

#include <algorithm>

#include "kferry/base/check.hpp"

namespace kferry::client {
namespace {

/// Takes a message apart into pieces, without what was written of it before.
class Gatherer {
 public:
  Gatherer(std::span<iovec> pieces, std::size_t skip) : pieces_(pieces), skip_(skip) {}

  bool full() const noexcept { return count_ == pieces_.size(); }
  std::size_t count() const noexcept { return count_; }

  void add(ByteView bytes) noexcept {
    const std::size_t skipped = std::min(skip_, bytes.size());
    skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (bytes.empty() || full()) return;
    // The kernel only reads what it sends, iovec just has no word for that.
    pieces_[count_++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  }

  void add(const Exchange& exchange) noexcept {
    const ByteView frame(exchange.frame);
    std::size_t at = 0;
    for (const Exchange::Insert& insert : exchange.inserts) {
      if (full()) return;
      add(frame.subspan(at, insert.at - at));
      add(insert.bytes);
      at = insert.at;
    }
    add(frame.subspan(at));
  }

 private:
  std::span<iovec> pieces_;
  std::size_t skip_;
  std::size_t count_ = 0;
};

std::size_t size_of(const Exchange& exchange) noexcept {
  std::size_t bytes = exchange.frame.size();
  std::size_t at = 0;
  for (const Exchange::Insert& insert : exchange.inserts) {
    KF_CHECK(insert.at >= at && insert.at <= exchange.frame.size());
    at = insert.at;
    bytes += insert.bytes.size();
  }
  return bytes;
}

}  // namespace

void ExchangeQueue::push(Exchange& exchange, SteadyTime deadline) noexcept {
  exchange.next_ = nullptr;
  exchange.bytes_ = size_of(exchange);
  exchange.deadline_ = deadline;
  (front_ == nullptr ? front_ : back_->next_) = &exchange;
  back_ = &exchange;
  if (writing_ == nullptr) writing_ = &exchange;
}

Exchange& ExchangeQueue::pop() noexcept {
  Exchange& exchange = *front_;
  front_ = exchange.next_;
  if (writing_ == &exchange) {
    writing_ = front_;
    written_bytes_ = 0;
  }
  exchange.next_ = nullptr;
  return exchange;
}

void ExchangeQueue::abandon() noexcept {
  front_ = writing_ = nullptr;
  written_bytes_ = 0;
}

std::size_t ExchangeQueue::gather(std::span<iovec> pieces) const noexcept {
  Gatherer gatherer(pieces, written_bytes_);
  for (const Exchange* at = writing_; at != nullptr && !gatherer.full(); at = at->next_) {
    gatherer.add(*at);
  }
  return gatherer.count();
}

void ExchangeQueue::written(std::size_t bytes) noexcept {
  written_bytes_ += bytes;
  while (writing_ != nullptr && written_bytes_ >= writing_->bytes_) {
    written_bytes_ -= writing_->bytes_;
    writing_ = writing_->next_;
  }
}

}  // namespace kferry::client
