#include <benchmark/benchmark.h>

#include "allocations.hpp"
#include "batches.hpp"
#include "engines/passthrough/recoder.hpp"

namespace kferry::bench {
namespace {

using engines::passthrough::PassBatch;
using engines::passthrough::Recoder;
using protocol::Codec;

constexpr std::size_t k_bytes_max = 512U << 10;
constexpr int k_value_bytes = 100;

/// One item is one record. The argument is how many stand in a batch; as many batches as fit into
/// one of the size that small batches are put together to go into each.
void recode(benchmark::State& state, Codec codec) {
  const auto records = static_cast<int>(state.range(0));
  const std::vector<std::byte> bytes = batch_of(codec, records, k_value_bytes);
  const auto header = protocol::scan_batch(bytes).header;
  const int batches = std::max(1, 4'000 / records);
  Recoder recoder;
  PassBatch batch;
  const auto once = [&] {
    recoder.begin(codec, k_bytes_max);
    for (int i = 0; i < batches; ++i) {
      KF_CHECK(recoder.add(bytes, header, 0, false).has_value());
    }
    batch.clear();
    KF_CHECK(recoder.finish(batch).has_value());
  };
  // Both ends of the buffers that change hands are warm after two rounds.
  once();
  once();
  AllocationCount count(state);
  for (auto _ : state) once();
  count.report(state.iterations() * batches * records);
}
void recode_none(benchmark::State& state) { recode(state, Codec::none); }
BENCHMARK(recode_none)->Arg(1)->Arg(100)->Arg(4'000);
void recode_lz4(benchmark::State& state) { recode(state, Codec::lz4); }
BENCHMARK(recode_lz4)->Arg(1)->Arg(100)->Arg(4'000);
void recode_zstd(benchmark::State& state) { recode(state, Codec::zstd); }
BENCHMARK(recode_zstd)->Arg(100);

}  // namespace
}  // namespace kferry::bench
