#include "kafka/connection_trouble.hpp"

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include <optional>

#include "kafka/library_security.hpp"

namespace kferry::kafka {
namespace {

using security::Protocol;
using security::SaslMechanism;
using security::SecurityProfile;

SecurityProfile profile_of(Protocol protocol, SaslMechanism mechanism = SaslMechanism::plain) {
  SecurityProfile profile;
  profile.protocol = protocol;
  if (protocol == Protocol::ssl || protocol == Protocol::sasl_ssl) profile.tls.emplace();
  if (protocol == Protocol::sasl_plaintext || protocol == Protocol::sasl_ssl) {
    profile.sasl.emplace();
    profile.sasl->mechanism = mechanism;
    profile.sasl->username = "alice";
    profile.sasl->password = Secret("k4fka-secret");
  }
  return profile;
}

TEST(ParseFailure, TellsTheBrokerFromWhatHappened) {
  const auto plain = parse_failure(
      "[thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: "
      "Connection refused (after 0ms in state CONNECT)");
  EXPECT_EQ(plain.broker, "127.0.0.1:1");
  EXPECT_EQ(plain.text,
            "Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)");
  EXPECT_EQ(
      parse_failure("[thrd:sasl_ssl://b.example:9093/2]: sasl_ssl://b.example:9093/2: x: y").broker,
      "b.example:9093");
  EXPECT_EQ(parse_failure("ssl://[::1]:9093/bootstrap: x").broker, "[::1]:9093");
  const auto coordinator =
      parse_failure("[thrd:GroupCoordinator]: GroupCoordinator: b.example:9092: Disconnected");
  EXPECT_EQ(coordinator.broker, "b.example:9092");
  EXPECT_EQ(coordinator.text, "Disconnected");
  EXPECT_EQ(parse_failure("without any broker").broker, "");
}

struct Case {
  const char* text;
  SecurityProfile profile;
  std::optional<TroubleKind> kind;
  const char* words;  ///< in text or remedy
};

/// The library's words as it says them with OpenSSL 3.0; (2.0.2: rdkafka_ssl.c, rdkafka_broker.c,
/// rdkafka_transport.c, rdkafka_sasl.c, rdkafka_request.c).
std::vector<Case> cases() {
  const auto plaintext = profile_of(Protocol::plaintext);
  const auto tls = profile_of(Protocol::ssl);
  const auto sasl = profile_of(Protocol::sasl_plaintext);
  const auto both = profile_of(Protocol::sasl_ssl);
  SecurityProfile own = tls;
  own.tls->identity.emplace();
  return {
      {"SASL authentication error: Authentication failed: Invalid username or password (after 5ms "
       "in state AUTH_REQ)",
       sasl, TroubleKind::wrong_credentials, "unknown user or wrong password"},
      {"SASL authentication error: SaslAuthenticateRequest failed: Broker: SASL Authentication "
       "failed (after 5ms in state AUTH_REQ)",
       sasl, TroubleKind::wrong_credentials, "sasl.jaas.config"},
      {"SASL authentication failure: Disconnected: check client PLAIN credentials and broker logs "
       "(after 1ms in state AUTH_LEGACY)",
       sasl, TroubleKind::wrong_credentials, "unknown user or wrong password"},
      {"SASL SCRAM-SHA-256 mechanism handshake failed: Broker: Unsupported SASL mechanism: "
       "broker's "
       "supported mechanisms: PLAIN,GSSAPI (after 1ms in state AUTH_HANDSHAKE)",
       profile_of(Protocol::sasl_ssl, SaslMechanism::scram_sha_256),
       TroubleKind::mechanism_not_enabled,
       "SCRAM-SHA-256 is not enabled on the broker, which offers PLAIN,GSSAPI"},
      {"SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL state: "
       "broker's supported mechanisms:  (after 1ms in state AUTH_HANDSHAKE)",
       sasl, TroubleKind::sasl_not_expected, "security.protocol=PLAINTEXT"},
      {"Disconnected: verify that security.protocol is correctly configured, broker might require "
       "SASL authentication (after 3ms in state UP)",
       plaintext, TroubleKind::sasl_expected, "security.protocol=SASL_PLAINTEXT"},
      {"Disconnected: verify that security.protocol is correctly configured, broker might require "
       "SASL authentication (after 3ms in state UP)",
       tls, TroubleKind::sasl_expected, "security.protocol=SASL_SSL"},
      {"Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol "
       "configuration (connecting to a SSL listener?) or broker version is < 0.10 (see "
       "api.version.request) (after 1ms in state APIVERSION_QUERY)",
       plaintext, TroubleKind::tls_expected, "the port speaks TLS"},
      {"Receive failed: Invalid frame size 352518912 (after 1ms in state APIVERSION_QUERY)", sasl,
       TroubleKind::tls_expected, "security.protocol=SASL_SSL"},
      {"Receive failed: Invalid frame size 1213486160 (after 1ms in state APIVERSION_QUERY)", sasl,
       std::nullopt, ""},
      {"SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener? (after 1ms "
       "in state SSL_HANDSHAKE)",
       both, TroubleKind::tls_not_spoken, "does not speak TLS"},
      {"Disconnected (after 1ms in state SSL_HANDSHAKE)", tls, TroubleKind::tls_not_spoken,
       "security.protocol=PLAINTEXT"},
      {"SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading (after 3ms "
       "in state SSL_HANDSHAKE)",
       both, TroubleKind::tls_not_spoken, "does not speak TLS"},
      {"SSL handshake failed: error:0A00010B:SSL routines::wrong version number (after 1ms in "
       "state "
       "SSL_HANDSHAKE)",
       tls, TroubleKind::tls_not_spoken, "does not speak TLS"},
      {"SSL handshake failed: error:0A00042E:SSL routines::tlsv1 alert protocol version: SSL alert "
       "number 70 (after 0ms in state SSL_HANDSHAKE)",
       tls, TroubleKind::tls_no_agreement, "ssl.enabled.protocols"},
      {"SSL handshake failed: error:0A000410:SSL routines::sslv3 alert handshake failure: SSL "
       "alert "
       "number 40 (after 0ms in state SSL_HANDSHAKE)",
       tls, TroubleKind::tls_no_agreement, "ssl.cipher.suites"},
      {"SSL handshake failed: error:0A000102:SSL routines::unsupported protocol (after 0ms in "
       "state "
       "SSL_HANDSHAKE)",
       tls, TroubleKind::tls_no_agreement, "versions"},
      {"Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert "
       "number 116 (after 0ms in state APIVERSION_QUERY)",
       tls, TroubleKind::client_certificate_missing, "ssl.keystore.location"},
      {"SSL handshake failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert "
       "number 42 (after 0ms in state SSL_HANDSHAKE)",
       tls, TroubleKind::client_certificate_missing, "asks for a client certificate"},
      {"SSL handshake failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert "
       "number 42 (after 0ms in state SSL_HANDSHAKE)",
       own, TroubleKind::client_certificate_refused, "refuses our client certificate"},
      {"Receive failed: error:0A000418:SSL routines::tlsv1 alert unknown ca: SSL alert number 48 "
       "(after 0ms in state APIVERSION_QUERY)",
       own, TroubleKind::client_certificate_refused, "(unknown ca)"},
      {"Failed to resolve 'nowhere.example:9092': Name or service not known (after 2ms in state "
       "CONNECT)",
       both, TroubleKind::name_not_resolved, "Name or service not known"},
      {"Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)", tls,
       TroubleKind::connection_refused, "nothing listens"},
      {"Connection setup timed out in state CONNECT (after 30000ms in state CONNECT)", tls,
       TroubleKind::no_answer, "no answer"},
      {"Disconnected (after 600000ms in state UP)", both, std::nullopt, ""},
      {"1 request(s) timed out: disconnect (after 9ms in state UP)", both, std::nullopt, ""},
  };
}

TEST(Diagnose, KnowsTheLibrarysWords) {
  for (const Case& one : cases()) {
    const auto diagnosis = diagnose(one.text, one.profile, k_version_sound_scram);
    ASSERT_EQ(diagnosis.has_value(), one.kind.has_value()) << one.text;
    if (!diagnosis) continue;
    EXPECT_STREQ(to_string(diagnosis->kind), to_string(*one.kind)) << one.text;
    const std::string all = diagnosis->text + "; " + diagnosis->remedy;
    EXPECT_NE(all.find(one.words), std::string::npos) << all;
    EXPECT_EQ(all.find("(after"), std::string::npos) << all;
    EXPECT_EQ(all.find("k4fka-secret"), std::string::npos) << all;
  }
}

TEST(Diagnose, NamesTheLibraryAsLikelyCauseOfRefusedScram) {
  const char* text =
      "SASL authentication error: Authentication failed during authentication due to invalid "
      "credentials with SASL mechanism SCRAM-SHA-256 (after 9ms in state AUTH_REQ)";
  const auto scram = profile_of(Protocol::sasl_ssl, SaslMechanism::scram_sha_256);
  const auto old = diagnose(text, scram, k_version_sound_scram - 1);
  ASSERT_TRUE(old);
  EXPECT_NE(old->remedy.find("2.6.1"), std::string::npos);
  const auto sound = diagnose(text, scram, k_version_sound_scram);
  ASSERT_TRUE(sound);
  EXPECT_EQ(sound->remedy.find("2.6.1"), std::string::npos);
  const auto plain = diagnose(text, profile_of(Protocol::sasl_ssl), k_version_sound_scram - 1);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->remedy.find("2.6.1"), std::string::npos);
}

TEST(Diagnose, ClassifiesCertificates) {
  const auto kind = [](int code) { return diagnose_certificate(code, "b", "CN=x").kind; };
  EXPECT_EQ(kind(X509_V_ERR_CERT_HAS_EXPIRED), TroubleKind::certificate_expired);
  EXPECT_EQ(kind(X509_V_ERR_CERT_NOT_YET_VALID), TroubleKind::certificate_not_yet_valid);
  EXPECT_EQ(kind(X509_V_ERR_HOSTNAME_MISMATCH), TroubleKind::host_name_mismatch);
  EXPECT_EQ(kind(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN), TroubleKind::certificate_not_trusted);
  EXPECT_EQ(kind(X509_V_ERR_CERT_REVOKED), TroubleKind::certificate_refused);
  const auto text = diagnose_certificate(X509_V_ERR_HOSTNAME_MISMATCH, "b.example", "CN=x").text;
  EXPECT_NE(text.find("host name"), std::string::npos);
  EXPECT_NE(text.find("b.example"), std::string::npos);
}

}  // namespace
}  // namespace kferry::kafka
