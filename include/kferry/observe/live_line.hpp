#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "kferry/base/clock.hpp"
#include "kferry/observe/rates.hpp"
#include "kferry/observe/snapshot.hpp"

/// What the process says of itself while it runs, without being asked: one line that renews itself
/// on a terminal, else a line in the log from time to time; and the last words.
namespace kferry::observe {

inline constexpr std::chrono::milliseconds k_live_line_interval{1'000};
inline constexpr std::chrono::milliseconds k_summary_interval{30'000};

/// The last line of a terminal. Makes room for log lines by kferry::log::set_line_guard, which it
/// holds as long as it lives: at most one at a time.
class LiveLine {
 public:
  /// Writes to `terminal_fd`, which stays the caller's, never wider than the terminal.
  LiveLine(SnapshotSource source, const Clock& clock, int terminal_fd);
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  /// Thread: one; log lines may come from any thread meanwhile.
  void refresh();

 private:
  void clear() noexcept;

  SnapshotSource source_;
  const Clock& clock_;
  RateMeter meter_;
  const int fd_;
  std::mutex mutex_;  // guards what follows and the terminal
  bool shown_ = false;
  SteadyTime last_log_line_;
};

/// The same in words for a log. Thread: one.
class Summary {
 public:
  Summary(SnapshotSource source, const Clock& clock);
  /// One line at level info.
  void log_line();

 private:
  SnapshotSource source_;
  RateMeter meter_;
};

/// True when people read stderr.
bool stderr_is_terminal() noexcept;

struct ReporterOptions {
  bool terminal = stderr_is_terminal();  ///< live line, else summary
  int terminal_fd = 2;
  std::chrono::milliseconds live_line_interval = k_live_line_interval;
  std::chrono::milliseconds summary_interval = k_summary_interval;
};

/// Runs the live line or the summary on a thread of its own until it is destroyed.
class Reporter {
 public:
  Reporter(SnapshotSource source, const Clock& clock, ReporterOptions options = {});
  ~Reporter();
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

 private:
  void run(SnapshotSource source, const Clock& clock, const ReporterOptions& options) noexcept;
  template <class Step>
  void repeat(std::chrono::milliseconds interval, Step step);

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

/// What was done, for the end of the process: several lines, the last one ends without a line
/// break. Says every loss, zeros included.
std::string exit_summary(const Snapshot& snapshot);

}  // namespace kferry::observe
