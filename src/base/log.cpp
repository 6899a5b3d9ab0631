#include "kferry/base/log.hpp"

#include <fmt/chrono.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>

namespace kferry::log {
namespace {

std::atomic<Level> g_level{Level::info};
std::atomic<Format> g_format{Format::text};
std::mutex g_guard_mutex;
std::function<void()> g_before_line;

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

std::string json_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) noexcept {
  for (const Level level :
       {Level::trace, Level::debug, Level::info, Level::warning, Level::error, Level::off}) {
    if (text == to_string(level)) return level;
  }
  return std::nullopt;
}

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::trace:
      return "trace";
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
    case Level::off:
      return "off";
  }
  return "?";
}

void configure(Level level, Format format) noexcept {
  g_level = level;
  g_format = format;
}

void set_line_guard(std::function<void()> before) {
  const std::lock_guard lock(g_guard_mutex);
  g_before_line = std::move(before);
}

bool enabled(Level level) noexcept { return level >= g_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view room, std::string_view text) {
  const std::string line =
      g_format.load(std::memory_order_relaxed) == Format::json
          ? fmt::format(R"({{"time":"{}","level":"{}","room":"{}","text":"{}"}})"
                        "\n",
                        timestamp(), to_string(level), room, json_escaped(text))
          : fmt::format("{} {:<7} {}: {}\n", timestamp(), to_string(level), room, text);
  const std::lock_guard lock(g_guard_mutex);
  if (g_before_line) g_before_line();
  // A log line that can not be written has nowhere else to go.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace kferry::log
