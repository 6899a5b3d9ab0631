#pragma once

namespace kferry {

/// Prints the broken invariant to stderr and aborts. Never reached by input, only by our own bugs.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace kferry

/// An invariant that data safety hangs on: stays on in release builds.
#define KF_CHECK(condition)                                   \
  do {                                                        \
    if (!(condition)) [[unlikely]]                            \
      ::kferry::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
