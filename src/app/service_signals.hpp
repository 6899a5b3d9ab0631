#pragma once

#include <signal.h>

#include "kferry/base/clock.hpp"

namespace kferry::app {

enum class ServiceSignal { none, stop, reload };

/// SIGTERM, SIGINT and SIGHUP as something to ask for, instead of handlers. Threads that are
/// started while it lives leave the signals to wait(). REQUIRES: made before any thread of ours.
class ServiceSignals {
 public:
  ServiceSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~ServiceSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  ServiceSignals(const ServiceSignals&) = delete;
  ServiceSignals& operator=(const ServiceSignals&) = delete;

  ServiceSignal wait(Milliseconds timeout) const {
    const timespec time{timeout.count() / 1'000, timeout.count() % 1'000 * 1'000'000};
    const int signal = sigtimedwait(&signals_, nullptr, &time);
    if (signal <= 0) return ServiceSignal::none;
    return signal == SIGHUP ? ServiceSignal::reload : ServiceSignal::stop;
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace kferry::app
