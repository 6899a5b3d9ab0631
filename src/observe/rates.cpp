#include "kferry/observe/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kferry/observe/readiness.hpp"
#include "kferry/observe/totals.hpp"
#include "observe/text.hpp"

namespace kferry::observe {
namespace {

double per_second(std::uint64_t from, std::uint64_t to, double seconds) {
  return to > from ? static_cast<double>(to - from) / seconds : 0;
}

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string rate_text(const std::optional<double>& records_per_second) {
  if (!records_per_second) return "-";
  return grouped(static_cast<std::uint64_t>(std::llround(*records_per_second)));
}

std::string time_to_zero_text(const Progress& progress) {
  if (progress.lag_records == 0) return "caught up";
  return "zero in " + (progress.seconds_to_zero ? duration_text(*progress.seconds_to_zero) : "-");
}

}  // namespace

std::string to_string(const Progress& progress) {
  const std::string megabytes =
      progress.bytes_per_second ? fmt::format("{:.1f}", *progress.bytes_per_second / 1e6) : "-";
  const std::string lag =
      progress.lag_records ? grouped(static_cast<std::uint64_t>(*progress.lag_records)) : "-";
  const std::string state = progress.ready            ? "ready"
                            : progress.reason.empty() ? "not ready"
                                                      : "not ready: " + progress.reason;
  return one_line(fmt::format("{} records/s  {} MB/s  lag {}  {}  {}",
                              rate_text(progress.records_per_second), megabytes, lag,
                              time_to_zero_text(progress), state));
}

/// The oldest sample within the window before the newest, at least the one before the newest; null
/// when there is none.
const RateMeter::Sample* RateMeter::since(std::chrono::seconds window) const {
  if (samples_.size() < 2) return nullptr;
  const SteadyTime newest = samples_.back().time;
  const auto last = std::prev(samples_.end(), 2);
  const auto found = std::find_if(
      samples_.begin(), last, [&](const Sample& sample) { return newest - sample.time <= window; });
  return newest > found->time ? &*found : nullptr;
}

Progress RateMeter::update(const Snapshot& snapshot) {
  const Totals sum = totals(snapshot);
  const Sample now{clock_.steady(), sum.records_mirrored, sum.bytes_mirrored, sum.lag_records};
  samples_.push_back(now);
  while (samples_.size() > 2 && now.time - samples_[1].time > k_trend_window) samples_.pop_front();

  Progress progress;
  progress.lag_records = now.lag_records;
  progress.ready = is_ready(snapshot);
  if (!progress.ready) {
    const auto reasons = not_ready_reasons(snapshot);
    if (!reasons.empty()) progress.reason = reasons.front();
  }
  if (const Sample* const then = since(k_rate_window)) {
    const double seconds = seconds_between(then->time, now.time);
    progress.records_per_second = per_second(then->records, now.records, seconds);
    progress.bytes_per_second = per_second(then->bytes, now.bytes, seconds);
  }
  const Sample* const then = since(k_trend_window);
  if (then != nullptr && then->lag_records && now.lag_records) {
    const auto fallen = static_cast<double>(*then->lag_records - *now.lag_records);
    if (fallen > 0)
      progress.seconds_to_zero =
          static_cast<double>(*now.lag_records) * seconds_between(then->time, now.time) / fallen;
  }
  return progress;
}

}  // namespace kferry::observe
