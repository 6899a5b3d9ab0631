#include "kferry/client/connection.hpp"

#include <gtest/gtest.h>

#include <random>

#include "unit/client/connection_world.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::ScriptedCluster;
using testing::ScriptedReply;
using testing::ScriptedRequest;

std::vector<std::byte> noise(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::vector<std::byte> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

TEST(Connection, OpensAndKnowsTheVersionsOfBothSides) {
  ScriptedCluster cluster;
  cluster.set_versions({{1, 4, 10}, {0, 3, 12}, {3, 0, 1}});
  ConnectionWorld world;
  const auto opened = world.open(cluster.endpoint(1));
  ASSERT_TRUE(opened.has_value()) << opened.error().text;
  world.loop.run([&] {
    EXPECT_TRUE(world.connection->usable());
    EXPECT_EQ(world.connection->version(ApiKey::fetch), 10);
    EXPECT_EQ(world.connection->version(ApiKey::produce), 8);
    EXPECT_EQ(world.connection->version(ApiKey::metadata), std::nullopt);
    EXPECT_EQ(world.connection->version(ApiKey::init_producer_id), std::nullopt);
    EXPECT_EQ(world.connection->endpoint(), cluster.endpoint(1));
    EXPECT_EQ(world.connection->in_flight(), 0U);
  });
}

TEST(Connection, CarriesARequestAndItsAnswer) {
  ScriptedCluster cluster;
  std::string client_id;
  cluster.on(ApiKey::fetch, [&](const ScriptedRequest& request) {
    client_id = request.client_id;
    return echo(request);
  });
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  const auto body = noise(100, 1);
  ProbeExchange exchange(body);
  world.send(exchange);
  EXPECT_EQ(exchange.outcome().body, body);
  EXPECT_EQ(client_id, "probe");
}

TEST(Connection, AnswersPipelinedRequestsInOrder) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, echo);
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  constexpr std::int32_t k_count = 300;
  std::vector<std::unique_ptr<ProbeExchange>> exchanges;
  std::vector<std::int32_t> ended;
  for (std::int32_t i = 0; i < k_count; ++i) {
    exchanges.push_back(std::make_unique<ProbeExchange>(i));
    exchanges.back()->at_end = [&ended, i] { ended.push_back(i); };
  }
  world.loop.run([&] {
    for (const auto& exchange : exchanges) world.connection->send(*exchange);
    EXPECT_EQ(world.connection->in_flight(), exchanges.size());
  });
  for (std::int32_t i = 0; i < k_count; ++i) {
    const auto outcome = exchanges[static_cast<std::size_t>(i)]->outcome();
    ASSERT_TRUE(outcome.body);
    EXPECT_EQ(protocol::load_big_endian<std::int32_t>(outcome.body->data()), i);
  }
  for (std::int32_t i = 0; i < k_count; ++i) EXPECT_EQ(ended[static_cast<std::size_t>(i)], i);
  world.loop.run([&] { EXPECT_EQ(world.connection->in_flight(), 0U); });
}

TEST(Connection, WritesInsertsWhereTheyBelong) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, echo);
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  // More pieces than one gathered write takes, and more bytes than a socket buffer.
  constexpr std::size_t k_inserts = 3'000;
  std::vector<std::vector<std::byte>> contents;
  for (std::size_t i = 0; i < k_inserts; ++i) {
    contents.push_back(noise(i % 7 == 0 ? 0 : 1'000 + 37 * (i % 100), static_cast<unsigned>(i)));
  }
  std::vector<std::byte> expected;
  for (int round = 0; round < 2; ++round) {
    ProbeExchange exchange{ByteView()};
    expected.clear();
    protocol::RequestFrame message(exchange.frame, exchange.key, exchange.version, 0, "probe");
    std::size_t inserted = 0;
    for (const auto& content : contents) {
      message.body().i32(static_cast<std::int32_t>(content.size()));
      exchange.inserts.push_back({message.body().size(), content});
      inserted += content.size();
      expected.resize(expected.size() + 4);
      protocol::store_big_endian(expected.data() + expected.size() - 4,
                                 static_cast<std::int32_t>(content.size()));
      expected.insert(expected.end(), content.begin(), content.end());
    }
    message.finish(inserted);
    world.send(exchange);
    EXPECT_EQ(exchange.outcome().body, expected);
  }
}

TEST(Connection, ReceivesResponsesOfEverySizeIntoSlabsThatFit) {
  ScriptedCluster cluster;
  std::vector<std::size_t> sizes{0, 1, 11, 12, 13, 4'000, 16'372, 16'376, 16'380, 16'384, 16'400};
  std::minstd_rand random(42);
  for (int i = 0; i < 60; ++i) sizes.push_back(random() % 200'000);
  sizes.push_back(5U << 20);
  cluster.on(ApiKey::fetch, [&](const ScriptedRequest& request) {
    const auto number = static_cast<std::size_t>(request.reader().i32());
    auto reply = ScriptedReply::answer(noise(sizes[number], static_cast<unsigned>(number)));
    constexpr std::size_t k_pieces[] = {SIZE_MAX, 1'000, 70'000};
    if (sizes[number] < 1'000) reply.piece_bytes = 3;
    if (sizes[number] > 10'000) reply.piece_bytes = k_pieces[number % 3];
    return reply;
  });
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  std::vector<std::unique_ptr<ProbeExchange>> exchanges;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    exchanges.push_back(std::make_unique<ProbeExchange>(static_cast<std::int32_t>(i)));
  }
  world.loop.run([&] {
    for (const auto& exchange : exchanges) world.connection->send(*exchange);
  });
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto outcome = exchanges[i]->outcome();
    ASSERT_TRUE(outcome.body) << i;
    EXPECT_TRUE(*outcome.body == noise(sizes[i], static_cast<unsigned>(i))) << i;
    EXPECT_LE(outcome.slab_bytes, std::max<std::size_t>(8'192, 2 * (sizes[i] + 4))) << i;
  }
  world.drop();
  EXPECT_EQ(world.slabs.bytes_in_use(), 0U);
}

TEST(Connection, GivesAnExchangeBackForTheNextRequest) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, echo);
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());

  struct Again final : Exchange {
    void on_response(protocol::WireReader, const SlabRef&) override {
      if (++answers == 50) return done.set_value(answers);
      connection->send(*this);
    }
    void on_failure(const Error&) override { done.set_value(-1); }
    Connection* connection = nullptr;
    int answers = 0;
    std::promise<int> done;
  } again;
  again.connection = world.connection.get();
  again.key = ApiKey::fetch;
  again.version = 11;
  protocol::RequestFrame(again.frame, again.key, again.version, 0, "x").finish();
  auto done = again.done.get_future();
  world.send(again);
  ASSERT_TRUE(ready(done));
  EXPECT_EQ(done.get(), 50);
}

TEST(Connection, TriesEveryAddressOfAName) {
  // "localhost" is ::1 as well on most machines, where nobody listens.
  ScriptedCluster cluster;
  ConnectionWorld world;
  const auto opened = world.open({"localhost", cluster.endpoint(1).port});
  EXPECT_TRUE(opened.has_value()) << opened.error().text;
}

TEST(Connection, SaysThatNobodyListens) {
  ScriptedCluster cluster;
  cluster.stop(1);
  ConnectionWorld world;
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::unreachable);
  EXPECT_TRUE(has(text, to_string(cluster.endpoint(1)))) << text;
  EXPECT_TRUE(has(text, "127.0.0.1: Connection refused")) << text;
}

TEST(Connection, SaysThatANameIsUnknown) {
  ConnectionWorld world;
  const auto text = world.open_error({"no-such-broker.invalid", 9092}, ErrorKind::unreachable);
  EXPECT_TRUE(has(text, "no-such-broker.invalid:9092")) << text;
  EXPECT_TRUE(has(text, "resolved")) << text;
}

TEST(Connection, DoesNotWaitForeverForVersions) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::api_versions, [](const auto&) { return ScriptedReply::silence(); });
  ConnectionWorld world;
  world.settings.connect_timeout = Milliseconds(50);
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::unreachable);
  EXPECT_TRUE(has(text, "within 50 ms")) << text;
  EXPECT_TRUE(has(text, "versions")) << text;
}

TEST(Connection, SaysThatABrokerIsTooOld) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::api_versions, [](const auto&) {
    return ScriptedReply::answer(testing::body_of([](auto& out) {
      out.i16(35);
      out.array(0);
    }));
  });
  ConnectionWorld world;
  EXPECT_TRUE(has(world.open_error(cluster.endpoint(1), ErrorKind::configuration), "2.2"));
}

TEST(Connection, TellsWhoAnswersInsteadOfABroker) {
  struct Case {
    std::string sent;
    ErrorKind kind;
    const char* says;
  };
  const Case cases[] = {
      {std::string("\x15\x03\x03\x00\x02\x02\x50", 7), ErrorKind::configuration, "wants TLS"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", ErrorKind::configuration, "HTTP server"},
      {std::string("\xFF\xFF\xFF\xFF", 4), ErrorKind::unreachable, "-1 bytes"},
      {std::string("\x00\x00\x00\x03xyz", 7), ErrorKind::unreachable, "3 bytes"},
      {std::string("\x10\x00\x00\x01", 4), ErrorKind::unreachable, "268435457 bytes"},
      {std::string("\x00\x00\x00\x08\x00\x00\x00\x09\x00\x00\x00\x00", 12), ErrorKind::unreachable,
       "correlation id 9"},
      {std::string("\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00", 10), ErrorKind::unreachable,
       "can not be read"},
  };
  for (const Case& each : cases) {
    ScriptedCluster cluster;
    cluster.on(ApiKey::api_versions, [&](const auto&) {
      const auto bytes = as_bytes(each.sent);
      return ScriptedReply::raw({bytes.begin(), bytes.end()});
    });
    ConnectionWorld world;
    const auto text = world.open_error(cluster.endpoint(1), each.kind);
    EXPECT_TRUE(has(text, each.says)) << text;
  }
}

TEST(Connection, HintsAtTlsWhenItIsClosedAtOnce) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::api_versions, [](const auto&) { return ScriptedReply::close(); });
  ConnectionWorld world;
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::unreachable);
  EXPECT_TRUE(has(text, "security.protocol")) << text;
}

TEST(Connection, FailsEverythingUnderWayWhenTheBrokerGoes) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, [](const auto&) { return ScriptedReply::silence(); });
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  ProbeExchange first(1);
  ProbeExchange second(2);
  std::vector<int> order;
  first.at_end = [&] {
    order.push_back(1);
    EXPECT_FALSE(world.connection->usable());
  };
  second.at_end = [&] { order.push_back(2); };
  world.send(first);
  world.send(second);
  ASSERT_TRUE(cluster.await_requests(ApiKey::fetch, 1));
  cluster.close_connections(1);
  const auto outcome = second.outcome();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, ErrorKind::unreachable);
  EXPECT_TRUE(has(outcome.failure->text, to_string(cluster.endpoint(1))));
  EXPECT_TRUE(first.outcome().failure);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Connection, EndsWhenARequestTakesTooLong) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, [](const ScriptedRequest& request) {
    return request.reader().i32() == 0 ? echo(request) : ScriptedReply::silence();
  });
  ConnectionWorld world;
  world.settings.request_timeout = Milliseconds(2'000);
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  ProbeExchange answered(0);
  world.send(answered);
  ASSERT_TRUE(answered.outcome().body);
  ProbeExchange silent(1);
  const auto sent_at = std::chrono::steady_clock::now();
  world.send(silent);
  const auto outcome = silent.outcome();
  ASSERT_TRUE(outcome.failure);
  EXPECT_TRUE(has(outcome.failure->text, "no answer to Fetch within 2000 ms"))
      << outcome.failure->text;
  EXPECT_GE(std::chrono::steady_clock::now() - sent_at, Milliseconds(2'000));
  EXPECT_FALSE(world.usable());
}

TEST(Connection, RefusesAnswersThatNobodyAskedFor) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, [](const ScriptedRequest& request) {
    std::vector<std::byte> twice;
    protocol::WireWriter out(twice);
    for (int i = 0; i < 2; ++i) {
      out.i32(8);
      out.i32(request.correlation_id + i);
      out.i32(0);
    }
    return ScriptedReply::raw(twice);
  });
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  ProbeExchange exchange(0);
  world.send(exchange);
  EXPECT_TRUE(exchange.outcome().body);
  EXPECT_FALSE(world.usable());
}

TEST(Connection, ClosesFromInsideAnAnswer) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, echo);
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  ProbeExchange first(1);
  ProbeExchange second(2);
  first.at_end = [&] { world.connection->close({ErrorKind::shard, "enough"}); };
  world.loop.run([&] {
    world.connection->send(first);
    world.connection->send(second);
  });
  EXPECT_TRUE(first.outcome().body);
  const auto outcome = second.outcome();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, ErrorKind::shard);
  EXPECT_EQ(outcome.failure->text, "enough");
}

TEST(Connection, TouchesNobodyOnceItIsLetGo) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, echo);
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  ProbeExchange first(1);
  auto second = std::make_unique<ProbeExchange>(2);
  first.at_end = [&] {
    second.reset();
    world.connection.reset();
  };
  world.loop.run([&] {
    world.connection->send(first);
    world.connection->send(*second);
  });
  EXPECT_TRUE(first.outcome().body);
  world.loop.run([] {});
}

TEST(Connection, IsSilentWhenItIsClosedBeforeItOpens) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::api_versions, [](const auto&) { return ScriptedReply::silence(); });
  ConnectionWorld world;
  int calls = 0;
  world.loop.run([&] {
    world.connection = Connection::open(world.loop, world.slabs, cluster.endpoint(1),
                                        world.settings, [&](const auto&) { ++calls; });
  });
  ASSERT_TRUE(cluster.await_requests(ApiKey::api_versions, 1));
  world.loop.run([&] { world.connection->close({ErrorKind::shard, "enough"}); });
  world.loop.run([&] { EXPECT_EQ(calls, 0); });
}

TEST(Endpoints, AreReadAsJavaReadsThem) {
  const auto endpoints = parse_endpoints(" a:1 ,b.example:9092,[::1]:9093,, SSL://c:65535 ,");
  ASSERT_TRUE(endpoints.has_value()) << endpoints.error().text;
  EXPECT_EQ(*endpoints,
            (std::vector<Endpoint>{{"a", 1}, {"b.example", 9092}, {"::1", 9093}, {"c", 65535}}));
  EXPECT_EQ(to_string(endpoints.value()[2]), "[::1]:9093");
  EXPECT_EQ(to_string(endpoints.value()[1]), "b.example:9092");
}

TEST(Endpoints, AreRefusedWithTheReason) {
  for (const char* text : {"", " , ", "a", "a:", "a:0", "a:65536", "a:b", ":9092", "a:1,b", "[::1]",
                           "a b:1", "a:-1", "a:1x"}) {
    const auto endpoints = parse_endpoints(text);
    ASSERT_FALSE(endpoints.has_value()) << text;
    EXPECT_EQ(endpoints.error().kind, ErrorKind::configuration);
    EXPECT_TRUE(has(endpoints.error().text, "bootstrap.servers"));
  }
}

}  // namespace
}  // namespace kferry::client
