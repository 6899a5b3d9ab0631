#include "kferry/security/tls_context.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "support/certificates.hpp"

namespace kferry::security {
namespace {

using testing::CertificateSpec;
using testing::issue;
using testing::IssuedCertificate;
using testing::KeyKind;
using testing::make_authority;

constexpr const char* k_host = "broker.test";
constexpr int k_handshake_steps_max = 20;

CertificateSpec broker_spec() {
  CertificateSpec spec;
  spec.name = "a broker";
  spec.alternative_names = std::string("DNS:") + k_host;
  return spec;
}

Identity identity_of(const IssuedCertificate& own) {
  return {Secret(own.key_pem()), own.certificate_pem()};
}

/// A broker's side.
struct Broker {
  explicit Broker(const IssuedCertificate& own) : context(SSL_CTX_new(TLS_server_method())) {
    EXPECT_EQ(SSL_CTX_use_certificate(context.get(), own.certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), own.key.get()), 1);
  }
  void require_client_of(const IssuedCertificate& authority) const {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.certificate.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SslContextHandle context;
};

struct Handshake {
  bool done = false;
  long verification = X509_V_OK;  ///< what the client thinks of the broker
  std::string version;
  std::string cipher;
  std::string client_certificate;  ///< as the broker saw it
};

/// Whether it can go on.
bool step(SSL* ssl) {
  const int result = SSL_do_handshake(ssl);
  if (result == 1) return true;
  const int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

std::string name_of(X509* certificate) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

Handshake shake_hands(const TlsProfile& profile, const Broker& broker,
                      const std::string& host = k_host) {
  Handshake outcome;
  const auto context = make_tls_context(profile);
  EXPECT_TRUE(context) << (context ? "" : context.error().text);
  if (!context) return outcome;
  const SslHandle client(SSL_new(context.value().get()));
  const SslHandle server(SSL_new(broker.context.get()));
  BIO* near_end = nullptr;
  BIO* far_end = nullptr;
  EXPECT_EQ(BIO_new_bio_pair(&near_end, 0, &far_end, 0), 1);
  SSL_set_bio(client.get(), near_end, near_end);
  SSL_set_bio(server.get(), far_end, far_end);
  SSL_set_connect_state(client.get());
  SSL_set_accept_state(server.get());
  if (profile.verify_host_name) SSL_set1_host(client.get(), host.c_str());
  bool going = true;
  for (int i = 0; i < k_handshake_steps_max && going && !outcome.done; ++i) {
    going = step(client.get()) && step(server.get());
    outcome.done =
        going && SSL_is_init_finished(client.get()) == 1 && SSL_is_init_finished(server.get()) == 1;
  }
  outcome.verification = SSL_get_verify_result(client.get());
  outcome.version = SSL_get_version(client.get());
  outcome.cipher = SSL_get_cipher_name(client.get());
  const X509Handle seen(SSL_get1_peer_certificate(server.get()));
  if (seen != nullptr) outcome.client_certificate = name_of(seen.get());
  forget_openssl_errors();
  return outcome;
}

TlsProfile trusting(const IssuedCertificate& anchor) {
  TlsProfile profile;
  profile.trusted_pem = anchor.certificate_pem();
  return profile;
}

TEST(TlsContext, TrustsWhatTheStoreHolds) {
  const auto authority = make_authority();
  for (const auto kind : {KeyKind::ec, KeyKind::rsa}) {
    auto spec = broker_spec();
    spec.key = kind;
    const auto own = issue(spec, &authority);
    const auto met = shake_hands(trusting(authority), Broker(own));
    EXPECT_TRUE(met.done);
    EXPECT_EQ(met.verification, X509_V_OK);
    EXPECT_EQ(met.version, "TLSv1.3");
  }
}

TEST(TlsContext, TrustsAnyOfSeveral) {
  const auto first = make_authority("first");
  const auto second = make_authority("second");
  const auto own = issue(broker_spec(), &second);
  TlsProfile profile;
  profile.trusted_pem =
      first.certificate_pem() + second.certificate_pem() + first.certificate_pem();
  EXPECT_TRUE(shake_hands(profile, Broker(own)).done);
}

TEST(TlsContext, TrustsTheBrokersOwnCertificateInTheStore) {
  const auto authority = make_authority();
  const auto own = issue(broker_spec(), &authority);
  const auto self_signed = issue(broker_spec());
  EXPECT_TRUE(shake_hands(trusting(own), Broker(own)).done);
  EXPECT_TRUE(shake_hands(trusting(self_signed), Broker(self_signed)).done);
}

TEST(TlsContext, TrustsAnIssuerBelowTheRoot) {
  const auto root = make_authority("root");
  CertificateSpec spec;
  spec.name = "issuer";
  spec.is_authority = true;
  const auto issuer = issue(spec, &root);
  const auto own = issue(broker_spec(), &issuer);
  EXPECT_TRUE(shake_hands(trusting(issuer), Broker(own)).done);
}

TEST(TlsContext, DoesNotTrustOthers) {
  const auto authority = make_authority();
  const auto stranger = make_authority("stranger");
  const auto own = issue(broker_spec(), &stranger);
  const auto met = shake_hands(trusting(authority), Broker(own));
  EXPECT_FALSE(met.done);
  EXPECT_EQ(met.verification, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);

  const auto alone = issue(broker_spec());
  EXPECT_EQ(shake_hands(trusting(authority), Broker(alone)).verification,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

TEST(TlsContext, DoesNotTrustACaOfTheSameNameWithAnotherKey) {
  const auto authority = make_authority("one name");
  const auto imposter = make_authority("one name");
  const auto own = issue(broker_spec(), &imposter);
  EXPECT_FALSE(shake_hands(trusting(authority), Broker(own)).done);
}

TEST(TlsContext, WithoutATruststoreTrustsTheSystemOnly) {
  const auto authority = make_authority();
  const auto own = issue(broker_spec(), &authority);
  const auto met = shake_hands(TlsProfile(), Broker(own));
  EXPECT_FALSE(met.done);
  EXPECT_EQ(met.verification, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST(TlsContext, RefusesDatesThatAreNotNow) {
  const auto authority = make_authority();
  auto spec = broker_spec();
  spec.first_day = -20;
  spec.last_day = -10;
  EXPECT_EQ(shake_hands(trusting(authority), Broker(issue(spec, &authority))).verification,
            X509_V_ERR_CERT_HAS_EXPIRED);
  spec.first_day = 10;
  spec.last_day = 20;
  EXPECT_EQ(shake_hands(trusting(authority), Broker(issue(spec, &authority))).verification,
            X509_V_ERR_CERT_NOT_YET_VALID);
}

TEST(TlsContext, TakesTheDatesOfTheTruststoreAsJavaDoes) {
  CertificateSpec spec;
  spec.name = "old CA";
  spec.is_authority = true;
  spec.first_day = -20;
  spec.last_day = -10;
  const auto authority = issue(spec);
  EXPECT_TRUE(shake_hands(trusting(authority), Broker(issue(broker_spec(), &authority))).done);

  auto expired = broker_spec();
  expired.first_day = -20;
  expired.last_day = -10;
  for (const auto* const issuer : {&authority, static_cast<const IssuedCertificate*>(nullptr)}) {
    const auto pinned = issue(expired, issuer);
    EXPECT_TRUE(shake_hands(trusting(pinned), Broker(pinned)).done);
  }

  // An expired issuer that is not in the truststore itself is no anchor.
  const auto root = make_authority("root");
  const auto issuer = issue(spec, &root);
  const auto own = issue(broker_spec(), &issuer);
  const Broker broker(own);
  SSL_CTX_add1_chain_cert(broker.context.get(), issuer.certificate.get());
  const auto met = shake_hands(trusting(root), broker);
  EXPECT_FALSE(met.done);
  EXPECT_EQ(met.verification, X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST(TlsContext, ChecksTheHostNameWhenAsked) {
  const auto authority = make_authority();
  const auto own = issue(broker_spec(), &authority);
  auto profile = trusting(authority);
  const auto met = shake_hands(profile, Broker(own), "other.test");
  EXPECT_FALSE(met.done);
  EXPECT_EQ(met.verification, X509_V_ERR_HOSTNAME_MISMATCH);
  profile.verify_host_name = false;
  EXPECT_TRUE(shake_hands(profile, Broker(own), "other.test").done);
}

TEST(TlsContext, ShowsItsIdentityWhereItIsRequired) {
  const auto authority = make_authority();
  const auto own = issue(broker_spec(), &authority);
  const Broker broker(own);
  broker.require_client_of(authority);
  auto profile = trusting(authority);
  EXPECT_FALSE(shake_hands(profile, broker).done) << "without an identity";

  for (const auto kind : {KeyKind::ec, KeyKind::rsa}) {
    CertificateSpec spec;
    spec.name = "mirror";
    spec.key = kind;
    profile.identity = identity_of(issue(spec, &authority));
    const auto met = shake_hands(profile, broker);
    EXPECT_TRUE(met.done);
    EXPECT_EQ(met.client_certificate, "mirror");
  }
  const auto stranger = make_authority("stranger");
  profile.identity = identity_of(issue(CertificateSpec(), &stranger));
  EXPECT_FALSE(shake_hands(profile, broker).done) << "of a CA that the broker does not trust";
}

TEST(TlsContext, SendsTheWholeChain) {
  const auto root = make_authority("root");
  CertificateSpec spec;
  spec.name = "issuer";
  spec.is_authority = true;
  const auto issuer = issue(spec, &root);
  const auto client = issue(CertificateSpec(), &issuer);
  const Broker broker(issue(broker_spec(), &root));
  broker.require_client_of(root);
  auto profile = trusting(root);
  profile.identity = identity_of(client);
  EXPECT_FALSE(shake_hands(profile, broker).done) << "without its issuer";
  profile.identity->chain_pem += issuer.certificate_pem();
  EXPECT_TRUE(shake_hands(profile, broker).done);
}

TEST(TlsContext, KeepsToItsVersions) {
  const auto authority = make_authority();
  const auto own = issue(broker_spec(), &authority);
  auto profile = trusting(authority);
  profile.newest = TlsVersion::tls_1_2;
  EXPECT_EQ(shake_hands(profile, Broker(own)).version, "TLSv1.2");

  const Broker old(own);
  SSL_CTX_set_max_proto_version(old.context.get(), TLS1_2_VERSION);
  profile.newest = TlsVersion::tls_1_3;
  EXPECT_EQ(shake_hands(profile, old).version, "TLSv1.2");
  profile.oldest = TlsVersion::tls_1_3;
  EXPECT_FALSE(shake_hands(profile, old).done);

  const Broker ancient(own);
  SSL_CTX_set_min_proto_version(ancient.context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(ancient.context.get(), TLS1_1_VERSION);
  EXPECT_FALSE(shake_hands(trusting(authority), ancient).done);
}

TEST(TlsContext, KeepsToItsCiphers) {
  const auto authority = make_authority();
  const auto own = issue(broker_spec(), &authority);
  const Broker broker(own);
  auto profile = trusting(authority);
  profile.ciphers_tls_1_3 = {"TLS_CHACHA20_POLY1305_SHA256"};
  EXPECT_EQ(shake_hands(profile, broker).cipher, "TLS_CHACHA20_POLY1305_SHA256");
  profile.newest = TlsVersion::tls_1_2;
  profile.ciphers_tls_1_2 = {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"};
  EXPECT_EQ(shake_hands(profile, broker).cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
  profile.ciphers_tls_1_2 = {"ECDHE-RSA-AES128-GCM-SHA256"};
  EXPECT_FALSE(shake_hands(profile, broker).done) << "the broker has no RSA key";
}

struct BrokenProfile {
  const char* what;
  TlsProfile profile;
  const char* text;
};

TEST(TlsContext, IsNotMadeOfWhatDoesNotFit) {
  const auto authority = make_authority();
  const auto one = issue(CertificateSpec(), &authority);
  const auto two = issue(CertificateSpec(), &authority);
  CertificateSpec short_key;
  short_key.key = KeyKind::rsa;
  short_key.rsa_bits = 1024;
  const auto weak = issue(short_key, &authority);
  std::vector<BrokenProfile> table;
  const auto add = [&](const char* what, const char* text, const auto& change) {
    auto profile = trusting(authority);
    profile.identity = identity_of(one);
    change(profile);
    table.push_back({what, std::move(profile), text});
  };
  add("another's key", "does not belong",
      [&](TlsProfile& profile) { profile.identity->private_key_pem = Secret(two.key_pem()); });
  add("no key", "private key can not be read",
      [](TlsProfile& profile) { profile.identity->private_key_pem = Secret("no key"); });
  add("no certificate", "client's certificate can not be read",
      [](TlsProfile& profile) { profile.identity->chain_pem = ""; });
  add("a damaged chain", "of the chain can not be read", [](TlsProfile& profile) {
    profile.identity->chain_pem += "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  });
  add("a short key", "refuses the client's certificate",
      [&](TlsProfile& profile) { profile.identity = identity_of(weak); });
  add("an empty truststore", "no trusted certificate",
      [](TlsProfile& profile) { profile.trusted_pem = ""; });
  add("a damaged truststore", "can not be read", [](TlsProfile& profile) {
    *profile.trusted_pem += "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
  });
  add("a cipher that is none", "ssl.cipher.suites",
      [](TlsProfile& profile) { profile.ciphers_tls_1_2 = {"no such cipher"}; });
  add("a suite that is none", "ssl.cipher.suites",
      [](TlsProfile& profile) { profile.ciphers_tls_1_3 = {"TLS_NO_SUCH"}; });
  for (const auto& [what, profile, text] : table) {
    const auto context = make_tls_context(profile);
    ASSERT_FALSE(context) << what;
    EXPECT_EQ(context.error().kind, ErrorKind::configuration) << what;
    EXPECT_NE(context.error().text.find(text), std::string::npos) << context.error().text;
    EXPECT_EQ(ERR_peek_error(), 0UL) << what << ": an error is left for others to trip over";
  }
}

struct Explained {
  int error;
  const char* cause;
  const char* remedy;
};

TEST(Verification, IsExplainedInJavasProperties) {
  const Explained table[] = {
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "CA that is not trusted",
       "ssl.truststore.location"},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "private CA", "ssl.truststore.location"},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "signed by itself", "ssl.truststore.location"},
      {X509_V_ERR_CERT_HAS_EXPIRED, "expired", "new certificate"},
      {X509_V_ERR_CERT_NOT_YET_VALID, "not valid yet", "clock"},
      {X509_V_ERR_HOSTNAME_MISMATCH, "another name", "ssl.endpoint.identification.algorithm"},
      {X509_V_ERR_IP_ADDRESS_MISMATCH, "another name", "advertised.listeners"},
      {X509_V_ERR_EE_KEY_TOO_SMALL, "too short", "2048"},
      {X509_V_ERR_CA_MD_TOO_WEAK, "too weak", "SHA-256"},
      {X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, "refused: proxy certificates", "ssl.truststore"},
  };
  for (const auto& [error, cause, remedy] : table) {
    const auto text = explain_verification(error, "broker.test:9093", "CN=somebody");
    EXPECT_EQ(text.find("the certificate of broker.test:9093 (CN=somebody) "), 0U) << text;
    EXPECT_NE(text.find(cause), std::string::npos) << text;
    EXPECT_NE(text.find(remedy), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace kferry::security
