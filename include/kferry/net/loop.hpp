#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <thread>

namespace kferry::net {

/// One thread and its event loop. What is made for a loop is used on its thread alone, unless it
/// says otherwise.
class Loop {
 public:
  /// The name is what tools show of the thread, at most 15 characters of it.
  explicit Loop(const std::string& name);
  /// Ends the thread; what was posted and did not run is dropped.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& io() noexcept { return io_; }
  bool on_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }
  /// Runs the task on the loop's thread, later. Thread: any.
  void post(std::function<void()> task);
  /// Runs the task on the loop's thread and waits for its end. Thread: any but the loop's.
  void run(const std::function<void()>& task);

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace kferry::net
