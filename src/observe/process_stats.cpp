#include "observe/process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <time.h>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace kferry::observe {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double read_resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size_pages = 0;
  double resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Field 22 of /proc/self/stat: clock ticks since boot (proc(5)).
double read_start() {
  std::ifstream stat("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  // The second field is the program's name in parentheses and may hold anything.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double start_ticks = 0;
  fields >> start_ticks;
  return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) +
         start_ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessStats process_stats() noexcept {
  ProcessStats stats;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  stats.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  try {
    stats.resident_bytes = read_resident_bytes();
    // Once, or a clock that is adjusted would seem to restart the process.
    static const double start = read_start();
    stats.start_seconds_since_1970 = start;
  } catch (...) {
    // No memory to read a file: the numbers stay zero this time.
  }
  return stats;
}

}  // namespace kferry::observe
