#include "app/demo_command.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "app/daemon.hpp"
#include "app/service_signals.hpp"
#include "kferry/base/log.hpp"
#include "kferry/kafka/mock_cluster.hpp"
#include "kferry/kafka/plain_client.hpp"

namespace kferry::app {
namespace {

constexpr const char* k_topic = "orders";
constexpr int k_partitions = 4;
/// The embedded clusters keep 5 MiB per partition: at this rate a record stays for half a minute.
constexpr int k_records_per_second = 2'000;
constexpr Milliseconds k_pace{10};
constexpr Milliseconds k_read_wait{50};
/// After the last record was sent, the mirror may take this long to bring it.
constexpr Milliseconds k_arrival_patience{15'000};
constexpr std::uint64_t k_seed = 20'190'730;

/// What was sent and has not arrived yet, in order, and how the two compare.
class Comparison {
 public:
  void sent(const kafka::PlainRecord& record) {
    const std::lock_guard lock(mutex_);
    expected_[index(record)].push_back(record);
    ++sent_;
  }

  void arrived(const kafka::PlainRecord& record) {
    const std::lock_guard lock(mutex_);
    ++arrived_;
    auto& queue = expected_[index(record)];
    kafka::PlainRecord seen = record;
    seen.offset = Offset(-1);
    if (!queue.empty() && queue.front() == seen) {
      queue.pop_front();
      ++equal_;
    } else if (difference_.empty()) {
      difference_ = fmt::format("partition {}, target offset {}: not the next record that was sent",
                                record.partition.value(), record.offset.value());
    }
  }

  bool complete() const {
    const std::lock_guard lock(mutex_);
    return equal_ == sent_;
  }

  /// True when everything that was sent arrived once, in order and unchanged.
  bool report() const {
    const std::lock_guard lock(mutex_);
    const bool same = equal_ == sent_ && arrived_ == sent_ && sent_ > 0;
    fmt::print("demo: sent {} records, arrived {}, equal and in order {}: {}\n", sent_, arrived_,
               equal_, same ? "EQUAL" : "DIFFERENT");
    if (!difference_.empty()) fmt::print("demo: first difference: {}\n", difference_);
    return same;
  }

 private:
  static std::size_t index(const kafka::PlainRecord& record) {
    return static_cast<std::size_t>(record.partition.value());
  }
  mutable std::mutex mutex_;
  std::array<std::deque<kafka::PlainRecord>, k_partitions> expected_;
  std::uint64_t sent_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t equal_ = 0;
  std::string difference_;
};

/// An order event: keyed by customer, so that a customer's events stay in order.
kafka::PlainRecord make_order(std::mt19937_64& random, std::uint64_t number, std::int64_t now_ms) {
  const auto customer = random() % 1'000;
  kafka::PlainRecord record;
  record.partition = Partition(static_cast<std::int32_t>(customer % k_partitions));
  record.timestamp_ms = now_ms;
  record.key = fmt::format("customer-{}", customer);
  if (random() % 50 == 0) return record;  // a tombstone
  record.value = fmt::format(R"({{"order":{},"customer":{},"amount":{},"state":"{}"}})", number,
                             customer, random() % 100'000, number % 3 == 0 ? "paid" : "created");
  record.headers = {{"event", "order"}, {"trace", std::nullopt}};
  return record;
}

class Demo {
 public:
  Demo(kafka::PlainProducer& producer, kafka::PlainReader& reader, int seconds)
      : producer_(producer),
        reader_(reader),
        end_(clock_.steady() + std::chrono::seconds(seconds)) {
    generator_ = std::thread([this] { generate(); });
    checker_ = std::thread([this] { check(); });
  }
  ~Demo() {
    stopping_ = true;
    generator_.join();
    checker_.join();
  }
  Demo(const Demo&) = delete;
  Demo& operator=(const Demo&) = delete;

  bool finished() const {
    if (!generated_) return false;
    return comparison_.complete() || clock_.steady() > end_ + k_arrival_patience;
  }
  const Comparison& comparison() const noexcept { return comparison_; }

 private:
  void generate() {
    std::mt19937_64 random(k_seed);
    std::uint64_t number = 0;
    const SteadyTime start = clock_.steady();
    while (!stopping_ && clock_.steady() < end_) {
      const auto due = static_cast<std::uint64_t>(
          std::chrono::duration<double>(clock_.steady() - start).count() * k_records_per_second);
      for (; number < due; ++number) {
        const auto record = make_order(random, number, clock_.wall_ms());
        comparison_.sent(record);
        if (const auto sent = producer_.send(k_topic, record); !sent) {
          log::error("demo", "{}", sent.error().text);
        }
      }
      std::this_thread::sleep_for(k_pace);
    }
    producer_.flush(k_arrival_patience);
    generated_ = true;
  }

  void check() {
    while (!stopping_) {
      reader_.poll(k_read_wait, [this](const auto& record) { comparison_.arrived(record); });
    }
  }

  const SystemClock clock_;
  kafka::PlainProducer& producer_;
  kafka::PlainReader& reader_;
  const SteadyTime end_;
  Comparison comparison_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> generated_{false};
  std::thread generator_;
  std::thread checker_;
};

Result<std::unique_ptr<kafka::MockCluster>> make_cluster() {
  auto cluster = kafka::MockCluster::make(1);
  if (!cluster) return cluster;
  if (const auto created = (*cluster)->create_topic(k_topic, k_partitions); !created) {
    return created.error();
  }
  return cluster;
}

config::Settings make_settings(const config::ProcessSettings& process, const std::string& source,
                               const std::string& target) {
  config::Settings settings;
  settings.process = process;
  config::FlowSettings& flow = settings.flows.emplace_back();
  flow.name = "demo";
  flow.source.bootstrap_servers = source;
  flow.source.group_id = "kferry-demo";
  flow.target.bootstrap_servers = target;
  flow.topics.include = k_topic;
  flow.commit_interval = Milliseconds(1'000);
  return settings;
}

Result<ExitCode> run_demo(const config::ProcessSettings& process, int seconds) {
  const ServiceSignals signals;
  auto source = make_cluster();
  if (!source) return source.error();
  auto target = make_cluster();
  if (!target) return target.error();
  const auto producer =
      kafka::PlainProducer::make({{"bootstrap.servers", (*source)->bootstrap_servers()}});
  if (!producer) return producer.error();
  const auto reader = kafka::PlainReader::make(
      {{"bootstrap.servers", (*target)->bootstrap_servers()}}, k_topic, k_partitions);
  if (!reader) return reader.error();
  fmt::print(
      "demo: embedded source {} and target {}, topic {} with {} partitions, {} order events "
      "per second for {} s\n",
      (*source)->bootstrap_servers(), (*target)->bootstrap_servers(), k_topic, k_partitions,
      k_records_per_second, seconds);
  std::fflush(stdout);
  Demo demo(**producer, **reader, seconds);
  const ExitCode code = run_daemon(
      make_settings(process, (*source)->bootstrap_servers(), (*target)->bootstrap_servers()),
      [&demo] { return demo.finished(); });
  const bool same = demo.comparison().report();
  if (code != ExitCode::ok) return code;
  return same ? ExitCode::ok : ExitCode::bug;
}

}  // namespace

ExitCode demo_command(const config::ProcessSettings& process, int seconds) {
  const auto code = run_demo(process, seconds);
  if (code) return *code;
  log::error("demo", "{}", code.error().text);
  return exit_code(code.error().kind);
}

}  // namespace kferry::app
