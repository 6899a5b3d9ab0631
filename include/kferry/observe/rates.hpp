#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "kferry/base/clock.hpp"
#include "kferry/observe/snapshot.hpp"

namespace kferry::observe {

/// How fast, how far, until when: what two or more successive snapshots tell together.
struct Progress {
  std::optional<double> records_per_second;  ///< empty until there are two snapshots
  std::optional<double> bytes_per_second;
  std::optional<std::int64_t> lag_records;
  /// Lag divided by the speed at which it falls; empty when it does not fall.
  std::optional<double> seconds_to_zero;
  bool ready = false;
  std::string reason;  ///< the first one, when not ready
};

/// "12,345 records/s  12.3 MB/s  lag 1,234,567  zero in 1 min 40 s  ready"; "-" for what is not
/// known. MB is 10^6 bytes. One line, whatever the reason holds.
std::string to_string(const Progress& progress);

/// Rates over the last five seconds, the lag's trend over the last fifteen, or between the last two
/// snapshots where these are further apart. Thread: one.
class RateMeter {
 public:
  static constexpr std::chrono::seconds k_rate_window{5};
  static constexpr std::chrono::seconds k_trend_window{15};

  explicit RateMeter(const Clock& clock) : clock_(clock) {}
  Progress update(const Snapshot& snapshot);

 private:
  struct Sample {
    SteadyTime time;
    std::uint64_t records;
    std::uint64_t bytes;
    std::optional<std::int64_t> lag_records;
  };
  const Sample* since(std::chrono::seconds window) const;

  const Clock& clock_;
  std::deque<Sample> samples_;
};

}  // namespace kferry::observe
