#include <benchmark/benchmark.h>

#include "allocations.hpp"
#include "kferry/pipeline/ledger.hpp"

namespace kferry::bench {
namespace {

using pipeline::Ledger;

constexpr std::uint32_t k_batch_records = 500;

/// One item is one batch through the ledger, acknowledged at once, in send order.
void ledger_in_order(benchmark::State& state) {
  Ledger ledger(64, Offset(0));
  std::int64_t next_offset = 0;
  AllocationCount count(state);
  for (auto _ : state) {
    next_offset += k_batch_records;
    const auto slot = ledger.open(Offset(next_offset), k_batch_records);
    ledger.acknowledge(slot, k_batch_records);
    ledger.advance();
    benchmark::DoNotOptimize(ledger.safe_offset());
  }
  count.report(state.iterations());
}
BENCHMARK(ledger_in_order);

/// As many batches in flight as there are slots, acknowledged from the last to the first.
void ledger_in_reverse(benchmark::State& state) {
  const auto slots = static_cast<std::size_t>(state.range(0));
  Ledger ledger(slots, Offset(0));
  std::int64_t next_offset = 0;
  AllocationCount count(state);
  for (auto _ : state) {
    while (!ledger.full()) {
      next_offset += k_batch_records;
      ledger.open(Offset(next_offset), k_batch_records);
    }
    for (Ledger::Slot slot = ledger.tail(); slot-- > ledger.head();) {
      ledger.acknowledge(slot, k_batch_records);
    }
    benchmark::DoNotOptimize(ledger.advance());
  }
  count.report(state.iterations() * state.range(0));
}
BENCHMARK(ledger_in_reverse)->Arg(8)->Arg(64)->Arg(1024);

/// One item is one record: what the records engine pays for each delivery report.
void ledger_record_by_record(benchmark::State& state) {
  Ledger ledger(64, Offset(0));
  std::int64_t next_offset = 0;
  AllocationCount count(state);
  for (auto _ : state) {
    next_offset += k_batch_records;
    const auto slot = ledger.open(Offset(next_offset), k_batch_records);
    for (std::uint32_t i = 0; i < k_batch_records; ++i) ledger.acknowledge(slot, 1);
    ledger.advance();
  }
  count.report(state.iterations() * k_batch_records);
}
BENCHMARK(ledger_record_by_record);

}  // namespace
}  // namespace kferry::bench
