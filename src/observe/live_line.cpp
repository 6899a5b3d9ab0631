#include "kferry/observe/live_line.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <exception>
#include <string_view>
#include <utility>

#include "kferry/base/log.hpp"
#include "observe/text.hpp"

namespace kferry::observe {
namespace {

constexpr std::size_t k_columns_unknown = 80;
/// A log line is written right after the guard has cleared ours. A refresh so soon after could slip
/// in between, so it leaves that one out.
constexpr std::chrono::milliseconds k_log_line_time{50};
constexpr std::string_view k_clear_line = "\r\x1b[2K";

std::size_t columns(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return k_columns_unknown;
  return size.ws_col;
}

void write_all(int fd, std::string_view text) noexcept {
  // A terminal that takes nothing has nowhere to complain to.
  [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());
}

}  // namespace

LiveLine::LiveLine(SnapshotSource source, const Clock& clock, int terminal_fd)
    : source_(std::move(source)),
      clock_(clock),
      meter_(clock),
      fd_(terminal_fd),
      last_log_line_(clock.steady() - k_log_line_time) {
  log::set_line_guard([this] {
    const std::lock_guard lock(mutex_);
    clear();
    last_log_line_ = clock_.steady();
  });
}

LiveLine::~LiveLine() {
  log::set_line_guard(nullptr);
  const std::lock_guard lock(mutex_);
  clear();
}

void LiveLine::refresh() {
  // Not under the lock: the source may log, and logging takes the lock.
  const std::string text = to_string(meter_.update(source_()));
  const std::string line = std::string(k_clear_line) + clipped(text, columns(fd_) - 1);
  const std::lock_guard lock(mutex_);
  if (clock_.steady() - last_log_line_ < k_log_line_time) return;
  write_all(fd_, line);
  shown_ = true;
}

void LiveLine::clear() noexcept {
  if (shown_) write_all(fd_, k_clear_line);
  shown_ = false;
}

Summary::Summary(SnapshotSource source, const Clock& clock)
    : source_(std::move(source)), meter_(clock) {
  meter_.update(source_());
}

void Summary::log_line() { log::info("observe", "{}", to_string(meter_.update(source_()))); }

bool stderr_is_terminal() noexcept { return ::isatty(STDERR_FILENO) == 1; }

Reporter::Reporter(SnapshotSource source, const Clock& clock, ReporterOptions options)
    : thread_([this, source = std::move(source), &clock, options]() mutable {
        run(std::move(source), clock, options);
      }) {}

Reporter::~Reporter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Reporter::run(SnapshotSource source, const Clock& clock,
                   const ReporterOptions& options) noexcept {
  try {
    if (options.terminal) {
      LiveLine line(std::move(source), clock, options.terminal_fd);
      line.refresh();
      repeat(options.live_line_interval, [&] { line.refresh(); });
    } else {
      Summary summary(std::move(source), clock);
      repeat(options.summary_interval, [&] { summary.log_line(); });
    }
  } catch (const std::exception& error) {
    // Only memory can be missing; mirroring goes on without the line.
    log::warning("observe", "no more progress lines: {}", error.what());
  }
}

template <class Step>
void Reporter::repeat(std::chrono::milliseconds interval, Step step) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
    lock.unlock();
    step();
    lock.lock();
  }
}

}  // namespace kferry::observe
