#pragma once

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kferry::log {

enum class Level { trace, debug, info, warning, error, off };
enum class Format { text, json };

std::optional<Level> parse_level(std::string_view text) noexcept;
std::string_view to_string(Level level) noexcept;

/// Lines go to stderr, one write each, so that lines of different threads never mix.
/// Thread: configure() before threads start; everything else from any thread.
void configure(Level level, Format format) noexcept;
/// Runs around every line, so that a live line on the terminal can make room. Null removes it.
void set_line_guard(std::function<void()> before);
bool enabled(Level level) noexcept;
void write(Level level, std::string_view room, std::string_view text);

template <class... Args>
void debug(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::debug))
    write(Level::debug, room, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::info))
    write(Level::info, room, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::warning))
    write(Level::warning, room, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::error))
    write(Level::error, room, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace kferry::log
