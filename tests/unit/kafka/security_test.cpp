#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "kafka/library_security.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/cluster.hpp"
#include "secure_broker.hpp"

namespace kferry::kafka {
namespace {

using security::Protocol;
using security::SaslMechanism;
using security::SaslProfile;
using security::SecurityProfile;
using security::TlsProfile;
using security::TlsVersion;
using test::SecureBroker;
using test::TestIdentity;

constexpr Milliseconds k_patience{30'000};
constexpr Milliseconds k_try{100};

/// Where a client of ours meets a broker that watches it.
class SecurityTest : public testing::Test {
 protected:
  SecurityTest() : authority({"test authority", "", true}), identity({"broker"}, &authority) {}

  SecurityProfile tls() const {
    SecurityProfile profile;
    profile.protocol = Protocol::ssl;
    profile.tls.emplace();
    profile.tls->trusted_pem = authority.certificate_pem();
    return profile;
  }
  static SecurityProfile plain(const std::string& username, const std::string& password) {
    SecurityProfile profile;
    profile.protocol = Protocol::sasl_plaintext;
    profile.sasl.emplace();
    profile.sasl->username = username;
    profile.sasl->password = Secret(password);
    return profile;
  }

  static ClientConfig config_for(const SecurityProfile& profile, const std::string& address) {
    ClientConfig config{{"bootstrap.servers", address}, {"reconnect.backoff.ms", "10"}};
    config.security = std::make_shared<SecurityProfile>(profile);
    return config;
  }

  /// How the broker saw a client with this profile.
  static std::optional<SecureBroker::Meeting> meet(SecureBroker& broker,
                                                   const SecurityProfile& profile,
                                                   const std::string& host = "localhost",
                                                   Milliseconds patience = k_patience) {
    broker.forget();
    LogContext context{Side::target, "test"};
    const auto client = make_query_client(config_for(profile, broker.address(host)), context);
    EXPECT_TRUE(client) << client.error().text;
    if (!client) return std::nullopt;
    const Cluster cluster(client->get(), Side::target);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!broker.last_meeting() && std::chrono::steady_clock::now() < deadline) {
      static_cast<void>(cluster.cluster_id(k_try));
    }
    return broker.last_meeting();
  }

  TestIdentity authority;
  TestIdentity identity;
};

TEST_F(SecurityTest, SpeaksTlsWithOpensslsVersionsUnlessToldOtherwise) {
  SecureBroker broker({&identity});
  const auto meeting = meet(broker, tls());
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->tls_version, "TLSv1.3");
  EXPECT_EQ(meeting->certificates, 0);
}

TEST_F(SecurityTest, OffersNoNewerVersionThanTheProfileAndTheNextClientIsNotBoundByIt) {
  SecureBroker broker({&identity});
  SecurityProfile old = tls();
  old.tls->newest = TlsVersion::tls_1_2;
  auto meeting = meet(broker, old);
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->tls_version, "TLSv1.2");
  meeting = meet(broker, tls());
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->tls_version, "TLSv1.3");
}

TEST_F(SecurityTest, TakesNoOlderVersionThanTheProfile) {
  SecureBroker broker({&identity, false, false, TLS1_2_VERSION});
  SecurityProfile modern = tls();
  modern.tls->oldest = TlsVersion::tls_1_3;
  EXPECT_FALSE(meet(broker, modern, "localhost", Milliseconds(1'000)));
  const auto meeting = meet(broker, tls());
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->tls_version, "TLSv1.2");
}

TEST_F(SecurityTest, OffersTheSuitesOfBothVersions) {
  SecureBroker broker({&identity});
  SecurityProfile profile = tls();
  profile.tls->ciphers_tls_1_3 = {"TLS_CHACHA20_POLY1305_SHA256"};
  profile.tls->ciphers_tls_1_2 = {"ECDHE-ECDSA-CHACHA20-POLY1305"};
  auto meeting = meet(broker, profile);
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->tls_suite, "TLS_CHACHA20_POLY1305_SHA256");
  profile.tls->newest = TlsVersion::tls_1_2;
  meeting = meet(broker, profile);
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->tls_suite, "ECDHE-ECDSA-CHACHA20-POLY1305");
  meeting = meet(broker, tls());
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->tls_suite, "TLS_AES_256_GCM_SHA384");
}

TEST_F(SecurityTest, AnUnknownSuiteIsAConfigurationError) {
  SecurityProfile profile = tls();
  profile.tls->ciphers_tls_1_3 = {"TLS_NO_SUCH_SUITE"};
  LogContext context{Side::target, "test"};
  const auto client = make_query_client(config_for(profile, "127.0.0.1:1"), context);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::configuration);
  EXPECT_NE(client.error().text.find("TLS_NO_SUCH_SUITE"), std::string::npos);
}

TEST_F(SecurityTest, SendsTheWholeChainOfItsOwnCertificate) {
  const TestIdentity middle({"middle", "", true}, &authority);
  const TestIdentity own({"client"}, &middle);
  SecurityProfile profile = tls();
  profile.tls->identity.emplace();
  profile.tls->identity->private_key_pem = Secret(own.key_pem());
  profile.tls->identity->chain_pem = own.certificate_pem() + middle.certificate_pem();
  SecureBroker broker({&identity, true});
  auto meeting = meet(broker, profile);
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->certificates, 2);
  profile.tls->identity->chain_pem = own.certificate_pem();
  meeting = meet(broker, profile);
  ASSERT_TRUE(meeting);
  EXPECT_EQ(meeting->certificates, 1);
}

TEST_F(SecurityTest, AKeyThatDoesNotFitIsAConfigurationErrorWithoutTheKey) {
  SecurityProfile profile = tls();
  profile.tls->identity.emplace();
  profile.tls->identity->private_key_pem = Secret(authority.key_pem());
  profile.tls->identity->chain_pem = identity.certificate_pem();
  LogContext context{Side::target, "test"};
  const auto client = make_query_client(config_for(profile, "127.0.0.1:1"), context);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::configuration);
  EXPECT_EQ(client.error().text.find("PRIVATE"), std::string::npos);
}

TEST_F(SecurityTest, ChecksTheHostNameUnlessTheProfileSaysNo) {
  const TestIdentity elsewhere({"elsewhere", "DNS:elsewhere.example"}, &authority);
  SecureBroker broker({&elsewhere});
  SecurityProfile profile = tls();
  EXPECT_FALSE(meet(broker, profile, "localhost", Milliseconds(1'000)));
  profile.tls->verify_host_name = false;
  EXPECT_TRUE(meet(broker, profile));
}

TEST_F(SecurityTest, TrustsEveryCertificateOfTheProfileAndNoOther) {
  const TestIdentity other({"other authority", "", true});
  SecureBroker broker({&identity});
  SecurityProfile profile = tls();
  profile.tls->trusted_pem = other.certificate_pem();
  EXPECT_FALSE(meet(broker, profile, "localhost", Milliseconds(1'000)));
  profile.tls->trusted_pem = other.certificate_pem() + authority.certificate_pem();
  EXPECT_TRUE(meet(broker, profile));
}

TEST_F(SecurityTest, NamesAndPasswordsArriveByteForByte) {
  using std::string_literals::operator""s;
  for (const std::string& password :
       {"secret"s, " leading and trailing "s, ""s, "\"'#=\\;,"s, "p\xc3\xa4ssw\xc3\xb6rd"s}) {
    SecureBroker broker({});
    const auto meeting = meet(broker, plain(" user", password));
    ASSERT_TRUE(meeting);
    EXPECT_EQ(meeting->mechanism, "PLAIN");
    EXPECT_EQ(meeting->sasl, "\0 user\0"s + password);
  }
}

TEST_F(SecurityTest, NewCredentialsAreUsedByTheNextConnection) {
  SecureBroker broker({});
  LogContext context{Side::target, "test"};
  SecurityProfile profile = plain("old", "old-password");
  const auto client = make_query_client(config_for(profile, broker.address()), context);
  ASSERT_TRUE(client);
  const Cluster cluster(client->get(), Side::target);
  const auto introduced_as = [&](const std::string& sasl) {
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto meeting = broker.last_meeting();
      if (meeting && meeting->sasl == sasl) return true;
      static_cast<void>(cluster.cluster_id(k_try));  // the broker hangs up after it
    }
    return false;
  };
  EXPECT_TRUE(introduced_as(std::string("\0old\0old-password", 17)));
  profile.sasl->username = "new";
  profile.sasl->password = Secret(" new");
  ASSERT_TRUE(change_credentials(client->get(), *profile.sasl));
  EXPECT_TRUE(introduced_as(std::string("\0new\0 new", 9)));
}

TEST_F(SecurityTest, AnUnsecuredTokenIsMadeWithoutAnybodyPolling) {
  SecurityProfile profile;
  profile.protocol = Protocol::sasl_plaintext;
  profile.sasl.emplace();
  profile.sasl->mechanism = SaslMechanism::oauthbearer;
  profile.sasl->oauth_bearer.emplace();
  profile.sasl->oauth_bearer->unsecured_claims = "principal=alice";
  SecureBroker::Behaviour behaviour;
  behaviour.mechanisms = {"OAUTHBEARER"};
  SecureBroker broker(behaviour);
  const auto meeting = meet(broker, profile);
  ASSERT_TRUE(meeting);
  EXPECT_NE(meeting->sasl.find("auth=Bearer "), std::string::npos);
}

TEST(LibrarySecurity, RefusesWhatAShellWouldReadInKerberosNames) {
  SecurityProfile profile;
  profile.protocol = Protocol::sasl_plaintext;
  profile.sasl.emplace();
  profile.sasl->mechanism = SaslMechanism::gssapi;
  profile.sasl->kerberos = {"kafka", "mirror/host.example@EXAMPLE", "/etc/kferry/a b.keytab"};
  ClientConfig config;
  config.security = std::make_shared<SecurityProfile>(profile);
  ASSERT_TRUE(make_conf(config));
  for (const char* principal : {"a b", "a;b", "a$(b)", "a`b`", "a\"b", "a|b", "a&b", "a\nb"}) {
    profile.sasl->kerberos->principal = principal;
    config.security = std::make_shared<SecurityProfile>(profile);
    const auto conf = make_conf(config);
    ASSERT_FALSE(conf) << principal;
    EXPECT_EQ(conf.error().kind, ErrorKind::configuration);
  }
  profile.sasl->kerberos->principal = "mirror";
  for (const char* keytab : {"/a\"b", "/a$b", "/a`b", "/a\\b", "/a\nb"}) {
    profile.sasl->kerberos->keytab_file = keytab;
    config.security = std::make_shared<SecurityProfile>(profile);
    EXPECT_FALSE(make_conf(config)) << keytab;
  }
}

TEST(LibrarySecurity, ChainGoesByFileWhereTheLibraryTakesOnlyOneCertificateFromText) {
  const TestIdentity middle({"middle", "", true});
  const TestIdentity own({"client"}, &middle);
  const security::Identity identity{Secret(own.key_pem()),
                                    own.certificate_pem() + middle.certificate_pem()};
  const Conf conf(rd_kafka_conf_new());
  const auto old = set_certificates(conf.get(), identity, k_version_certificate_chain - 1);
  ASSERT_TRUE(old);
  ASSERT_TRUE(*old);
  std::ostringstream content;
  content << std::ifstream((*old)->path()).rdbuf();
  EXPECT_EQ(content.str(), identity.chain_pem);
  EXPECT_FALSE(std::ofstream((*old)->path(), std::ios::app) << "more" << std::flush);
  const auto modern = set_certificates(conf.get(), identity, k_version_certificate_chain);
  ASSERT_TRUE(modern);
  EXPECT_FALSE(*modern);
}

TEST(LibrarySecurity, SaysWhatIsWrongWithScram) {
  SecurityProfile profile;
  profile.protocol = Protocol::sasl_ssl;
  profile.sasl.emplace();
  EXPECT_TRUE(security_notices(profile).empty());
  profile.sasl->mechanism = SaslMechanism::scram_sha_512;
  const auto notices = security_notices(profile);
  if (rd_kafka_version() >= k_version_sound_scram) {
    EXPECT_TRUE(notices.empty());
  } else {
    ASSERT_EQ(notices.size(), 1U);
    EXPECT_NE(notices[0].find("SCRAM-SHA-512"), std::string::npos);
    EXPECT_NE(notices[0].find("2.6.1"), std::string::npos);
  }
}

TEST(LibrarySecurity, OidcIsTakenOrRefusedByName) {
  SecurityProfile profile;
  profile.protocol = Protocol::sasl_ssl;
  profile.tls.emplace();
  profile.sasl.emplace();
  profile.sasl->mechanism = SaslMechanism::oauthbearer;
  profile.sasl->oauth_bearer.emplace();
  profile.sasl->oauth_bearer->token_endpoint_url = "https://idp.example/token";
  profile.sasl->oauth_bearer->client_id = "id";
  profile.sasl->oauth_bearer->client_secret = Secret("oauth-secret");
  ClientConfig config;
  config.security = std::make_shared<SecurityProfile>(profile);
  const auto conf = make_conf(config);
  if (conf) return;  // a library with libcurl
  EXPECT_EQ(conf.error().kind, ErrorKind::configuration);
  EXPECT_NE(conf.error().text.find("OIDC"), std::string::npos);
  EXPECT_EQ(conf.error().text.find("oauth-secret"), std::string::npos);
}

}  // namespace
}  // namespace kferry::kafka
