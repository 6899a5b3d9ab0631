#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "kferry/client/producer.hpp"
#include "kferry/net/loop.hpp"
#include "kferry/ring/waiter.hpp"

namespace kferry::engines::passthrough {

/// What the producing side says before the thread sleeps.
struct BeforeWait {
  bool news = false;  ///< there is something for the stream: do not sleep
  client::Producer::InFlight in_flight;
  std::uint64_t answers = 0;  ///< to produce requests so far
};

/// The event loop of one stream's clients, driven by the stream's thread whenever that has nothing
/// else to do. Thread: the one that drives it, wake any.
///
/// Under load it naps instead of waiting for the next event: to be woken for every answer costs
/// more than the answer. It does so only while every connection to the target has requests in
/// advance, and naps shorter when some connection may have run out of them.
class StreamLoop final : public ring::Waiter {
 public:
  net::Loop& loop() noexcept { return loop_; }

  /// Called before each wait: what was written meanwhile goes out together.
  void before_wait(std::function<BeforeWait()> flush) { flush_ = std::move(flush); }

  void wait(Milliseconds timeout) override;
  void wake() override { loop_.wake(); }

 private:
  using Time = std::chrono::microseconds;
  void nap(const BeforeWait& now);

  std::function<BeforeWait()> flush_;
  BeforeWait before_nap_;  ///< the last one
  Time nap_{0};
  net::Loop loop_;
};

}  // namespace kferry::engines::passthrough
