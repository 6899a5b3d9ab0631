#pragma once

namespace kferry::observe {

/// What the kernel knows about this process.
struct ProcessStats {
  double cpu_seconds = 0;  ///< user and system, all threads
  double resident_bytes = 0;
  double start_seconds_since_1970 = 0;
};

/// Works with /proc reduced to processes, as hardened services have it.
ProcessStats process_stats() noexcept;

}  // namespace kferry::observe
