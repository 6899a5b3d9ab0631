#pragma once

#include <algorithm>
#include <random>

#include "kferry/base/clock.hpp"

namespace kferry::client {

/// Pauses between attempts: doubled from a least to a most, each up to a fifth longer or shorter so
/// that many clients do not come at the same moment. Thread: one.
class Backoff {
 public:
  Backoff(Milliseconds min, Milliseconds max) : min_(min), max_(max) {}

  Milliseconds next() {
    const Milliseconds pause = pause_ = std::clamp(pause_ * 2, min_, max_);
    std::uniform_real_distribution<double> part(1 - k_jitter, 1 + k_jitter);
    return Milliseconds(
        static_cast<Milliseconds::rep>(static_cast<double>(pause.count()) * part(random_)));
  }
  void reset() noexcept { pause_ = Milliseconds(0); }

 private:
  static constexpr double k_jitter = 0.2;
  const Milliseconds min_;
  const Milliseconds max_;
  Milliseconds pause_{0};
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace kferry::client
