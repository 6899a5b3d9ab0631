#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <thread>

#include "allocations.hpp"
#include "kferry/ring/spsc_ring.hpp"

namespace kferry::bench {
namespace {

using ring::SpscRing;

void ring_push_pop(benchmark::State& state) {
  SpscRing<std::uint64_t> ring(64);
  AllocationCount count(state);
  std::uint64_t item = 0;
  for (auto _ : state) {
    ring.try_push(std::uint64_t{item++});
    benchmark::DoNotOptimize(ring.try_pop());
  }
  count.report(state.iterations());
}
BENCHMARK(ring_push_pop);

/// A batch is handed over as one pointer, so this is what a hand-over costs.
void ring_fill_and_drain_pointers(benchmark::State& state) {
  const auto slots = static_cast<std::size_t>(state.range(0));
  SpscRing<std::unique_ptr<int>> ring(slots);
  auto value = std::make_unique<int>(1);
  AllocationCount count(state);
  for (auto _ : state) {
    ring.try_push(std::move(value));
    while (!ring.full()) ring.try_push(nullptr);
    value = *ring.try_pop();
    while (ring.try_pop()) continue;
  }
  count.report(state.iterations() * state.range(0));
}
BENCHMARK(ring_fill_and_drain_pointers)->Arg(8)->Arg(64)->Arg(1024);

/// One million items from thread to thread; both yield when they can not go on.
void ring_between_threads(benchmark::State& state) {
  constexpr std::uint64_t k_items = 1'000'000;
  for (auto _ : state) {
    SpscRing<std::uint64_t> ring(static_cast<std::size_t>(state.range(0)));
    std::thread producer([&ring] {
      for (std::uint64_t i = 0; i < k_items;) {
        if (ring.try_push(std::uint64_t{i})) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
    for (std::uint64_t taken = 0; taken < k_items;) {
      if (ring.try_pop()) {
        ++taken;
      } else {
        std::this_thread::yield();
      }
    }
    producer.join();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(k_items));
}
BENCHMARK(ring_between_threads)->Arg(8)->Arg(64)->Arg(1024)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace kferry::bench
