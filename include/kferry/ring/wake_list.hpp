#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/ring/waiter.hpp"

namespace kferry::ring {

/// How a thread that serves many things waits for one of them to need it. Anyone may push an item
/// that became ready or post a task; the owner takes all of them at once and sleeps when there is
/// nothing. One lock per wake-up, so per burst of batches and never per record.
///
/// An item that is pushed twice is served twice: callers keep a flag in the item (set it when
/// pushing, clear it before serving) where that matters.
/// Thread: push, post, wake from any thread; call from any but the owner; the rest from the owner.
template <class Item>
class WakeList {
 public:
  using Task = std::function<void()>;

  struct Taken {
    std::vector<Item*> items;
    std::vector<Task> tasks;
  };

  /// The owner sleeps there from now on. The waiter outlives the last take. REQUIRES: nobody takes.
  void wait_on(Waiter& waiter) { waiter_ = &waiter; }

  void push(Item* item) {
    add([&] { items_.push_back(item); });
  }

  void post(Task task) {
    add([&] { tasks_.push_back(std::move(task)); });
  }

  /// Wakes the owner without an item, as when something it polls has news.
  void wake() {
    add([] {});
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

  /// Moves everything that is ready into taken (whose storage is reused); waits up to timeout when
  /// there is nothing. A timeout of zero never waits.
  void take(Taken& taken, Milliseconds timeout) {
    taken.items.clear();
    taken.tasks.clear();
    std::unique_lock lock(mutex_);
    if (!news_ && timeout.count() > 0) {
      sleeping_ = true;
      if (waiter_ != nullptr) {
        lock.unlock();
        waiter_->wait(timeout);
        lock.lock();
      } else {
        awake_.wait_for(lock, timeout, [this] { return news_; });
      }
    }
    sleeping_ = false;
    news_ = false;
    taken.items.swap(items_);
    taken.tasks.swap(tasks_);
  }

  /// For an owner of several lists that sleeps elsewhere: from here to the next take news wakes the
  /// waiter. False when there is some already. REQUIRES: a waiter.
  bool about_to_sleep() {
    const std::lock_guard lock(mutex_);
    sleeping_ = !news_;
    return sleeping_;
  }

 private:
  template <class Change>
  void add(const Change& change) {
    bool sleeping = false;
    {
      const std::lock_guard lock(mutex_);
      change();
      news_ = true;
      sleeping = std::exchange(sleeping_, false);
    }
    if (!sleeping) return;
    if (waiter_ != nullptr) {
      waiter_->wake();
    } else {
      awake_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable awake_;
  Waiter* waiter_ = nullptr;
  std::vector<Item*> items_;
  std::vector<Task> tasks_;
  bool news_ = false;      ///< since the last take
  bool sleeping_ = false;  ///< the owner is, or is about to; whoever clears this wakes it
};

}  // namespace kferry::ring
