#include "kferry/client/producer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "kferry/net/loop.hpp"
#include "kferry/protocol/records.hpp"
#include "support/scripted_broker.hpp"
#include "support/scripted_log.hpp"
#include "support/seed.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::ScriptedCluster;
using testing::ScriptedLog;
using testing::ScriptedReply;
using testing::ScriptedRequest;

constexpr std::chrono::seconds k_patience{60};
constexpr std::int16_t k_not_leader = 6;
constexpr std::int16_t k_too_large = 10;
constexpr std::int16_t k_corrupt = 2;
constexpr std::int16_t k_not_enough_replicas = 19;
constexpr std::int16_t k_after_append = 20;
constexpr std::int16_t k_cluster_authorization = 31;
constexpr std::int16_t k_invalid_epoch = 47;
constexpr std::int16_t k_unknown_producer = 59;

/// A target cluster that keeps what is produced to it.
class Target {
 public:
  enum class Fault { none, refuse, append_and_refuse, close_before, close_after };
  using Choose = std::function<Fault(const TopicPartition&)>;

  explicit Target(int nodes) : cluster(nodes) {
    cluster.on(ApiKey::init_producer_id, [this](const ScriptedRequest&) { return identity(); });
    cluster.on(ApiKey::produce,
               [this](const ScriptedRequest& request) { return produce(request); });
  }

  /// What the scripts read changes only in here. Thread: any.
  void change(const std::function<void()>& task) {
    const std::lock_guard lock(mutex_);
    task();
  }

  ScriptedCluster cluster;
  Choose choose;  ///< asked for every batch; unset: no faults
  std::int16_t refusal = k_not_enough_replicas;
  std::int16_t identity_error = 0;
  std::map<TopicPartition, ScriptedLog> logs;
  std::size_t batches_per_request_max = 0;
  bool same_partition_twice = false;
  std::int64_t next_producer_id = 100;
  int identities = 0;
  std::int32_t deposed = 0;  ///< the node refuses everything
  std::map<std::int32_t, int> produced_at;

 private:
  ScriptedReply identity() {
    const std::lock_guard lock(mutex_);
    ++identities;
    return ScriptedReply::answer(testing::body_of([&](protocol::WireWriter& out) {
      out.i32(0);
      out.i16(identity_error);
      out.i64(identity_error == 0 ? next_producer_id++ : -1);
      out.i16(identity_error == 0 ? 0 : -1);
    }));
  }

  struct Answer {
    TopicPartition tp;
    ScriptedLog::Appended appended;
  };

  ScriptedReply produce(const ScriptedRequest& request) {
    const std::lock_guard lock(mutex_);
    ++produced_at[request.node];
    auto in = request.reader();
    in.nullable_string();
    EXPECT_EQ(in.i16(), -1) << "acks";
    in.i32();
    std::vector<std::vector<Answer>> topics;
    std::set<TopicPartition> seen;
    bool close_after = false;
    for (std::size_t count = in.array(1); count > 0; --count) {
      const std::string topic(in.string());
      auto& answers = topics.emplace_back();
      for (std::size_t left = in.array(1); left > 0; --left) {
        const TopicPartition tp{topic, Partition(in.i32())};
        const ByteView batch = in.bytes();
        same_partition_twice |= !seen.insert(tp).second;
        const bool gone = request.node == deposed;
        const Fault fault = gone ? Fault::refuse : choose ? choose(tp) : Fault::none;
        if (fault == Fault::close_before) return ScriptedReply::close();
        close_after |= fault == Fault::close_after;
        answers.push_back({tp, apply(tp, batch, fault)});
      }
    }
    EXPECT_TRUE(in.ok());
    batches_per_request_max = std::max(batches_per_request_max, seen.size());
    if (close_after) return ScriptedReply::close();
    // Not in the order of the question.
    std::reverse(topics.begin(), topics.end());
    return ScriptedReply::answer(
        testing::body_of([&](protocol::WireWriter& out) { write(out, topics); }));
  }

  ScriptedLog::Appended apply(const TopicPartition& tp, ByteView batch, Fault fault) {
    if (fault == Fault::refuse) return {refusal, -1};
    const auto appended = logs[tp].append(batch);
    if (fault == Fault::append_and_refuse && appended.error == 0) return {k_after_append, -1};
    return appended;
  }

  static void write(protocol::WireWriter& out, const std::vector<std::vector<Answer>>& topics) {
    out.array(topics.size());
    for (const auto& answers : topics) {
      out.string(answers.front().tp.topic);
      out.array(answers.size());
      for (const Answer& answer : answers) {
        out.i32(answer.tp.partition.value());
        out.i16(answer.appended.error);
        out.i64(answer.appended.base_offset);
        out.i64(-1);
        out.i64(0);
        out.array(0);
        out.nullable_string(std::nullopt);
      }
    }
    out.i32(0);
  }

  std::mutex mutex_;
};

class ProducerTest : public test::SeededTest, public ProduceListener {
 protected:
  struct Sent {
    Shipment shipment;
    std::vector<std::byte> bytes;
    bool acknowledged = false;
  };
  struct LaneUnderTest {
    Lane lane;
    std::deque<Sent> sent;
    int refused = 0;
    std::vector<std::string> wanted;
  };

  void start(Target& target, ProduceSettings settings = {},
             Milliseconds backoff_min = Milliseconds(1)) {
    settings.retry_backoff_min = backoff_min;
    settings.retry_backoff_max = backoff_min * 5;
    ClusterSettings cluster_settings;
    cluster_settings.bootstrap = target.cluster.bootstrap();
    cluster_settings.connection.security = std::make_shared<security::SecurityProfile>();
    cluster_settings.connection.client_id = "test";
    cluster_settings.backoff_min = Milliseconds(1);
    cluster_settings.backoff_max = Milliseconds(20);
    loop.run([&] {
      cluster = Cluster::create(loop, slabs, cluster_settings, nullptr);
      producer = Producer::create(*cluster, settings, *this);
    });
  }
  void TearDown() override {
    loop.run([&] {
      producer.reset();
      cluster.reset();
    });
  }

  LaneUnderTest& lane(const std::string& topic, std::int32_t partition) {
    const TopicPartition target{topic, Partition(partition)};
    std::unique_lock lock(mutex);
    const auto [at, made] = lanes.try_emplace(target);
    LaneUnderTest& found = at->second;
    if (!made) return found;
    found.lane.target = target;
    lock.unlock();
    loop.run([&] { producer->add(found.lane); });
    return found;
  }

  /// Sends so many batches of one to three records.
  void send(LaneUnderTest& to, int batches) {
    loop.run([&] {
      for (int i = 0; i < batches; ++i) {
        Sent& sent = to.sent.emplace_back();
        protocol::BatchBuilder builder;
        builder.begin(protocol::Codec::none);
        for (std::uint64_t records = 1 + random.below(3); records > 0; --records) {
          to.wanted.push_back(to_string(to.lane.target) + " " + std::to_string(to.wanted.size()));
          builder.add(static_cast<std::int64_t>(i), as_bytes(to.wanted.back()));
        }
        ASSERT_TRUE(builder.finish({}, -1, sent.bytes));
        sent.shipment.batch = sent.bytes;
        sent.shipment.records = builder.records();
        ++open;
        producer->send(to.lane, sent.shipment);
      }
      producer->flush();
    });
  }

  /// Begins anew, and what this lane has open is not expected any more.
  void reset_without(LaneUnderTest& gone) {
    std::promise<void> reset;
    loop.run([&] { producer->reset(Milliseconds(1'000), [&] { reset.set_value(); }); });
    ASSERT_EQ(reset.get_future().wait_for(k_patience), std::future_status::ready);
    loop.run([&] {
      open = 0;
      gone.sent.clear();
      gone.wanted.clear();
    });
  }

  bool await(const std::function<bool()>& done) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, k_patience, done);
  }
  bool await_all() {
    return await([&] { return open == 0; });
  }

  void on_acknowledged(Lane& of, Shipment& shipment) override {
    const std::lock_guard lock(mutex);
    auto& mine = lanes.at(of.target);
    const auto found = std::find_if(mine.sent.begin(), mine.sent.end(),
                                    [&](const Sent& sent) { return &sent.shipment == &shipment; });
    ASSERT_NE(found, mine.sent.end());
    EXPECT_FALSE(found->acknowledged);
    EXPECT_TRUE(found == mine.sent.begin() || std::prev(found)->acknowledged) << "out of order";
    found->acknowledged = true;
    --open;
    changed.notify_all();
  }
  void on_refused(Lane& of, Shipment& shipment, ErrorKind kind) override {
    const std::lock_guard lock(mutex);
    ++lanes.at(of.target).refused;
    refusals.push_back({shipment.error, kind});
    changed.notify_all();
  }
  void on_broken(ErrorKind, const std::string& why) override {
    const std::lock_guard lock(mutex);
    broken.push_back(why);
    changed.notify_all();
  }
  void on_identity(bool idempotent, const std::string& why) override {
    const std::lock_guard lock(mutex);
    identities.emplace_back(idempotent, why);
    changed.notify_all();
  }

  void expect_logs(Target& target) {
    target.change([&] { compare_logs(target); });
  }
  void compare_logs(Target& target) {
    for (const auto& [tp, sent] : lanes) EXPECT_EQ(target.logs[tp].records, sent.wanted);
    EXPECT_FALSE(target.same_partition_twice);
  }

  net::Loop loop{"test"};
  SlabPool slabs;
  std::unique_ptr<Cluster> cluster;
  std::unique_ptr<Producer> producer;
  std::map<TopicPartition, LaneUnderTest> lanes;
  std::mutex mutex;
  std::condition_variable changed;
  int open = 0;
  std::vector<std::pair<std::int16_t, ErrorKind>> refusals;
  std::vector<std::string> broken;
  std::vector<std::pair<bool, std::string>> identities;
};

TEST_F(ProducerTest, one_request_carries_a_batch_of_every_ready_partition) {
  Target target(1);
  target.cluster.add_topic("a", 3);
  target.cluster.add_topic("b", 3);
  start(target);
  for (int round = 0; round < 3; ++round) {
    for (std::int32_t p = 0; p < 3; ++p) {
      send(lane("a", p), 10);
      send(lane("b", p), 10);
    }
  }
  ASSERT_TRUE(await_all());
  expect_logs(target);
  target.change([&] { EXPECT_GT(target.batches_per_request_max, 1U); });
  target.change([&] { EXPECT_EQ(target.identities, 1); });
}

TEST_F(ProducerTest, order_and_single_copies_survive_any_trouble) {
  Target target(2);
  target.cluster.add_topic("t", 4);
  int faults = 0;
  test::Random fate;
  target.choose = [&](const TopicPartition&) {
    if (faults >= 200 || !fate.one_in(4)) return Target::Fault::none;
    ++faults;
    const Target::Fault k_faults[] = {Target::Fault::refuse, Target::Fault::append_and_refuse,
                                      Target::Fault::close_before, Target::Fault::close_after};
    return k_faults[fate.below(4)];
  };
  start(target);
  for (int round = 0; round < 10; ++round) {
    for (std::int32_t p = 0; p < 4; ++p) send(lane("t", p), 10);
  }
  ASSERT_TRUE(await_all());
  EXPECT_TRUE(broken.empty()) << broken.front();
  expect_logs(target);
}

TEST_F(ProducerTest, a_partition_is_followed_to_its_new_leader) {
  Target target(2);
  target.cluster.add_topic("t", 1);
  start(target);
  send(lane("t", 0), 3);
  ASSERT_TRUE(await_all());
  target.change([&] {
    target.refusal = k_not_leader;
    target.deposed = 1;
    target.cluster.set_leader({"t", Partition(0)}, 2, 1);
  });
  send(lane("t", 0), 20);
  ASSERT_TRUE(await_all());
  expect_logs(target);
  target.change([&] { EXPECT_GT(target.produced_at[2], 0); });
}

TEST_F(ProducerTest, what_arrives_damaged_is_sent_again_once) {
  Target target(1);
  target.cluster.add_topic("t", 1);
  target.refusal = k_corrupt;
  int damaged = 0;
  target.choose = [&](const TopicPartition&) {
    return ++damaged == 1 ? Target::Fault::refuse : Target::Fault::none;
  };
  start(target);
  send(lane("t", 0), 20);
  ASSERT_TRUE(await_all());
  expect_logs(target);
  EXPECT_TRUE(refusals.empty());

  target.change(
      [&] { target.choose = [](const TopicPartition&) { return Target::Fault::refuse; }; });
  send(lane("t", 0), 1);
  ASSERT_TRUE(await([&] { return refusals.size() == 1; }));
  EXPECT_EQ(refusals[0], (std::pair{k_corrupt, ErrorKind::record}));
}

TEST_F(ProducerTest, a_refused_batch_stops_its_lane_alone_until_a_reset) {
  Target target(1);
  target.cluster.add_topic("t", 2);
  target.refusal = k_too_large;
  target.choose = [](const TopicPartition& tp) {
    return tp.partition.value() == 0 ? Target::Fault::refuse : Target::Fault::none;
  };
  start(target);
  send(lane("t", 0), 1);
  send(lane("t", 1), 5);
  ASSERT_TRUE(await([&] { return open == 1 && refusals.size() == 1; }));
  EXPECT_EQ(refusals[0], (std::pair{k_too_large, ErrorKind::record}));

  const std::vector<std::byte> given_up = lane("t", 0).sent.front().bytes;
  ASSERT_NO_FATAL_FAILURE(reset_without(lane("t", 0)));
  target.change([&] { target.choose = nullptr; });
  send(lane("t", 0), 3);
  send(lane("t", 1), 3);
  ASSERT_TRUE(await_all());
  expect_logs(target);
  target.change([&] {
    EXPECT_EQ(target.identities, 1) << "another epoch of the same id";
    const auto late = target.logs[lane("t", 0).lane.target].append(given_up);
    EXPECT_EQ(late.error, k_invalid_epoch) << "what comes behind its time is not taken";
  });
}

TEST_F(ProducerTest, a_lost_identity_is_told_and_a_reset_begins_anew) {
  Target target(1);
  target.cluster.add_topic("t", 1);
  target.refusal = k_unknown_producer;
  target.choose = [](const TopicPartition&) { return Target::Fault::refuse; };
  start(target);
  send(lane("t", 0), 1);
  ASSERT_TRUE(await([&] { return broken.size() == 1; }));
  EXPECT_NE(broken[0].find("UNKNOWN_PRODUCER_ID"), std::string::npos);

  ASSERT_NO_FATAL_FAILURE(reset_without(lane("t", 0)));
  target.change([&] { target.choose = nullptr; });
  send(lane("t", 0), 3);
  ASSERT_TRUE(await_all());
  expect_logs(target);
  target.change([&] { EXPECT_EQ(target.identities, 2) << "an id that is not known is of no use"; });
}

TEST_F(ProducerTest, without_the_right_to_idempotence_one_batch_is_under_way_at_a_time) {
  Target target(1);
  target.cluster.add_topic("t", 1);
  target.identity_error = k_cluster_authorization;
  start(target);
  send(lane("t", 0), 50);
  ASSERT_TRUE(await_all());
  ASSERT_EQ(identities.size(), 1U);
  EXPECT_FALSE(identities[0].first);
  expect_logs(target);
}

TEST_F(ProducerTest, idempotence_that_is_required_is_not_given_up) {
  Target target(1);
  target.cluster.add_topic("t", 1);
  target.identity_error = k_cluster_authorization;
  ProduceSettings settings;
  settings.idempotence = Idempotence::required;
  start(target, settings);
  send(lane("t", 0), 1);
  ASSERT_TRUE(await([&] { return broken.size() == 1; }));
  target.change([&] { EXPECT_TRUE(target.logs.empty()); });
}

TEST_F(ProducerTest, a_topic_that_comes_later_is_waited_for) {
  Target target(1);
  start(target);
  send(lane("late", 0), 2);
  ASSERT_TRUE(target.cluster.await_requests(ApiKey::metadata, 2));
  target.cluster.add_topic("late", 1);
  ASSERT_TRUE(await_all());
  expect_logs(target);
}

TEST_F(ProducerTest, lanes_leave_a_dead_broker_while_there_is_no_identity) {
  Target target(2);
  target.cluster.add_topic("t", 1);
  target.cluster.stop(1);
  start(target);
  send(lane("t", 0), 3);
  // Its leader is the one that can not be reached, again and again.
  ASSERT_TRUE(target.cluster.await_requests(ApiKey::metadata, 3));
  target.cluster.set_leader({"t", Partition(0)}, 2, 1);
  ASSERT_TRUE(await_all());
  expect_logs(target);
}

TEST_F(ProducerTest, brokers_may_swap_their_partitions_while_lanes_wait) {
  Target target(2);
  constexpr std::int32_t k_lanes = 8;
  target.cluster.add_topic("t", k_lanes);
  ProduceSettings settings;
  settings.connections_per_broker = 1;
  start(target, settings, Milliseconds(20));
  for (std::int32_t p = 0; p < k_lanes; ++p) send(lane("t", p), 1);
  ASSERT_TRUE(await_all());
  std::set<TopicPartition> refused;
  target.change([&] {
    target.refusal = k_not_leader;
    target.choose = [&](const TopicPartition& tp) {
      if (refused.empty()) {
        for (std::int32_t p = 0; p < k_lanes; ++p) {
          target.cluster.set_leader({"t", Partition(p)}, p % 2 == 0 ? 2 : 1, 1);
        }
      }
      return refused.insert(tp).second ? Target::Fault::refuse : Target::Fault::none;
    };
  });
  for (std::int32_t p = 0; p < k_lanes; ++p) send(lane("t", p), 1);
  // The loop is busy while pauses end and answers come: it finds all of that at once.
  for (int i = 0; i < 5; ++i) {
    loop.run([] { std::this_thread::sleep_for(std::chrono::milliseconds(25)); });
  }
  ASSERT_TRUE(await_all());
  expect_logs(target);
}

TEST_F(ProducerTest, a_broker_that_restarts_is_connected_again) {
  Target target(1);
  target.cluster.add_topic("t", 1);
  start(target);
  send(lane("t", 0), 2);
  ASSERT_TRUE(await_all());
  target.cluster.stop(1);
  send(lane("t", 0), 4);
  target.cluster.start(1);
  ASSERT_TRUE(await_all());
  expect_logs(target);
}

}  // namespace
}  // namespace kferry::client
