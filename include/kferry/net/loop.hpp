#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <thread>

#include "kferry/base/clock.hpp"

namespace kferry::net {

/// An event loop and the one thread that serves it: a thread of its own, or one that drives it
/// between other work. What is made for a loop is used on its thread alone, unless it says
/// otherwise.
class Loop {
 public:
  /// With a thread of its own. The name is what tools show of it, at most 15 characters of it.
  explicit Loop(const std::string& name);
  /// Without: one thread at a time calls drive(). While none ever has, or none does any more, the
  /// thread that makes the loop and what belongs to it counts as the loop's.
  Loop();
  /// Ends the thread; what was posted and did not run is dropped.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& io() noexcept { return io_; }
  bool on_thread() const noexcept { return std::this_thread::get_id() == thread_id_.load(); }
  /// Runs the task on the loop's thread, later. Thread: any.
  void post(std::function<void()> task);
  /// Runs the task on the loop's thread and waits for its end; at once when called from there.
  /// Thread: any, REQUIRES that somebody drives the loop.
  void run(const std::function<void()>& task);

  /// Serves what has come up, a few dozen things at most; waits for the first up to the timeout
  /// when there is nothing. From the first call on the calling thread is the loop's. False when
  /// nothing came up.
  bool drive(Milliseconds timeout);
  /// Ends the wait of drive(). Thread: any.
  void wake();

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::atomic<std::thread::id> thread_id_;
  std::thread thread_;
};

}  // namespace kferry::net
