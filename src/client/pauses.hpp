#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "kferry/base/clock.hpp"

namespace kferry::client {

/// Pauses between attempts, for many that count their failures themselves. Thread: one.
class Pauses {
 public:
  Pauses(Milliseconds min, Milliseconds max) : min_(min), max_(max) {}

  /// Doubles with each failure from min to max, each up to a fifth longer or shorter, so that many
  /// that failed together do not come back together.
  Milliseconds after(int failures) {
    constexpr int k_doublings_max = 16;
    const Milliseconds full = std::min(max_, min_ * (1 << std::min(failures, k_doublings_max)));
    const std::int64_t fifth = full.count() / 5;
    return full + Milliseconds(std::uniform_int_distribution<std::int64_t>(-fifth, fifth)(random_));
  }

 private:
  const Milliseconds min_;
  const Milliseconds max_;
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace kferry::client
