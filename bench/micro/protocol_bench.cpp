#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "batches.hpp"
#include "kferry/protocol/api.hpp"
#include "kferry/protocol/crc32c.hpp"
#include "kferry/protocol/fetch.hpp"
#include "kferry/protocol/produce.hpp"
#include "kferry/protocol/record_batch.hpp"

namespace kferry::bench {
namespace {

using Bytes = std::vector<std::byte>;

template <class Checksum>
void checksum(benchmark::State& state, Checksum of) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), std::byte{0x5A});
  for (auto _ : state) benchmark::DoNotOptimize(of(bytes, 0));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
void crc32c_of_bytes(benchmark::State& state) { checksum(state, protocol::crc32c); }
BENCHMARK(crc32c_of_bytes)->Arg(100)->Arg(16 << 10)->Arg(1 << 20);
void crc32c_by_tables(benchmark::State& state) { checksum(state, protocol::crc32c_portable); }
BENCHMARK(crc32c_by_tables)->Arg(16 << 10);

/// What stands in for the checksum of a whole batch: its cost depends on the size only by the log.
void crc32c_patch(benchmark::State& state) {
  std::array<std::byte, 36> before{};
  std::array<std::byte, 36> after{};
  after.fill(std::byte{7});
  const auto tail = static_cast<std::size_t>(state.range(0));
  std::uint32_t crc = 1;
  for (auto _ : state) {
    crc = protocol::crc32c_patched(crc, before, after, tail);
    benchmark::DoNotOptimize(crc);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(crc32c_patch)->Arg(100)->Arg(16 << 10)->Arg(1 << 20);

/// One item is one batch: all that is done to a batch that passes.
void rewrite_header(benchmark::State& state) {
  Bytes batch = batch_of(protocol::Codec::none, static_cast<int>(state.range(0)), 1'000);
  std::int32_t sequence = 0;
  AllocationCount count(state);
  for (auto _ : state) {
    protocol::rewrite_header(batch, {77, 3}, sequence++);
    benchmark::ClobberMemory();
  }
  count.report(state.iterations());
}
BENCHMARK(rewrite_header)->Arg(1)->Arg(16)->Arg(1000);

/// A response with one batch for each of so many partitions, as a broker writes it.
Bytes fetch_response(int partitions) {
  const Bytes batch = batch_of(protocol::Codec::none, 1, 100);
  Bytes bytes;
  protocol::WireWriter out(bytes);
  out.i32(0);
  out.i16(0);
  out.i32(17);
  out.array(static_cast<std::size_t>(partitions) / 10);
  for (int i = 0; i < partitions; ++i) {
    if (i % 10 == 0) {
      out.string("topic" + std::to_string(i / 10));
      out.array(10);
    }
    out.i32(i % 10);
    out.i16(0);
    for (int offsets = 0; offsets < 3; ++offsets) out.i64(1'000'000);
    out.null_array();
    out.i32(-1);
    out.bytes(batch);
  }
  return bytes;
}

/// One item is one partition: reading its part of the response and the header of its batch.
void read_fetch(benchmark::State& state) {
  const Bytes bytes = fetch_response(static_cast<int>(state.range(0)));
  protocol::FetchResponse response;
  const auto read = [&] {
    protocol::WireReader in(bytes);
    return protocol::read_fetch(in, 11, response);
  };
  KF_CHECK(read());
  AllocationCount count(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(read());
    for (const auto& partition : response.partitions) {
      benchmark::DoNotOptimize(protocol::scan_batch(partition.records));
    }
  }
  count.report(state.iterations() * state.range(0));
}
BENCHMARK(read_fetch)->Arg(10)->Arg(100)->Arg(1000);

/// One item is one partition of a request that takes a batch of each.
void write_produce(benchmark::State& state) {
  std::vector<std::string> topics;
  std::vector<protocol::ProducePartition> partitions;
  for (int i = 0; i < state.range(0); i += 10) topics.push_back("topic" + std::to_string(i / 10));
  for (int i = 0; i < state.range(0); ++i) {
    partitions.push_back({topics[static_cast<std::size_t>(i) / 10], i % 10, 16'384});
  }
  Bytes message;
  std::vector<std::size_t> cuts;
  const auto write = [&] {
    protocol::RequestFrame frame(message, protocol::ApiKey::produce, 8, 1, "mirror-1");
    protocol::write_produce(frame.body(), 30'000, partitions, cuts);
    frame.finish(partitions.size() * 16'384);
  };
  write();
  AllocationCount count(state);
  for (auto _ : state) {
    write();
    benchmark::DoNotOptimize(message.data());
  }
  count.report(state.iterations() * state.range(0));
}
BENCHMARK(write_produce)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace kferry::bench
