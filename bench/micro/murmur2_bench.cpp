#include <benchmark/benchmark.h>

#include <string>

#include "kferry/protocol/murmur2.hpp"

namespace kferry::bench {
namespace {

void murmur2(benchmark::State& state) {
  const std::string key(static_cast<std::size_t>(state.range(0)), 'k');
  for (auto _ : state) {
    benchmark::DoNotOptimize(protocol::murmur2(as_bytes(key)));
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(murmur2)->Arg(0)->Arg(7)->Arg(16)->Arg(36)->Arg(256)->Arg(4096);

}  // namespace
}  // namespace kferry::bench
