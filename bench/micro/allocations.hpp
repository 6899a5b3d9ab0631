#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace kferry::bench {

/// How often operator new was called in this process so far, by any thread. C libraries that call
/// malloc themselves are not seen.
std::uint64_t allocations() noexcept;

/// Adds the counter "new_per_item" to a benchmark: calls of operator new in its timed part for each
/// item. Made after warming up, read at the end.
class AllocationCount {
 public:
  explicit AllocationCount(benchmark::State& state) : state_(state), before_(allocations()) {}
  void report(std::int64_t items) {
    const auto made = static_cast<double>(allocations() - before_);
    state_.counters["new_per_item"] = made / static_cast<double>(items);
    state_.SetItemsProcessed(items);
  }

 private:
  benchmark::State& state_;
  std::uint64_t before_;
};

}  // namespace kferry::bench
