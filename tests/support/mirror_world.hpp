#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/flow.hpp"
#include "kferry/kafka/mock_cluster.hpp"
#include "kferry/kafka/plain_client.hpp"

namespace kferry::test {

inline constexpr const char* k_topic = "orders";
inline constexpr int k_partitions = 3;
/// Long enough for sanitizers on a busy machine.
inline constexpr Milliseconds k_patience{60'000};

/// Both engines by the way their users come to them; auto means passthrough here.
inline const auto k_engines =
    ::testing::Values(config::EngineChoice::automatic, config::EngineChoice::records);
inline std::string engine_name(const ::testing::TestParamInfo<config::EngineChoice>& engine) {
  return engine.param == config::EngineChoice::records ? "records" : "passthrough";
}

/// The system's clock, which a test may put forward.
class ForwardClock final : public Clock {
 public:
  SteadyTime steady() const noexcept override { return clock_.steady() + ahead_.load(); }
  std::int64_t wall_ms() const noexcept override { return clock_.wall_ms(); }
  void put_forward(Milliseconds time) noexcept { ahead_ = ahead_.load() + time; }

 private:
  SystemClock clock_;
  std::atomic<Milliseconds> ahead_{Milliseconds(0)};
};

/// Two embedded clusters with the flow under test between them. What is sent is remembered, what
/// arrives is read with a client of its own and compared.
class MirrorWorld {
 public:
  explicit MirrorWorld(config::EngineChoice engine = config::EngineChoice::automatic)
      : source(make_cluster()), target(make_cluster()) {
    settings.engine = engine;
    settings.name = "test";
    settings.source.bootstrap_servers = source->bootstrap_servers();
    settings.source.group_id = "mirror";
    settings.target.bootstrap_servers = target->bootstrap_servers();
    settings.topics.include = k_topic;
    settings.commit_interval = Milliseconds(100);
    settings.refresh_interval = Milliseconds(500);
    settings.drain_timeout = Milliseconds(20'000);
    // The embedded group waits for its members almost as long as a session lasts.
    settings.source.library = {{"session.timeout.ms", "4000"},
                               {"heartbeat.interval.ms", "500"},
                               {"fetch.wait.max.ms", "20"},
                               {"reconnect.backoff.ms", "20"},
                               {"retry.backoff.ms", "20"}};
    // The embedded cluster checks no sequences: behind a request that it is told to refuse it would
    // take the next one, which no broker does.
    settings.target.in_flight_max = 1;
    settings.target.library = {{"reconnect.backoff.ms", "20"}, {"retry.backoff.ms", "20"}};
  }
  ~MirrorWorld() {
    if (thread_.joinable()) static_cast<void>(stop(false));
  }
  MirrorWorld(const MirrorWorld&) = delete;
  MirrorWorld& operator=(const MirrorWorld&) = delete;

  /// Topics on both clusters, and the clients of generator and judge.
  void make_topics() {
    for (auto* cluster : {source.get(), target.get()}) {
      ASSERT_TRUE(cluster->create_topic(k_topic, k_partitions));
    }
    attach();
  }
  void attach() {
    auto producer =
        kafka::PlainProducer::make({{"bootstrap.servers", source->bootstrap_servers()}});
    ASSERT_TRUE(producer);
    producer_ = std::move(*producer);
    auto reader = kafka::PlainReader::make(
        {{"bootstrap.servers", target->bootstrap_servers()}, {"fetch.wait.max.ms", "20"}}, k_topic,
        k_partitions);
    ASSERT_TRUE(reader);
    reader_ = std::move(*reader);
  }

  void start() {
    auto made = app::Flow::make(settings, budget_bytes, clock);
    ASSERT_TRUE(made) << made.error().text;
    flow = std::move(*made);
    thread_ = std::thread([this] {
      code_ = flow->run();
      ended_ = true;
    });
  }
  ExitCode stop(bool drain = true) {
    flow->stop(drain);
    return await_end();
  }
  ExitCode await_end() {
    thread_.join();
    return code_;
  }
  bool ended() const { return ended_; }

  void send(const kafka::PlainRecord& record) {
    sent_[record.partition.value()].push_back(record);
    send_uncounted(record);
  }
  /// Not expected on the target.
  void send_uncounted(const kafka::PlainRecord& record) {
    const auto sent = producer_->send(k_topic, record);
    ASSERT_TRUE(sent) << sent.error().text;
  }
  /// Numbered records, spread over the partitions.
  void send(int count) {
    for (; count > 0; --count) send(numbered());
    ASSERT_TRUE(producer_->flush(k_patience));
  }
  kafka::PlainRecord numbered() {
    kafka::PlainRecord record;
    record.partition = Partition(static_cast<std::int32_t>(number_ % k_partitions));
    record.timestamp_ms = 1'700'000'000'000 + number_;
    record.key = "key-" + std::to_string(number_ % 100);
    record.value = "value-" + std::to_string(number_);
    ++number_;
    return record;
  }

  /// Asks again every few milliseconds, while it takes in what arrives.
  bool eventually(const std::function<bool()>& condition) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + k_patience;
    do {
      receive();
      if (condition()) return true;
    } while (std::chrono::steady_clock::now() < deadline);
    return false;
  }
  bool all_arrive() {
    return eventually([this] { return count(arrived_) >= count(sent_) && fault().empty(); });
  }
  /// For as long as the clusters need to bring what should not be there.
  void receive(Milliseconds time = Milliseconds(10)) {
    if (!reader_) {  // not attached yet
      std::this_thread::sleep_for(time);
      return;
    }
    reader_->poll(time, [this](const kafka::PlainRecord& record) {
      kafka::PlainRecord seen = record;
      seen.offset = Offset(-1);
      arrived_[record.partition.value()].push_back(std::move(seen));
    });
  }

  /// Whether what arrived is what was sent: every record unchanged and in order, once or, after
  /// trouble, again from some point on. Empty: yes.
  std::string fault() const {
    for (std::int32_t p = 0; p < k_partitions; ++p) {
      const auto sent = sent_.find(p);
      const auto arrived = arrived_.find(p);
      const std::string text = fault_of(sent == sent_.end() ? k_none : sent->second,
                                        arrived == arrived_.end() ? k_none : arrived->second);
      if (!text.empty()) return "partition " + std::to_string(p) + ": " + text;
    }
    return "";
  }
  std::size_t sent() const { return count(sent_); }
  std::size_t arrived() const { return count(arrived_); }

  observe::FlowSnapshot snapshot() const { return flow->snapshot(); }
  std::uint64_t mirrored() const {
    const auto snap = flow->snapshot();
    std::uint64_t total = snap.released.records_mirrored;
    for (const auto& shard : snap.shards) total += shard.records_mirrored;
    return total;
  }
  /// What the source group has, as another client of it sees: the sum over all partitions.
  std::int64_t committed_total() {
    kafka::LogContext context{kafka::Side::source, "test"};
    const auto client =
        kafka::make_query_client({{"bootstrap.servers", source->bootstrap_servers()},
                                  {"group.id", settings.source.group_id}},
                                 context);
    EXPECT_TRUE(client);
    std::vector<TopicPartition> partitions;
    for (std::int32_t p = 0; p < k_partitions; ++p) partitions.push_back({k_topic, Partition(p)});
    const auto found = kafka::Cluster(client->get(), kafka::Side::source)
                           .committed(partitions, Milliseconds(10'000));
    if (!found) return -1;
    std::int64_t total = 0;
    for (const auto& entry : *found) total += entry.offset.value_or(Offset(0)).value();
    return total;
  }

  std::unique_ptr<kafka::MockCluster> source;
  std::unique_ptr<kafka::MockCluster> target;
  config::FlowSettings settings;
  std::int64_t budget_bytes = 64LL << 20;
  ForwardClock clock;
  std::unique_ptr<app::Flow> flow;

 private:
  using Records = std::vector<kafka::PlainRecord>;
  using ByPartition = std::map<std::int32_t, Records>;
  static inline const Records k_none{};

  static std::unique_ptr<kafka::MockCluster> make_cluster() {
    auto cluster = kafka::MockCluster::make(1);
    EXPECT_TRUE(cluster);
    return std::move(*cluster);
  }
  static std::size_t count(const ByPartition& records) {
    std::size_t total = 0;
    for (const auto& [partition, list] : records) total += list.size();
    return total;
  }
  static std::string fault_of(const Records& sent, const Records& arrived) {
    std::size_t reached = 0;
    std::size_t expected = 0;
    for (std::size_t i = 0; i < arrived.size(); ++i) {
      if (expected >= sent.size() || !(arrived[i] == sent[expected])) {
        // Only a step back is allowed, to a record that was there before.
        const auto end = sent.begin() + static_cast<std::ptrdiff_t>(reached);
        const auto found = std::find(sent.begin(), end, arrived[i]);
        if (found == end) {
          return "target offset " + std::to_string(i) + " holds " +
                 arrived[i].value.value_or("null") + ", not the next record";
        }
        expected = static_cast<std::size_t>(found - sent.begin());
      }
      ++expected;
      reached = std::max(reached, expected);
    }
    if (reached == sent.size()) return "";
    return std::to_string(reached) + " of " + std::to_string(sent.size()) + " records arrived";
  }

  std::unique_ptr<kafka::PlainProducer> producer_;
  std::unique_ptr<kafka::PlainReader> reader_;
  ByPartition sent_;
  ByPartition arrived_;
  std::int64_t number_ = 0;
  ExitCode code_ = ExitCode::bug;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace kferry::test
