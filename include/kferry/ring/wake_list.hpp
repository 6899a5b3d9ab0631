#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "kferry/base/clock.hpp"

namespace kferry::ring {

/// How a thread that serves many things waits for one of them to need it. Anyone may push an item
/// that became ready or post a task; the owner takes all of them at once and sleeps when there is
/// nothing. One lock per wake-up, so per burst of batches and never per record.
///
/// An item that is pushed twice is served twice: callers keep a flag in the item (set it when
/// pushing, clear it before serving) where that matters.
/// Thread: push, post, call from any thread but the owner; take from the owner only.
template <class Item>
class WakeList {
 public:
  using Task = std::function<void()>;

  struct Taken {
    std::vector<Item*> items;
    std::vector<Task> tasks;
  };

  void push(Item* item) {
    bool sleeping = false;
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(item);
      sleeping = std::exchange(sleeping_, false);
    }
    if (sleeping) awake_.notify_one();
  }

  void post(Task task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      sleeping_ = false;
    }
    awake_.notify_one();
  }

  /// Runs task on the owner's thread and returns when it has run. REQUIRES: the owner still takes.
  void call(const Task& task) {
    std::mutex done_mutex;
    std::condition_variable done_signal;
    bool done = false;
    post([&] {
      task();
      const std::lock_guard lock(done_mutex);
      done = true;
      done_signal.notify_one();
    });
    std::unique_lock lock(done_mutex);
    done_signal.wait(lock, [&] { return done; });
  }

  /// Wakes the owner without an item, as when something it polls has news.
  void wake() {
    bool sleeping = false;
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
      sleeping = std::exchange(sleeping_, false);
    }
    if (sleeping) awake_.notify_one();
  }

  /// Moves everything that is ready into taken (whose storage is reused); waits up to timeout when
  /// there is nothing. A timeout of zero never waits.
  void take(Taken& taken, Milliseconds timeout) {
    taken.items.clear();
    taken.tasks.clear();
    std::unique_lock lock(mutex_);
    if (items_.empty() && tasks_.empty() && !woken_ && timeout.count() > 0) {
      sleeping_ = true;
      awake_.wait_for(lock, timeout,
                      [this] { return !items_.empty() || !tasks_.empty() || woken_; });
      sleeping_ = false;
    }
    woken_ = false;
    taken.items.swap(items_);
    taken.tasks.swap(tasks_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable awake_;
  std::vector<Item*> items_;
  std::vector<Task> tasks_;
  bool woken_ = false;
  bool sleeping_ = false;
};

}  // namespace kferry::ring
