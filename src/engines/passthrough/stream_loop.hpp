#pragma once

#include <functional>
#include <utility>

#include "kferry/net/loop.hpp"
#include "kferry/ring/waiter.hpp"

namespace kferry::engines::passthrough {

/// The event loop of one stream's clients, driven by the stream's thread whenever that has nothing
/// else to do. Thread: the one that drives it, wake any.
class StreamLoop final : public ring::Waiter {
 public:
  net::Loop& loop() noexcept { return loop_; }

  /// Called before each wait: what was written meanwhile goes out together. True: there is news for
  /// the stream, so that it shall not sleep.
  void before_wait(std::function<bool()> flush) { flush_ = std::move(flush); }

  void wait(Milliseconds timeout) override {
    const bool news = flush_ && flush_();
    loop_.drive(news ? Milliseconds(0) : timeout);
  }
  void wake() override { loop_.wake(); }

 private:
  std::function<bool()> flush_;
  net::Loop loop_;
};

}  // namespace kferry::engines::passthrough
