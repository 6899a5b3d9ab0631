#include "kferry/client/cluster.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "unit/client/connection_world.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::ScriptedCluster;
using testing::ScriptedReply;
using testing::ScriptedRequest;

TopicPartition tp(const std::string& topic, std::int32_t partition) {
  return {topic, Partition(partition)};
}

/// A client's view of a scripted cluster, with quick back-offs, and a way to wait for it.
class ClusterWorld {
 public:
  explicit ClusterWorld(std::vector<Endpoint> bootstrap) {
    settings.bootstrap = std::move(bootstrap);
    settings.connection.client_id = "kferry-test";
    settings.connection.connect_timeout = Milliseconds(2'000);
    settings.backoff_min = Milliseconds(1);
    settings.backoff_max = Milliseconds(20);
  }
  ~ClusterWorld() {
    loop.run([&] { cluster.reset(); });
  }
  ClusterWorld(const ClusterWorld&) = delete;
  ClusterWorld& operator=(const ClusterWorld&) = delete;

  void start(std::set<std::string> topics) {
    loop.run([&] {
      cluster = Cluster::create(loop, slabs, settings, [this](const Error* error) {
        const std::lock_guard lock(mutex);
        troubles.push_back(error == nullptr ? std::nullopt : std::optional<Error>(*error));
        changed.notify_all();
      });
      cluster->add_listener([this] {
        const std::lock_guard lock(mutex);
        ++answers;
        changed.notify_all();
      });
      for (const std::string& topic : topics) cluster->watch(topic);
    });
  }
  /// False when it does not become true in ten seconds. Runs on the loop's thread.
  bool await(const std::function<bool(Cluster&)>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    for (;;) {
      std::size_t seen = 0;
      {
        const std::lock_guard lock(mutex);
        seen = answers;
      }
      bool is = false;
      loop.run([&] { is = condition(*cluster); });
      if (is) return true;
      std::unique_lock lock(mutex);
      if (!changed.wait_until(lock, deadline, [&] { return answers != seen; })) return false;
    }
  }
  bool await_leader(const TopicPartition& which, std::optional<Leader> leader) {
    return await([&](Cluster& view) { return view.leader(which) == leader; });
  }
  std::optional<Error> trouble(std::size_t number) {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, k_patience, [&] { return troubles.size() > number; })) {
      ADD_FAILURE() << "no trouble is told";
      return std::nullopt;
    }
    return troubles[number];
  }

  SlabPool slabs;
  net::Loop loop{"test-cluster"};
  ClusterSettings settings;
  std::unique_ptr<Cluster> cluster;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t answers = 0;
  std::vector<std::optional<Error>> troubles;
};

std::vector<std::string> topics_of(const ScriptedRequest& request) {
  auto in = request.reader();
  std::vector<std::string> topics;
  for (std::size_t count = in.array(2); count > 0; --count) topics.emplace_back(in.string());
  EXPECT_FALSE(in.boolean()) << "never creates a topic";
  return topics;
}

TEST(Cluster, KnowsTheLeadersOfWhatIsWatched) {
  ScriptedCluster brokers(2);
  brokers.add_topic("orders", 3);
  brokers.add_topic("other", 1);
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
  world.loop.run([&] {
    EXPECT_EQ(world.cluster->leader(tp("orders", 1)), (Leader{2, 0}));
    EXPECT_EQ(world.cluster->leader(tp("orders", 3)), std::nullopt);
    EXPECT_EQ(world.cluster->leader(tp("orders", -1)), std::nullopt);
    EXPECT_EQ(world.cluster->leader(tp("other", 0)), std::nullopt);
    EXPECT_EQ(world.cluster->endpoint(2), brokers.endpoint(2));
    EXPECT_EQ(world.cluster->endpoint(3), std::nullopt);
    EXPECT_EQ(world.cluster->topic_error("orders"), 0);
  });
  const std::lock_guard lock(world.mutex);
  EXPECT_TRUE(world.troubles.empty());
}

TEST(Cluster, AsksForNewTopicsAlone) {
  ScriptedCluster brokers;
  brokers.add_topic("one", 1);
  brokers.add_topic("two", 1);
  std::vector<std::vector<std::string>> asked;
  brokers.on(ApiKey::metadata, [&](const ScriptedRequest& request) {
    asked.push_back(topics_of(request));
    return brokers.metadata(request);
  });
  ClusterWorld world(brokers.bootstrap());
  world.start({"one"});
  ASSERT_TRUE(world.await_leader(tp("one", 0), Leader{1, 0}));
  world.loop.run([&] { world.cluster->watch("two"); });
  ASSERT_TRUE(world.await_leader(tp("two", 0), Leader{1, 0}));
  world.loop.run([&] {
    EXPECT_EQ(world.cluster->leader(tp("one", 0)), (Leader{1, 0}));
    world.cluster->unwatch("one");
    EXPECT_EQ(world.cluster->leader(tp("one", 0)), std::nullopt);
    world.cluster->refresh_soon();
  });
  ASSERT_TRUE(brokers.await_requests(ApiKey::metadata, 3));
  brokers.on(ApiKey::metadata, nullptr);
  EXPECT_EQ(asked, (std::vector<std::vector<std::string>>{{"one"}, {"two"}, {"two"}}));
}

TEST(Cluster, FollowsALeaderAndBelievesNoOlderEpoch) {
  ScriptedCluster brokers(2);
  brokers.add_topic("orders", 1);
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
  brokers.set_leader(tp("orders", 0), 2, 7);
  world.loop.run([&] { world.cluster->refresh_soon(); });
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{2, 7}));

  // A broker that lags behind, once: the next answer is right again.
  std::size_t lagging = 0;
  brokers.on(ApiKey::metadata, [&](const ScriptedRequest& request) {
    brokers.set_leader(tp("orders", 0), lagging == 0 ? 1 : 2, lagging == 0 ? 6 : 8);
    ++lagging;
    return brokers.metadata(request);
  });
  world.loop.run([&] {
    world.cluster->add_listener(
        [&] { EXPECT_EQ(world.cluster->leader(tp("orders", 0))->node, 2); });
    world.cluster->refresh_soon();
  });
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{2, 8}));
  brokers.on(ApiKey::metadata, nullptr);
}

TEST(Cluster, BelievesAnOlderEpochThatStays) {
  ScriptedCluster brokers(2);
  brokers.add_topic("orders", 1);
  brokers.set_leader(tp("orders", 0), 2, 9);
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{2, 9}));
  brokers.set_leader(tp("orders", 0), 1, 0);
  world.loop.run([&] { world.cluster->refresh_soon(); });
  EXPECT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
}

TEST(Cluster, AsksUntilThereIsALeader) {
  ScriptedCluster brokers;
  brokers.add_topic("orders", 2);
  brokers.set_leader(tp("orders", 1), -1, 3);
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders", "born later"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
  world.loop.run([&] {
    EXPECT_EQ(world.cluster->leader(tp("orders", 1)), std::nullopt);
    EXPECT_EQ(world.cluster->topic_error("born later"), 3);
  });
  brokers.set_leader(tp("orders", 1), 1, 4);
  brokers.add_topic("born later", 1);
  EXPECT_TRUE(world.await_leader(tp("orders", 1), Leader{1, 4}));
  EXPECT_TRUE(world.await_leader(tp("born later", 0), Leader{1, 0}));
}

TEST(Cluster, KeepsErrorsOfTopicsApart) {
  ScriptedCluster brokers;
  brokers.add_topic("fine", 1);
  brokers.add_topic("secret", 1);
  ClusterWorld world(brokers.bootstrap());
  world.start({"fine", "secret"});
  ASSERT_TRUE(world.await_leader(tp("secret", 0), Leader{1, 0}));
  brokers.set_topic_error("secret", 29);
  world.loop.run([&] { world.cluster->refresh_soon(); });
  ASSERT_TRUE(world.await([](Cluster& view) { return view.topic_error("secret") == 29; }));
  world.loop.run([&] {
    EXPECT_EQ(world.cluster->leader(tp("secret", 0)), std::nullopt);
    EXPECT_EQ(world.cluster->leader(tp("fine", 0)), (Leader{1, 0}));
    EXPECT_EQ(world.cluster->topic_error("fine"), 0);
  });
}

TEST(Cluster, AsksAgainWhenWhatItKnowsIsOld) {
  ScriptedCluster brokers;
  brokers.add_topic("orders", 1);
  ClusterWorld world(brokers.bootstrap());
  world.settings.metadata_max_age = Milliseconds(30);
  world.start({"orders"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
  brokers.set_leader(tp("orders", 0), 1, 1);
  EXPECT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 1}));
}

TEST(Cluster, AsksAnotherBrokerWhenOneIsGone) {
  ScriptedCluster brokers(3);
  brokers.add_topic("orders", 1);
  brokers.stop(1);
  brokers.stop(3);
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
  brokers.start(3);
  world.loop.run([&] { world.cluster->refresh_soon(); });
  ASSERT_TRUE(world.await([](Cluster& view) { return view.endpoint(3).has_value(); }));
  brokers.stop(2);
  brokers.set_leader(tp("orders", 0), 3, 1);
  world.loop.run([&] { world.cluster->refresh_soon(); });
  EXPECT_TRUE(world.await_leader(tp("orders", 0), Leader{3, 1}));
  const std::lock_guard lock(world.mutex);
  EXPECT_TRUE(world.troubles.empty()) << "one that answers is enough";
}

TEST(Cluster, AsksAnotherBrokerWhenOneKeepsTellingTheSame) {
  ScriptedCluster brokers(2);
  brokers.add_topic("orders", 1);
  // The one that is asked first is cut off from the others and knows nothing new.
  std::atomic<std::int32_t> cut_off{0};
  brokers.on(ApiKey::metadata, [&](const ScriptedRequest& request) {
    std::int32_t none = 0;
    cut_off.compare_exchange_strong(none, request.node);
    const bool stale = request.node == cut_off;
    brokers.set_leader(tp("orders", 0), stale ? 1 : 2, stale ? 0 : 1);
    return brokers.metadata(request);
  });
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
  // Whoever finds no leader there asks again and again.
  EXPECT_TRUE(world.await([&](Cluster& view) {
    view.refresh_soon();
    return view.leader(tp("orders", 0)) == Leader{2, 1};
  }));
  brokers.on(ApiKey::metadata, nullptr);
}

TEST(Cluster, GoesBackToTheBootstrapServers) {
  ScriptedCluster brokers(2);
  brokers.add_topic("orders", 1);
  ClusterWorld world({brokers.endpoint(1)});
  world.start({"orders"});
  ASSERT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));
  // Everybody has moved to an address where nobody is, for a moment.
  brokers.advertise(1, {"127.0.0.1", 1});
  brokers.advertise(2, {"127.0.0.1", 1});
  world.loop.run([&] { world.cluster->refresh_soon(); });
  ASSERT_TRUE(world.await([](Cluster& view) { return view.endpoint(1)->port == 1; }));
  brokers.set_leader(tp("orders", 0), 2, 1);
  brokers.close_connections(1);
  world.loop.run([&] { world.cluster->refresh_soon(); });
  EXPECT_TRUE(world.await_leader(tp("orders", 0), Leader{2, 1}));
}

TEST(Cluster, TellsThatNobodyCanBeAskedAndThatItIsOver) {
  ScriptedCluster brokers(2);
  brokers.add_topic("orders", 1);
  brokers.stop(1);
  brokers.stop(2);
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders"});
  const auto trouble = world.trouble(0);
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->kind, ErrorKind::unreachable);
  for (const std::int32_t node : {1, 2}) {
    EXPECT_TRUE(has(trouble->text, to_string(brokers.endpoint(node)))) << trouble->text;
  }
  EXPECT_TRUE(has(trouble->text, "Connection refused")) << trouble->text;
  brokers.start(2);
  EXPECT_FALSE(world.trouble(1).has_value());
  EXPECT_TRUE(world.await_leader(tp("orders", 0), Leader{1, 0}));

  // Told again when the reason changes, and only then.
  brokers.on(ApiKey::metadata, [](const auto&) { return ScriptedReply::answer({}); });
  world.loop.run([&] { world.cluster->refresh_soon(); });
  const auto unreadable = world.trouble(2);
  ASSERT_TRUE(unreadable);
  EXPECT_TRUE(has(unreadable->text, "can not be read")) << unreadable->text;
  ASSERT_TRUE(brokers.await_requests(ApiKey::metadata, 8));
  const std::lock_guard lock(world.mutex);
  EXPECT_EQ(world.troubles.size(), 3U);
}

TEST(Cluster, SaysThatBrokersAreTooOld) {
  ScriptedCluster brokers;
  brokers.set_versions({{3, 0, 1}});
  ClusterWorld world(brokers.bootstrap());
  world.start({"orders"});
  const auto trouble = world.trouble(0);
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->kind, ErrorKind::configuration);
  EXPECT_TRUE(has(trouble->text, "records")) << trouble->text;
}

}  // namespace
}  // namespace kferry::client
