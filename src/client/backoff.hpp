#pragma once

#include "client/pauses.hpp"

namespace kferry::client {

/// Pauses between the attempts of one, which counts them. Thread: one.
class Backoff {
 public:
  Backoff(Milliseconds min, Milliseconds max) : pauses_(min, max) {}

  Milliseconds next() { return pauses_.after(failures_++); }
  void reset() noexcept { failures_ = 0; }

 private:
  Pauses pauses_;
  int failures_ = 0;
};

}  // namespace kferry::client
