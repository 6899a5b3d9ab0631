#include <utility>

#include "kferry/net/loop.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <exception>
#include <future>

#include "kferry/base/check.hpp"

namespace kferry::net {
namespace {

/// What the kernel keeps of a thread's name.
constexpr std::size_t k_thread_name_chars_max = 15;
/// Served in one go, then whoever drives the loop has its turn.
constexpr std::size_t k_served_max = 32;

/// An exception out of a task is a broken invariant: nobody could go on from it.
template <class Work>
void serve(const Work& work) noexcept {
  try {
    work();
  } catch (const std::exception& failure) {
    check_failed(failure.what(), __FILE__, __LINE__);
  } catch (...) {
    check_failed("no exception leaves a task", __FILE__, __LINE__);
  }
}

}  // namespace

Loop::Loop(const std::string& name)
    : io_(1),
      work_(boost::asio::make_work_guard(io_)),
      thread_([this] { serve([this] { io_.run(); }); }) {
  thread_id_ = thread_.get_id();
  pthread_setname_np(thread_.native_handle(), name.substr(0, k_thread_name_chars_max).c_str());
}

Loop::Loop()
    : io_(1), work_(boost::asio::make_work_guard(io_)), thread_id_(std::this_thread::get_id()) {}

Loop::~Loop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::post(std::function<void()> task) { boost::asio::post(io_, std::move(task)); }

void Loop::run(const std::function<void()>& task) {
  if (on_thread()) return task();
  std::promise<void> done;
  boost::asio::post(io_, [&task, &done] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

bool Loop::drive(Milliseconds timeout) {
  if (!on_thread()) thread_id_ = std::this_thread::get_id();
  std::size_t served = 0;
  serve([&] {
    if (timeout.count() > 0) served = io_.run_one_for(timeout);
    while (served < k_served_max && io_.poll_one() > 0) ++served;
  });
  return served > 0;
}

void Loop::wake() {
  boost::asio::post(io_, [] {});
}

}  // namespace kferry::net
