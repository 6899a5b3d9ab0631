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

/// An exception out of a task is a broken invariant: nobody could go on from it.
void serve(boost::asio::io_context& io) noexcept {
  try {
    io.run();
  } catch (const std::exception& failure) {
    check_failed(failure.what(), __FILE__, __LINE__);
  } catch (...) {
    check_failed("no exception leaves a task", __FILE__, __LINE__);
  }
}

}  // namespace

Loop::Loop(const std::string& name)
    : io_(1), work_(boost::asio::make_work_guard(io_)), thread_([this] { serve(io_); }) {
  pthread_setname_np(thread_.native_handle(), name.substr(0, k_thread_name_chars_max).c_str());
}

Loop::~Loop() {
  io_.stop();
  thread_.join();
}

void Loop::post(std::function<void()> task) { boost::asio::post(io_, std::move(task)); }

void Loop::run(const std::function<void()>& task) {
  std::promise<void> done;
  boost::asio::post(io_, [&task, &done] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace kferry::net
