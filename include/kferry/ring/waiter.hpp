#pragma once

#include "kferry/base/clock.hpp"

namespace kferry::ring {

/// How a thread sleeps until there is work: by default on a condition variable, or by whatever else
/// the thread has to serve meanwhile, as an event loop that it drives.
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// Returns after a wake(), when something else came up that its owner may have to look at, or
  /// when the time is over. A timeout of zero serves what is there and does not sleep.
  /// Thread: the owner's.
  virtual void wait(Milliseconds timeout) = 0;
  /// Ends the current or the next wait. Thread: any.
  virtual void wake() = 0;
};

}  // namespace kferry::ring
