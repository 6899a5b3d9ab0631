#include <gtest/gtest.h>

#include "kferry/client/connection.hpp"
#include "kferry/protocol/sessions.hpp"
#include "unit/client/connection_world.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::body_of;
using testing::LaterReply;
using testing::ScriptedCluster;
using testing::ScriptedReply;
using testing::ScriptedRequest;

ScriptedReply handshake(std::int16_t error, const std::vector<std::string>& mechanisms) {
  return ScriptedReply::answer(body_of([&](auto& out) {
    out.i16(error);
    out.array(mechanisms.size());
    for (const auto& mechanism : mechanisms) out.string(mechanism);
  }));
}

ScriptedReply authenticated(std::int64_t lifetime_ms, std::int16_t error = 0,
                            std::string_view text = {}, std::string_view token = {}) {
  return ScriptedReply::answer(body_of([&](auto& out) {
    out.i16(error);
    if (text.empty()) {
      out.nullable_string(std::nullopt);
    } else {
      out.string(text);
    }
    out.bytes(as_bytes(token));
    out.i64(lifetime_ms);
  }));
}

/// Brokers that want PLAIN with "alice" and "wonder", and note down what they are asked.
class SaslConnection : public ::testing::Test {
 protected:
  SaslConnection() {
    use(security::SaslMechanism::plain, "alice", "wonder");
    cluster.on(ApiKey::sasl_handshake, [this](const ScriptedRequest& request) {
      asked.push_back(request.key);
      mechanism = request.reader().string();
      return handshake(0, {"PLAIN"});
    });
    cluster.on(ApiKey::sasl_authenticate, [this](const ScriptedRequest& request) {
      asked.push_back(request.key);
      auto in = request.reader();
      const bool right = as_text(in.bytes()) == std::string_view("\0alice\0wonder", 13);
      if (!right)
        return authenticated(0, 58, "Authentication failed: Invalid username or password");
      return authenticated(std::exchange(lifetime_ms, 0));
    });
    cluster.on(ApiKey::fetch, [this](const ScriptedRequest& request) {
      asked.push_back(request.key);
      return echo(request);
    });
  }
  void use(security::SaslMechanism how, std::string user, std::string password) {
    security::SecurityProfile profile;
    profile.protocol = security::Protocol::sasl_plaintext;
    profile.sasl.emplace();
    profile.sasl->mechanism = how;
    profile.sasl->username = std::move(user);
    profile.sasl->password = Secret(std::move(password));
    world.settings.security = std::make_shared<security::SecurityProfile>(std::move(profile));
  }

  std::vector<ApiKey> asked;
  std::string mechanism;
  std::int64_t lifetime_ms = 0;
  ScriptedCluster cluster;
  ConnectionWorld world;
};

TEST_F(SaslConnection, AuthenticatesBeforeAnythingElse) {
  const auto opened = world.open(cluster.endpoint(1));
  ASSERT_TRUE(opened.has_value()) << opened.error().text;
  ProbeExchange exchange(1);
  world.send(exchange);
  EXPECT_TRUE(exchange.outcome().body);
  EXPECT_EQ(mechanism, "PLAIN");
  EXPECT_EQ(asked, (std::vector<ApiKey>{ApiKey::sasl_handshake, ApiKey::sasl_authenticate,
                                        ApiKey::fetch}));
}

TEST_F(SaslConnection, SaysThatTheCredentialsAreRefused) {
  use(security::SaslMechanism::plain, "alice", "looking-glass");
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::authorization);
  EXPECT_TRUE(has(text, to_string(cluster.endpoint(1)))) << text;
  EXPECT_TRUE(has(text, "Invalid username or password")) << text;
  EXPECT_TRUE(has(text, "sasl.jaas.config")) << text;
  EXPECT_FALSE(has(text, "looking-glass")) << text;
}

TEST_F(SaslConnection, SaysWhichMechanismsAreEnabled) {
  cluster.on(ApiKey::sasl_handshake, [](const auto&) {
    return handshake(33, {"SCRAM-SHA-256", "OAUTHBEARER"});
  });
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::configuration);
  EXPECT_TRUE(has(text, "PLAIN is not enabled")) << text;
  EXPECT_TRUE(has(text, "SCRAM-SHA-256, OAUTHBEARER")) << text;
}

TEST_F(SaslConnection, SaysThatAListenerWantsNoSasl) {
  cluster.on(ApiKey::sasl_handshake, [](const auto&) { return handshake(34, {}); });
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::configuration);
  EXPECT_TRUE(has(text, "security.protocol is SASL_PLAINTEXT")) << text;
}

TEST_F(SaslConnection, SendsOtherMechanismsToTheRecordsEngine) {
  use(security::SaslMechanism::gssapi, "", "");
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::configuration);
  EXPECT_TRUE(has(text, "records engine")) << text;
}

TEST_F(SaslConnection, HintsAtSaslWhenRequestsAreNotAnswered) {
  world.settings.security = nullptr;
  cluster.on(ApiKey::fetch, [](const auto&) { return ScriptedReply::close(); });
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  ProbeExchange exchange(1);
  world.send(exchange);
  const auto outcome = exchange.outcome();
  ASSERT_TRUE(outcome.failure);
  EXPECT_TRUE(has(outcome.failure->text, "SASL")) << outcome.failure->text;
}

TEST_F(SaslConnection, TakesABrokerThatDoesNotKnowThePasswordForAStranger) {
  use(security::SaslMechanism::scram_sha_256, "alice", "wonder");
  std::size_t step = 0;
  cluster.on(ApiKey::sasl_authenticate, [&](const ScriptedRequest& request) {
    auto in = request.reader();
    const std::string token(as_text(in.bytes()));
    if (step++ > 0) {
      return authenticated(0, 0, {}, "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    }
    const auto nonce = token.substr(token.find("r=") + 2);
    return authenticated(0, 0, {}, "r=" + nonce + "more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  });
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::authorization);
  EXPECT_TRUE(has(text, "does not prove")) << text;
  EXPECT_EQ(mechanism, "SCRAM-SHA-256");
}

TEST_F(SaslConnection, AuthenticatesAgainBeforeItsSessionEnds) {
  lifetime_ms = 2'000;
  const auto again = std::make_shared<LaterReply>();
  const auto opened_at = std::chrono::steady_clock::now();
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  cluster.on(ApiKey::sasl_handshake, [&](const ScriptedRequest& request) {
    asked.push_back(request.key);
    return ScriptedReply::later(again);
  });
  ProbeExchange before(1);
  world.send(before);
  EXPECT_TRUE(before.outcome().body);
  ASSERT_TRUE(cluster.await_requests(ApiKey::sasl_handshake, 2));
  EXPECT_GE(std::chrono::steady_clock::now() - opened_at, Milliseconds(1'700));

  std::vector<int> order;
  ProbeExchange second(2);
  ProbeExchange third(3);
  second.at_end = [&] { order.push_back(2); };
  third.at_end = [&] { order.push_back(3); };
  world.loop.run([&] {
    EXPECT_TRUE(world.connection->usable());
    world.connection->send(second);
    world.connection->send(third);
    EXPECT_EQ(world.connection->in_flight(), 2U);
  });
  again->resolve(handshake(0, {"PLAIN"}));
  EXPECT_TRUE(third.outcome().body);
  EXPECT_TRUE(second.outcome().body);
  EXPECT_EQ(order, (std::vector<int>{2, 3}));
  EXPECT_EQ(asked, (std::vector<ApiKey>{ApiKey::sasl_handshake, ApiKey::sasl_authenticate,
                                        ApiKey::fetch, ApiKey::sasl_handshake,
                                        ApiKey::sasl_authenticate, ApiKey::fetch, ApiKey::fetch}));
}

TEST_F(SaslConnection, FailsWhatItHoldsBackWhenTheRenewalIsRefused) {
  lifetime_ms = 1'000;
  const auto again = std::make_shared<LaterReply>();
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  cluster.on(ApiKey::sasl_authenticate,
             [&](const ScriptedRequest&) { return ScriptedReply::later(again); });
  ASSERT_TRUE(cluster.await_requests(ApiKey::sasl_authenticate, 2));
  ProbeExchange held(1);
  world.send(held);
  again->resolve(authenticated(0, 58));
  const auto outcome = held.outcome();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, ErrorKind::authorization);
  EXPECT_FALSE(world.usable());
}

}  // namespace
}  // namespace kferry::client
