#include "kferry/observe/metrics.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "kferry/base/clock.hpp"
#include "support/sample_snapshot.hpp"

namespace kferry::observe {
namespace {

using testing::running_flow;
using testing::running_shard;
using testing::sample_snapshot;

struct PromtoolAnswer {
  int exit_code = -1;
  std::string output;
};

/// What Prometheus' own checker says: parser and naming rules. A missing promtool is exit code 127
/// and fails the test.
PromtoolAnswer promtool(const std::string& text) {
  char path[] = "/tmp/kferry_metrics_XXXXXX";
  const int fd = ::mkstemp(path);
  if (fd < 0) return {};
  ::close(fd);
  std::ofstream(path) << text;
  PromtoolAnswer answer;
  const std::string command = std::string("promtool check metrics < ") + path + " 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  char buffer[1024];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr)
    answer.output += buffer;
  const int status = pipe == nullptr ? -1 : ::pclose(pipe);
  answer.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::remove(path);
  return answer;
}

Snapshot troubled_snapshot() {
  Snapshot snapshot = sample_snapshot();
  FlowSnapshot& flow = snapshot.flows[0];
  flow.ready = false;
  flow.send_errors = {{"MSG_SIZE_TOO_LARGE", 2}};
  flow.commit_failures = {{"a \"quoted\"\nreason with \\ and \xC3\xA9", 1}};
  flow.waiting_topics = {{"target topic is missing", 3}};
  flow.delay.counts[0] = 5;
  flow.delay.counts[3] = 2;
  flow.delay.counts.back() = 1;
  flow.delay.sum_seconds = 700.5;
  ShardSnapshot unknown;
  unknown.topic = "new";
  unknown.partition = 7;
  flow.shards.push_back(unknown);
  snapshot.flows.push_back(running_flow("second"));
  return snapshot;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, PassPromtool) {
  for (const Snapshot& snapshot : {Snapshot{}, sample_snapshot(), troubled_snapshot()}) {
    const auto answer = promtool(metrics_text(snapshot));
    EXPECT_EQ(answer.exit_code, 0) << answer.output << metrics_text(snapshot);
    EXPECT_EQ(answer.output, "");
  }
}

TEST(Metrics, PromtoolIsAbleToFail) {
  EXPECT_NE(promtool("kferry_bad{x=\"\n").exit_code, 0);
  EXPECT_NE(promtool("# TYPE kferry_bad counter\nkferry_bad 1\n").exit_code, 0);
}

TEST(Metrics, EveryPromisedNameIsThere) {
  const std::string text = metrics_text(troubled_snapshot());
  for (const char* name : {"kferry_lag_records gauge",
                           "kferry_lag_seconds gauge",
                           "kferry_source_end_offset gauge",
                           "kferry_committed_offset gauge",
                           "kferry_position_offset gauge",
                           "kferry_records_mirrored_total counter",
                           "kferry_bytes_mirrored_total counter",
                           "kferry_mirror_delay_seconds histogram",
                           "kferry_shard_state gauge",
                           "kferry_batches_total counter",
                           "kferry_records_lost_total counter",
                           "kferry_records_filtered_total counter",
                           "kferry_records_dropped_total counter",
                           "kferry_send_errors_total counter",
                           "kferry_commit_failures_total counter",
                           "kferry_rebalances_total counter",
                           "kferry_producer_recreations_total counter",
                           "kferry_timestamps_replaced_total counter",
                           "kferry_memory_used_bytes gauge",
                           "kferry_memory_budget_bytes gauge",
                           "kferry_flow_ready gauge",
                           "kferry_waiting_topics gauge",
                           "kferry_uptime_seconds gauge",
                           "kferry_build_info gauge",
                           "process_start_time_seconds gauge",
                           "process_cpu_seconds_total counter",
                           "process_resident_memory_bytes gauge"})
    EXPECT_TRUE(has_line(text, std::string("# TYPE ") + name)) << name;
}

TEST(Metrics, ValuesAndLabels) {
  const std::string text = metrics_text(troubled_snapshot());
  for (const char* line :
       {R"(kferry_lag_records{flow="orders",topic="orders",partition="0"} 10)",
        R"(kferry_lag_seconds{flow="orders",topic="orders",partition="0"} 1.5)",
        R"(kferry_source_end_offset{flow="orders",topic="orders",partition="0"} 110)",
        R"(kferry_position_offset{flow="orders",topic="orders",partition="0"} 100)",
        R"(kferry_records_mirrored_total{flow="orders",topic="orders",partition="1"} 50)",
        R"(kferry_bytes_mirrored_total{flow="orders",topic="orders",partition="1"} 5000)",
        R"(kferry_shard_state{flow="orders",topic="orders",partition="0",state="running"} 1)",
        R"(kferry_shard_state{flow="orders",topic="new",partition="7",state="waiting"} 1)",
        R"(kferry_batches_total{flow="orders",engine="records",path="records",reason="none"} 6)",
        R"(kferry_send_errors_total{flow="orders",reason="MSG_SIZE_TOO_LARGE"} 2)",
        R"(kferry_waiting_topics{flow="orders",reason="target topic is missing"} 3)",
        R"(kferry_flow_ready{flow="orders"} 0)", R"(kferry_flow_ready{flow="second"} 1)",
        R"(kferry_memory_budget_bytes 134217728)", R"(kferry_uptime_seconds 12.5)",
        R"(kferry_build_info{version="0.1.0",librdkafka="2.0.2"} 1)"})
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
}

TEST(Metrics, AShardHasTheSeriesOfItsStateAlone) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].shards[1].state = ShardState::parked;
  const std::string text = metrics_text(snapshot);
  const std::string name = "kferry_shard_state{";
  std::size_t series = 0;
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) ++series;
  EXPECT_EQ(series, 2U) << text;
  EXPECT_TRUE(has_line(
      text, R"(kferry_shard_state{flow="orders",topic="orders",partition="1",state="parked"} 1)"));
}

/// What is counted differs between engines, and people compare the numbers.
TEST(Metrics, HelpSaysWhatEachEngineCounts) {
  Snapshot snapshot = troubled_snapshot();
  const std::string text = metrics_text(snapshot);
  const auto help = [&](const std::string& name) {
    const auto at = text.find("# HELP " + name + " ");
    return text.substr(at, text.find('\n', at) - at);
  };
  for (const char* name : {"kferry_bytes_mirrored_total", "kferry_batches_total"}) {
    EXPECT_NE(help(name).find("Engine records: "), std::string::npos) << help(name);
    EXPECT_NE(help(name).find("Engine passthrough: "), std::string::npos) << help(name);
  }
  EXPECT_NE(help("kferry_send_errors_total").find("kferry_records_dropped_total"),
            std::string::npos);
}

TEST(Metrics, UnknownValuesHaveNoSample) {
  const std::string text = metrics_text(troubled_snapshot());
  for (const char* name : {"kferry_lag_records", "kferry_lag_seconds", "kferry_source_end_offset",
                           "kferry_committed_offset", "kferry_position_offset"})
    EXPECT_EQ(text.find(std::string(name) + R"({flow="orders",topic="new")"), std::string::npos);
}

TEST(Metrics, HistogramIsCumulative) {
  const std::string text = metrics_text(troubled_snapshot());
  const std::string name = "kferry_mirror_delay_seconds";
  EXPECT_TRUE(has_line(text, name + R"(_bucket{flow="orders",le="0.001"} 5)")) << text;
  EXPECT_TRUE(has_line(text, name + R"(_bucket{flow="orders",le="0.005"} 5)"));
  EXPECT_TRUE(has_line(text, name + R"(_bucket{flow="orders",le="0.01"} 7)"));
  EXPECT_TRUE(has_line(text, name + R"(_bucket{flow="orders",le="600"} 7)"));
  EXPECT_TRUE(has_line(text, name + R"(_bucket{flow="orders",le="+Inf"} 8)"));
  EXPECT_TRUE(has_line(text, name + R"(_count{flow="orders"} 8)"));
  EXPECT_TRUE(has_line(text, name + R"(_sum{flow="orders"} 700.5)"));
}

TEST(Metrics, LabelsAreEscapedAndValidUtf8) {
  EXPECT_TRUE(has_line(
      metrics_text(troubled_snapshot()),
      "kferry_commit_failures_total{flow=\"orders\",reason=\"a \\\"quoted\\\"\\nreason with \\\\ "
      "and \xC3\xA9\"} 1"));
  Snapshot broken = sample_snapshot();
  // Two reasons that become one: a series that occurs twice would make the scrape fail.
  broken.flows[0].send_errors = {{"bad \xFF", 1}, {"bad \xFE", 2}};
  const std::string text = metrics_text(broken);
  EXPECT_TRUE(
      has_line(text, "kferry_send_errors_total{flow=\"orders\",reason=\"bad \xEF\xBF\xBD\"} 3"));
  EXPECT_EQ(promtool(text).exit_code, 0);
}

TEST(Metrics, BatchesOfReleasedShardsStayCounted) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].released.batches["records"] = snapshot.flows[0].shards[1].batches;
  snapshot.flows[0].shards.pop_back();
  EXPECT_TRUE(has_line(
      metrics_text(snapshot),
      R"(kferry_batches_total{flow="orders",engine="records",path="records",reason="none"} 6)"));
}

TEST(Metrics, ProcessNumbersAreOurs) {
  volatile double work = 0;
  for (int i = 0; i < 20'000'000; ++i) work = work + i;
  double cpu = 0;
  double resident = 0;
  double start = 0;
  for (const auto& family : SnapshotMetrics([] { return sample_snapshot(); }).Collect()) {
    if (family.name == "process_cpu_seconds_total") cpu = family.metric.at(0).counter.value;
    if (family.name == "process_resident_memory_bytes") resident = family.metric.at(0).gauge.value;
    if (family.name == "process_start_time_seconds") start = family.metric.at(0).gauge.value;
  }
  const auto now = static_cast<double>(SystemClock().wall_ms()) / 1000;
  EXPECT_GT(cpu, 0);
  EXPECT_GT(resident, 1e6);
  EXPECT_LT(start, now + 1);
  EXPECT_GT(start, now - 600);
}

}  // namespace
}  // namespace kferry::observe
