#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "kferry/base/clock.hpp"
#include "kferry/net/loop.hpp"

namespace kferry::client {

/// Rings once, at the earliest of the times that were asked for since it rang last. It may ring too
/// early: whoever hears it looks at the time. Thread: the loop's.
class Alarm {
 public:
  Alarm(net::Loop& loop, std::function<void()> ring)
      : timer_(loop.io()), ring_(std::move(ring)), self_(std::make_shared<Alarm*>(this)) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void at(SteadyTime time) {
    if (time >= due_) return;
    due_ = time;
    timer_.expires_at(time);
    timer_.async_wait([weak = std::weak_ptr(self_)](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (error || !self) return;
      (*self)->due_ = SteadyTime::max();
      (*self)->ring_();
    });
  }

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> ring_;
  SteadyTime due_ = SteadyTime::max();
  std::shared_ptr<Alarm*> self_;
};

}  // namespace kferry::client
