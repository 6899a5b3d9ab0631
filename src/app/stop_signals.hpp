#pragma once

#include <signal.h>

#include "kferry/base/clock.hpp"

namespace kferry::app {

/// SIGTERM and SIGINT as something to ask for, instead of handlers. Threads that are started while
/// it lives leave the signals to wait(). REQUIRES: made before any thread of ours.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool wait(Milliseconds timeout) const {
    const timespec time{timeout.count() / 1'000, timeout.count() % 1'000 * 1'000'000};
    return sigtimedwait(&signals_, nullptr, &time) > 0;
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace kferry::app
