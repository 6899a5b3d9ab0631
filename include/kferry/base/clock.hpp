#pragma once

#include <chrono>
#include <cstdint>

namespace kferry {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Time as a dependency, so that tests own it. Thread: any.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For durations and deadlines; never jumps.
  virtual SteadyTime steady() const noexcept = 0;
  /// Milliseconds since 1970, comparable with record timestamps; may jump.
  virtual std::int64_t wall_ms() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  SteadyTime steady() const noexcept override { return std::chrono::steady_clock::now(); }
  std::int64_t wall_ms() const noexcept override {
    return std::chrono::duration_cast<Milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace kferry
