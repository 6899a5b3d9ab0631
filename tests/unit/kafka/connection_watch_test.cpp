#include "kferry/kafka/connection_watch.hpp"

#include <gtest/gtest.h>

#include "kferry/kafka/cluster.hpp"
#include "kferry/kafka/mock_cluster.hpp"
#include "secure_broker.hpp"
#include "support/manual_clock.hpp"

namespace kferry::kafka {
namespace {

using security::Protocol;
using security::SecurityProfile;
using test::SecureBroker;
using test::TestIdentity;

constexpr const char* k_wrong =
    "[thrd:x]: sasl_plaintext://a:1/1: SASL authentication error: no (after 1ms in state AUTH_REQ)";
constexpr const char* k_away =
    "[thrd:x]: sasl_plaintext://a:1/1: Connect to ipv4#1.2.3.4:1 failed: Connection refused (after "
    "1ms in state CONNECT)";

SecurityProfile plain() {
  SecurityProfile profile;
  profile.protocol = Protocol::sasl_plaintext;
  profile.sasl.emplace();
  profile.sasl->username = "alice";
  profile.sasl->password = Secret("k4fka-secret");
  return profile;
}

class ConnectionWatchTest : public ::testing::Test {
 protected:
  /// What was logged since it was asked last.
  std::string said() {
    const std::string text = ::testing::internal::GetCapturedStderr();
    ::testing::internal::CaptureStderr();
    return text;
  }
  void SetUp() override { ::testing::internal::CaptureStderr(); }
  void TearDown() override { ::testing::internal::GetCapturedStderr(); }

  kferry::testing::ManualClock clock;
  ConnectionWatch watch{Side::target, "flow", "a:1,b:1", std::make_shared<SecurityProfile>(plain()),
                        clock};
};

TEST_F(ConnectionWatchTest, SaysADenialOnceAndAgainAfterAMinute) {
  EXPECT_TRUE(watch.failed(k_wrong));
  const std::string first = said();
  EXPECT_NE(first.find("target cluster (bootstrap.servers=a:1,b:1), broker a:1"),
            std::string::npos);
  EXPECT_NE(first.find("unknown user or wrong password"), std::string::npos);
  EXPECT_NE(first.find("sasl.jaas.config"), std::string::npos);
  EXPECT_TRUE(watch.failed(k_wrong));
  watch.remind();
  EXPECT_EQ(said(), "");
  clock.advance(ConnectionWatch::k_reminder);
  watch.remind();
  EXPECT_NE(said(), "");
}

TEST_F(ConnectionWatchTest, AnAnswerOfTheBrokerEndsItAndIsSaid) {
  watch.failed(k_wrong);
  said();
  watch.answered("sasl_plaintext://b:1/2");
  ASSERT_EQ(watch.current().size(), 1U);
  EXPECT_EQ(watch.current()[0].kind, TroubleKind::wrong_credentials);
  watch.answered("sasl_plaintext://a:1/bootstrap");
  EXPECT_TRUE(watch.current().empty());
  EXPECT_NE(said().find("works again"), std::string::npos);
  watch.failed(k_wrong);  // to and fro is not worth a line each time
  EXPECT_EQ(watch.current().size(), 1U);
  EXPECT_EQ(said(), "");
}

TEST_F(ConnectionWatchTest, ABrokerThatIsAwayCountsWhenTheClusterIsAway) {
  EXPECT_TRUE(watch.failed(k_away));
  EXPECT_TRUE(watch.current().empty());
  EXPECT_EQ(said(), "");
  clock.advance(ConnectionWatch::k_patience);
  ASSERT_EQ(watch.current().size(), 1U);
  watch.remind();
  EXPECT_NE(said().find("connection refused"), std::string::npos);
  watch.answered("sasl_plaintext://b:1/2");
  EXPECT_TRUE(watch.current().empty());
  EXPECT_FALSE(watch.failed(k_away));
  clock.advance(ConnectionWatch::k_patience / 2);
  watch.answered("sasl_plaintext://b:1/2");
  EXPECT_TRUE(watch.current().empty());
}

TEST_F(ConnectionWatchTest, AClusterThatAnsweredAndHangsUpIsNotTakenForAnotherProtocol) {
  ConnectionWatch bare(Side::source, "flow", "a:1", std::make_shared<SecurityProfile>(), clock);
  const char* hangs_up =
      "[thrd:x]: a:1/1: Disconnected: verify that security.protocol is correctly configured, "
      "broker "
      "might require SASL authentication (after 3ms in state UP)";
  bare.answered("a:1/1");
  EXPECT_FALSE(bare.failed(hangs_up));
  clock.advance(ConnectionWatch::k_guess_patience);
  EXPECT_TRUE(bare.failed(hangs_up));
  ASSERT_EQ(bare.current().size(), 1U);
  EXPECT_EQ(bare.current()[0].kind, TroubleKind::sasl_expected);
}

TEST_F(ConnectionWatchTest, ADenialOutlivesTheBrokersAbsence) {
  watch.failed(k_wrong);
  EXPECT_FALSE(watch.denied_for(Milliseconds(1)));
  clock.advance(Milliseconds(1));
  EXPECT_TRUE(watch.denied_for(Milliseconds(1)));
  watch.failed(k_away);
  ASSERT_EQ(watch.current().size(), 1U);
  EXPECT_EQ(watch.current()[0].kind, TroubleKind::wrong_credentials);
}

TEST_F(ConnectionWatchTest, ANewProfileStartsOver) {
  watch.failed(k_wrong);
  watch.start_over(std::make_shared<SecurityProfile>(plain()));
  EXPECT_TRUE(watch.current().empty());
  said();
  watch.failed(k_wrong);
  EXPECT_NE(said(), "");
}

TEST_F(ConnectionWatchTest, TheGroupsRefusalStandsUntilItIsJoined) {
  watch.group_denied("mirror");
  ASSERT_EQ(watch.current().size(), 1U);
  EXPECT_EQ(watch.current()[0].broker, "");
  EXPECT_NE(said().find("not authorized for the consumer group mirror"), std::string::npos);
  watch.answered("a:1/1");
  EXPECT_EQ(watch.current().size(), 1U);
  watch.group_joined();
  EXPECT_TRUE(watch.current().empty());
}

/// A client of ours meets a broker, and this is what the watch makes of it.
class MeetingTest : public ::testing::Test {
 protected:
  MeetingTest() : authority({"authority", "", true}), identity({"broker"}, &authority) {}

  SecurityProfile tls() const {
    SecurityProfile profile;
    profile.protocol = Protocol::ssl;
    profile.tls.emplace();
    profile.tls->trusted_pem = authority.certificate_pem();
    return profile;
  }

  static std::optional<Error> meet(const SecureBroker& broker, const SecurityProfile& profile) {
    const SystemClock clock;
    ClientConfig config{{"bootstrap.servers", broker.address()}, {"reconnect.backoff.ms", "10"}};
    config.security = std::make_shared<SecurityProfile>(profile);
    LogContext context{Side::source, "test",
                       std::make_shared<ConnectionWatch>(Side::source, "test", broker.address(),
                                                         config.security, clock)};
    const auto client = make_query_client(config, context);
    if (!client) return client.error();
    const auto id = await_cluster({client->get(), Side::source}, *context.watch, k_patience);
    if (id) return std::nullopt;
    return id.error();
  }

  static void expect_denied(const SecureBroker& broker, const SecurityProfile& profile,
                            const std::string& words) {
    const auto start = std::chrono::steady_clock::now();
    const auto error = meet(broker, profile);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind, ErrorKind::authorization) << error->text;
    EXPECT_NE(error->text.find(words), std::string::npos) << error->text;
    EXPECT_EQ(error->text.find("k4fka-secret"), std::string::npos) << error->text;
    EXPECT_LT(std::chrono::steady_clock::now() - start, k_patience);
  }

  static constexpr Milliseconds k_patience{30'000};
  TestIdentity authority;
  TestIdentity identity;
};

TEST_F(MeetingTest, WrongPassword) {
  SecureBroker::Behaviour behaviour;
  behaviour.refusal = "Authentication failed: Invalid username or password";
  expect_denied(SecureBroker(behaviour), plain(), "unknown user or wrong password");
}

TEST_F(MeetingTest, MechanismThatIsNotEnabled) {
  SecureBroker::Behaviour behaviour;
  behaviour.mechanisms = {"SCRAM-SHA-256", "SCRAM-SHA-512"};
  expect_denied(SecureBroker(behaviour), plain(),
                "PLAIN is not enabled on the broker, which offers SCRAM-SHA-256,SCRAM-SHA-512");
}

TEST_F(MeetingTest, CertificateOfAnUnknownAuthority) {
  SecurityProfile profile = tls();
  profile.tls->trusted_pem = TestIdentity({"other", "", true}).certificate_pem();
  expect_denied(SecureBroker({&identity}), profile, "certificate is not trusted");
}

TEST_F(MeetingTest, ExpiredCertificate) {
  const TestIdentity old({"broker", "DNS:localhost", false, -7'200, -3'600}, &authority);
  expect_denied(SecureBroker({&old}), tls(), "certificate expired");
}

TEST_F(MeetingTest, CertificateThatIsNotValidYet) {
  const TestIdentity early({"broker", "DNS:localhost", false, 3'600, 7'200}, &authority);
  expect_denied(SecureBroker({&early}), tls(), "certificate is not valid yet");
}

TEST_F(MeetingTest, CertificateOfAnotherHost) {
  const TestIdentity elsewhere({"broker", "DNS:elsewhere.example"}, &authority);
  expect_denied(SecureBroker({&elsewhere}), tls(), "host name");
  expect_denied(SecureBroker({&elsewhere}), tls(), "elsewhere.example");
}

TEST_F(MeetingTest, BrokerThatWantsACertificate) {
  expect_denied(SecureBroker({&identity, false, true}), tls(), "asks for a client certificate");
  SecureBroker::Behaviour old{&identity, false, true};
  old.tls_newest = TLS1_2_VERSION;
  expect_denied(SecureBroker(old), tls(), "client certificate");
}

TEST_F(MeetingTest, PlaintextClientOnATlsPort) {
  expect_denied(SecureBroker({&identity}), SecurityProfile{}, "the port speaks TLS");
  expect_denied(SecureBroker({&identity}), plain(), "security.protocol=SASL_SSL");
}

TEST_F(MeetingTest, TlsClientOnAPlaintextPort) {
  expect_denied(SecureBroker({}), tls(), "does not speak TLS");
}

TEST_F(MeetingTest, NoVersionInCommon) {
  SecurityProfile profile = tls();
  profile.tls->oldest = security::TlsVersion::tls_1_3;
  SecureBroker::Behaviour old{&identity};
  old.tls_newest = TLS1_2_VERSION;
  expect_denied(SecureBroker(old), profile, "TLS protocol versions");
}

TEST_F(MeetingTest, ANewProfilesCredentialsReachTheClientsThatAreThere) {
  SecureBroker broker({});
  const SystemClock clock;
  ClientConfig config{{"bootstrap.servers", broker.address()}, {"reconnect.backoff.ms", "10"}};
  config.security = std::make_shared<SecurityProfile>(plain());
  LogContext context{Side::source, "test",
                     std::make_shared<ConnectionWatch>(Side::source, "test", broker.address(),
                                                       config.security, clock)};
  const auto client = make_query_client(config, context);
  ASSERT_TRUE(client);
  const auto introduced_with = [&](const std::string& password) {
    const auto deadline = clock.steady() + k_patience;
    while (clock.steady() < deadline) {
      const auto meeting = broker.last_meeting();
      if (meeting && meeting->sasl.find(password) != std::string::npos) return true;
      static_cast<void>(Cluster(client->get(), Side::source).cluster_id(Milliseconds(100)));
    }
    return false;
  };
  EXPECT_TRUE(introduced_with("k4fka-secret"));
  SecurityProfile changed = plain();
  changed.sasl->password = Secret("k4fka-changed");
  context.watch->start_over(std::make_shared<SecurityProfile>(changed));
  EXPECT_TRUE(introduced_with("k4fka-changed"));
}

TEST_F(MeetingTest, AnAnswerOfTheBrokerEndsItsTrouble) {
  auto mock = MockCluster::make(1);
  ASSERT_TRUE(mock);
  const SystemClock clock;
  LogContext context{
      Side::source, "test",
      std::make_shared<ConnectionWatch>(Side::source, "test", (*mock)->bootstrap_servers(),
                                        std::make_shared<SecurityProfile>(), clock)};
  const auto client =
      make_query_client({{"bootstrap.servers", (*mock)->bootstrap_servers()}}, context);
  ASSERT_TRUE(client);
  // Words of another life of the same broker: its answer ends them.
  context.watch->failed("[thrd:x]: " + (*mock)->bootstrap_servers() +
                        "/1: Receive failed: Invalid frame size 352518912 (after 1ms in state "
                        "APIVERSION_QUERY)");
  ASSERT_EQ(context.watch->current().size(), 1U);
  ASSERT_TRUE(await_cluster({client->get(), Side::source}, *context.watch, k_patience));
  const auto deadline = clock.steady() + k_patience;
  while (!context.watch->current().empty() && clock.steady() < deadline) {
    static_cast<void>(Cluster(client->get(), Side::source).topics(Milliseconds(1'000)));
  }
  EXPECT_TRUE(context.watch->current().empty());
}

}  // namespace
}  // namespace kferry::kafka
