#pragma once

#include <atomic>
#include <cstdint>

#include "kferry/base/clock.hpp"

namespace kferry::testing {

/// Stands still until a test moves it. Thread: any.
class ManualClock final : public Clock {
 public:
  SteadyTime steady() const noexcept override { return SteadyTime(Milliseconds(elapsed_ms_)); }
  std::int64_t wall_ms() const noexcept override { return k_start_wall_ms + elapsed_ms_; }

  void advance(Milliseconds time) noexcept { elapsed_ms_ += time.count(); }

 private:
  static constexpr std::int64_t k_start_wall_ms = 1'700'000'000'000;
  std::atomic<std::int64_t> elapsed_ms_{1'000'000};
};

}  // namespace kferry::testing
