#include <gtest/gtest.h>

#include <random>

#include "kferry/client/connection.hpp"
#include "support/tls_channel.hpp"
#include "unit/client/connection_world.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::CertificateSpec;
using testing::IssuedCertificate;
using testing::ScriptedCluster;
using testing::TlsListener;

/// An authority, a broker's certificate of it, and a client that trusts it.
class TlsConnection : public ::testing::Test {
 protected:
  static IssuedCertificate broker_certificate(const IssuedCertificate& authority,
                                              const std::string& names) {
    CertificateSpec spec;
    spec.name = "the broker";
    spec.alternative_names = names;
    return testing::issue(spec, &authority);
  }
  void use(security::TlsProfile tls) {
    security::SecurityProfile profile;
    profile.protocol = security::Protocol::ssl;
    profile.tls = std::move(tls);
    world.settings.security = std::make_shared<security::SecurityProfile>(std::move(profile));
  }
  security::TlsProfile trusting(const IssuedCertificate& one) const {
    security::TlsProfile tls;
    tls.trusted_pem = one.certificate_pem();
    return tls;
  }

  IssuedCertificate authority = testing::make_authority();
  IssuedCertificate own = broker_certificate(authority, "DNS:localhost,IP:127.0.0.1");
  TlsListener listener{own};
  ConnectionWorld world;
};

TEST_F(TlsConnection, CarriesLargeMessagesBothWays) {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    listener.only(version);
    ScriptedCluster cluster(1, listener.maker());
    cluster.on(ApiKey::fetch, echo);
    use(trusting(authority));
    const auto opened = world.open(cluster.endpoint(1));
    ASSERT_TRUE(opened.has_value()) << opened.error().text;

    std::minstd_rand random(7);
    std::vector<std::vector<std::byte>> contents;
    for (const std::size_t size : {0U, 1U, 100U, 16'384U, 16'385U, 3'000'000U, 5U, 40'000U}) {
      contents.emplace_back(size);
      for (auto& byte : contents.back()) byte = static_cast<std::byte>(random());
    }
    for (int round = 0; round < 3; ++round) {
      ProbeExchange exchange{ByteView()};
      std::vector<std::byte> expected;
      for (const auto& content : contents) {
        exchange.inserts.push_back({exchange.frame.size(), content});
        expected.insert(expected.end(), content.begin(), content.end());
      }
      protocol::store_big_endian(
          exchange.frame.data(),
          static_cast<std::int32_t>(exchange.frame.size() - 4 + expected.size()));
      world.send(exchange);
      const auto outcome = exchange.outcome();
      ASSERT_TRUE(outcome.body) << outcome.failure->text;
      EXPECT_TRUE(*outcome.body == expected);
    }
    world.drop();
  }
}

TEST_F(TlsConnection, ChecksTheNameOfTheHost) {
  const auto other = broker_certificate(authority, "DNS:elsewhere.example");
  const TlsListener elsewhere(other);
  ScriptedCluster cluster(1, elsewhere.maker());
  use(trusting(authority));
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto text = world.open_error({host, cluster.endpoint(1).port}, ErrorKind::authorization);
    EXPECT_TRUE(has(text, "another name")) << text;
    EXPECT_TRUE(has(text, "the broker")) << text;
    EXPECT_TRUE(has(text, host)) << text;
  }
  auto unchecked = trusting(authority);
  unchecked.verify_host_name = false;
  use(unchecked);
  const auto opened = world.open(cluster.endpoint(1));
  EXPECT_TRUE(opened.has_value()) << opened.error().text;
}

TEST_F(TlsConnection, TakesANameAsWellAsAnAddress) {
  ScriptedCluster cluster(1, listener.maker());
  use(trusting(authority));
  const auto opened = world.open({"localhost", cluster.endpoint(1).port});
  EXPECT_TRUE(opened.has_value()) << opened.error().text;
}

TEST_F(TlsConnection, RefusesAnUnknownAuthority) {
  ScriptedCluster cluster(1, listener.maker());
  use(trusting(testing::make_authority("another CA")));
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::authorization);
  EXPECT_TRUE(has(text, "ssl.truststore")) << text;
}

TEST_F(TlsConnection, ShowsItsCertificateWhenItIsAskedFor) {
  const auto clients = testing::make_authority("clients' CA");
  listener.require_client_of(clients);
  ScriptedCluster cluster(1, listener.maker());
  use(trusting(authority));
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::authorization);
  EXPECT_TRUE(has(text, "ssl.keystore.location")) << text;

  CertificateSpec spec;
  spec.name = "the client";
  const auto mine = testing::issue(spec, &clients);
  auto with_identity = trusting(authority);
  with_identity.identity = {Secret(mine.key_pem()), mine.certificate_pem()};
  use(with_identity);
  const auto opened = world.open(cluster.endpoint(1));
  EXPECT_TRUE(opened.has_value()) << opened.error().text;
}

TEST_F(TlsConnection, SharesAContextThatItIsGiven) {
  ScriptedCluster cluster(1, listener.maker());
  auto context = security::make_tls_context(trusting(authority));
  ASSERT_TRUE(context.has_value());
  // Trusts nobody by itself: the context decides.
  use(trusting(testing::make_authority("another CA")));
  world.settings.tls_context = std::move(context).value();
  const auto opened = world.open(cluster.endpoint(1));
  EXPECT_TRUE(opened.has_value()) << opened.error().text;
}

TEST_F(TlsConnection, SaysThatAListenerSpeaksNoTls) {
  ScriptedCluster cluster;
  use(trusting(authority));
  const auto text = world.open_error(cluster.endpoint(1), ErrorKind::unreachable);
  EXPECT_TRUE(has(text, "security.protocol")) << text;
}

TEST_F(TlsConnection, SaysThatAListenerWantsTls) {
  ScriptedCluster cluster(1, listener.maker());
  const auto opened = world.open(cluster.endpoint(1));
  ASSERT_FALSE(opened.has_value());
  EXPECT_TRUE(has(opened.error().text, "TLS")) << opened.error().text;
  EXPECT_TRUE(has(opened.error().text, "security.protocol")) << opened.error().text;
}

}  // namespace
}  // namespace kferry::client
