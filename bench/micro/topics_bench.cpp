#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "allocations.hpp"
#include "kferry/topics/partitioner.hpp"
#include "kferry/topics/topic_filter.hpp"

namespace kferry::bench {
namespace {

std::vector<std::string> topic_names(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.push_back((i % 3 == 0 ? "orders.region-" : "payments.internal.region-") +
                    std::to_string(i));
  }
  return names;
}

/// One iteration looks at all names once, as every refresh of the topic list does.
void filter_all(benchmark::State& state, const std::string& include, const std::string& exclude) {
  const auto filter = topics::TopicFilter::compile(include, exclude, true);
  if (!filter) {
    state.SkipWithError(filter.error().text.c_str());
    return;
  }
  const std::vector<std::string> names = topic_names(10'000);
  AllocationCount count(state);
  for (auto _ : state) {
    std::size_t matched = 0;
    for (const std::string& name : names) matched += filter->matches(name) ? 1U : 0U;
    benchmark::DoNotOptimize(matched);
  }
  count.report(state.iterations() * static_cast<std::int64_t>(names.size()));
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

void topic_filter_everything(benchmark::State& state) { filter_all(state, ".*", ""); }
void topic_filter_prefixes(benchmark::State& state) {
  filter_all(state, "orders\\..*|pay.*", ".*\\.internal\\..*");
}
void topic_filter_look_ahead(benchmark::State& state) { filter_all(state, "(?!.*internal).*", ""); }
void topic_filter_list_of_names(benchmark::State& state) {
  filter_all(state, list_of(topic_names(static_cast<int>(state.range(0)))), "");
}
BENCHMARK(topic_filter_everything)->Unit(benchmark::kMillisecond);
BENCHMARK(topic_filter_prefixes)->Unit(benchmark::kMillisecond);
BENCHMARK(topic_filter_look_ahead)->Unit(benchmark::kMillisecond);
BENCHMARK(topic_filter_list_of_names)->Arg(10)->Arg(2000)->Unit(benchmark::kMillisecond);

/// What one match may cost at most: the pattern runs into the limit.
void regex_at_its_limit(benchmark::State& state) {
  const auto regex = topics::JavaRegex::compile("(a+)+$");
  const std::string evil = std::string(60, 'a') + "!";
  for (auto _ : state) {
    benchmark::DoNotOptimize(regex->full_match(evil));
  }
}
BENCHMARK(regex_at_its_limit)->Unit(benchmark::kMillisecond);

void partitioner(benchmark::State& state, topics::PartitioningMode mode) {
  const auto made = topics::Partitioner::make(mode, 12, 20);
  if (!made) {
    state.SkipWithError(made.error().text.c_str());
    return;
  }
  std::vector<std::string> keys;
  for (int i = 0; i < 1024; ++i) keys.push_back("customer-" + std::to_string(i * 7919));
  AllocationCount count(state);
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(made->place(Partition(3), as_bytes(keys[at++ % keys.size()])));
  }
  count.report(state.iterations());
}
void partitioner_by_key(benchmark::State& state) {
  partitioner(state, topics::PartitioningMode::key);
}
void partitioner_by_source(benchmark::State& state) {
  partitioner(state, topics::PartitioningMode::source);
}
BENCHMARK(partitioner_by_key);
BENCHMARK(partitioner_by_source);

}  // namespace
}  // namespace kferry::bench
