#include "kferry/security/java_profile.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "security/tls_parts.hpp"
#include "support/certificates.hpp"
#include "unit/security/profile_case.hpp"
#include "unit/security/store_data.hpp"

namespace kferry::security {
namespace {

std::string data_path(const std::string& name) {
  return std::string(KFERRY_SECURITY_DATA) + "/" + name;
}

Properties ssl(Properties more) {
  more.emplace("security.protocol", "SSL");
  return more;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kferry-profile-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path() const { return path_; }
  std::string write(const std::string& name, const std::string& content) const {
    const auto file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::string path_;
};

TEST(JavaProfile, TheProtocolIsKafkasInAnyCase) {
  EXPECT_EQ(profile_of({}).outcome.profile, SecurityProfile());
  for (const char* name : {"PLAINTEXT", "plaintext", "PlainText"}) {
    EXPECT_EQ(profile_of({{"security.protocol", name}}).outcome.profile, SecurityProfile());
  }
  const auto tls = profile_of({{"security.protocol", "ssl"}});
  ASSERT_TRUE(tls.outcome.profile);
  EXPECT_EQ(tls.outcome.profile->protocol, Protocol::ssl);
  EXPECT_TRUE(tls.outcome.profile->tls);
  EXPECT_FALSE(tls.outcome.profile->sasl);
  for (const char* name : {"", "TLS", "SASL-SSL", "SASL_SSL "}) {
    EXPECT_TRUE(says(profile_of({{"security.protocol", name}}).mistakes(),
                     "security.protocol: '" + std::string(name) + "' is not a protocol"));
  }
}

TEST(JavaProfile, WhatTheProtocolDoesNotNeedIsIgnored) {
  const auto made = profile_of({{"ssl.truststore.location", "/no/such"},
                                {"ssl.protocol", "nonsense"},
                                {"sasl.mechanism", "nonsense"},
                                {"sasl.jaas.config", "s3cr3t"},
                                {"security.providers", "a.B"}},
                               "no JAAS at all: s3cr3t");
  EXPECT_EQ(made.outcome.profile, SecurityProfile());
  EXPECT_EQ(made.count(ProfileNote::Kind::info), made.outcome.notes.size()) << made.all();
  EXPECT_TRUE(says(made.infos(), "ssl.protocol: ignored, since security.protocol is not set"));
  EXPECT_TRUE(says(made.infos(), "client_jaas.conf: ignored"));

  const auto tls = profile_of(ssl({{"sasl.mechanism", "nonsense"}}));
  ASSERT_TRUE(tls.outcome.profile);
  EXPECT_TRUE(says(tls.infos(), "sasl.mechanism: ignored, since security.protocol is SSL"));
}

TEST(JavaProfile, WithoutATruststoreTheSystemIsTrusted) {
  const auto made = profile_of(ssl({}));
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  EXPECT_FALSE(made.outcome.profile->tls->trusted_pem);
  EXPECT_TRUE(says(made.infos() + made.warnings(), "ssl.truststore.location: not set"));
  // A test of its own shows that only the system's are trusted then; here it is named.
  EXPECT_TRUE(says(made.infos() + made.warnings(), system_trust()));
}

struct StoreCase {
  const char* file;
  const char* type;
  const char* password;
  const char* note;
};

TEST(JavaProfile, TruststoresOfEveryKindAreRead) {
  const StoreCase table[] = {
      {"trusted.jks", nullptr, "changeit", "1 trusted certificate (JKS)"},
      {"trusted.jks", "JKS", "changeit", "read as such"},
      {"trusted.jks", "jks", nullptr, "1 trusted certificate (JKS)"},
      {"trusted.jks", "PKCS12", "changeit", "the file is JKS and read as such"},
      {"trusted.p12", nullptr, "changeit", "1 trusted certificate (PKCS12)"},
      {"trusted.p12", "PKCS12", "changeit", "read as such"},
      {"trusted_legacy.p12", "JKS", "changeit", "the file is PKCS12 and read as such"},
      {"ca.pem", "PEM", nullptr, "1 trusted certificate (PEM)"},
  };
  for (const auto& [file, type, password, note] : table) {
    auto properties = ssl({{"ssl.truststore.location", data_path(file)}});
    if (type != nullptr) properties["ssl.truststore.type"] = type;
    if (password != nullptr) properties["ssl.truststore.password"] = password;
    const auto made = profile_of(properties);
    ASSERT_TRUE(made.outcome.profile) << file << ": " << made.mistakes();
    ASSERT_TRUE(made.outcome.profile->tls->trusted_pem);
    EXPECT_TRUE(says(*made.outcome.profile->tls->trusted_pem, "-----BEGIN CERTIFICATE-----"));
    EXPECT_TRUE(says(made.all(), note));
  }
}

TEST(JavaProfile, IdentitiesOfEveryKindAreRead) {
  const auto key = store_data("client_key.pem");
  const auto chain = store_data("client_chain.pem");
  const Folder folder;
  const Properties table[] = {
      {{"ssl.keystore.location", data_path("chain.jks")}, {"ssl.keystore.password", "changeit"}},
      {{"ssl.keystore.location", data_path("chain.p12")},
       {"ssl.keystore.password", "changeit"},
       {"ssl.keystore.type", "PKCS12"}},
      {{"ssl.keystore.location", data_path("plain.jks")},
       {"ssl.keystore.password", "storepass"},
       {"ssl.key.password", "keypass"}},
      {{"ssl.keystore.location", folder.write("both.pem", key + chain)},
       {"ssl.keystore.type", "PEM"}},
      {{"ssl.keystore.key", key},
       {"ssl.keystore.certificate.chain", chain},
       {"ssl.keystore.type", "PEM"}},
      {{"ssl.keystore.key", store_data("client_key_encrypted.pem")},
       {"ssl.keystore.certificate.chain", chain},
       {"ssl.keystore.type", "PEM"},
       {"ssl.key.password", "keypass"}},
  };
  for (const auto& properties : table) {
    const auto made = profile_of(ssl(properties));
    ASSERT_TRUE(made.outcome.profile) << made.mistakes();
    ASSERT_TRUE(made.outcome.profile->tls->identity);
    EXPECT_TRUE(says(made.outcome.profile->tls->identity->private_key_pem.reveal(), "PRIVATE KEY"));
    EXPECT_EQ(made.warnings().find("expired"), std::string::npos) << made.warnings();
  }
}

struct RefusedStore {
  const char* what;
  Properties properties;
  const char* text;
};

TEST(JavaProfile, StoresThatJavaWouldNotTakeAreRefused) {
  const Folder folder;
  const auto jks = data_path("trusted.jks");
  const auto pem = data_path("ca.pem");
  const auto chain = store_data("client_chain.pem");
  testing::CertificateSpec short_key;
  short_key.key = testing::KeyKind::rsa;
  short_key.rsa_bits = 1024;
  const auto weak = testing::issue(short_key);
  const auto noise = folder.write("noise", "s3cr3t");
  const auto empty = folder.write("empty", "");
  const auto large = folder.write("large", std::string(k_store_bytes_max + 1, 'x'));
  const RefusedStore table[] = {
      {"missing",
       {{"ssl.truststore.location", "/no/such.jks"}},
       "ssl.truststore.location: /no/such.jks: can not be read: No such file"},
      {"relative",
       {{"ssl.truststore.location", "no-such.jks"}},
       "relative to the working directory"},
      {"folder", {{"ssl.truststore.location", folder.path()}}, "can not be read: Is a directory"},
      {"no path", {{"ssl.truststore.location", ""}}, "an empty path names no file"},
      {"empty", {{"ssl.truststore.location", empty}}, "it is empty"},
      {"large", {{"ssl.truststore.location", large}}, "larger than 16 MiB"},
      {"noise", {{"ssl.truststore.location", noise}}, "neither a JKS nor a PKCS12 nor a PEM"},
      {"wrong password",
       {{"ssl.truststore.location", jks}, {"ssl.truststore.password", "s3cr3t"}},
       "trusted.jks: "},
      {"no entries",
       {{"ssl.truststore.location", data_path("empty.jks")},
        {"ssl.truststore.password", "changeit"}},
       "empty.jks: "},
      {"PEM as JKS", {{"ssl.truststore.location", pem}}, "set ssl.truststore.type=PEM"},
      {"JKS as PEM",
       {{"ssl.truststore.location", jks}, {"ssl.truststore.type", "PEM"}},
       "a JKS file, but ssl.truststore.type is PEM: set ssl.truststore.type=JKS"},
      {"small letters",
       {{"ssl.truststore.location", pem}, {"ssl.truststore.type", "pem"}},
       "spell it PEM"},
      {"other type",
       {{"ssl.truststore.location", jks}, {"ssl.truststore.type", "BCFKS"}},
       "ssl.truststore.type: 'BCFKS' is not supported"},
      {"password alone",
       {{"ssl.truststore.password", "s3cr3t"}},
       "ssl.truststore.password: set without ssl.truststore.location"},
      {"PEM with password",
       {{"ssl.truststore.location", pem},
        {"ssl.truststore.type", "PEM"},
        {"ssl.truststore.password", "s3cr3t"}},
       "PEM has no truststore password"},
      {"inline without type",
       {{"ssl.truststore.certificates", chain}},
       "only with ssl.truststore.type=PEM"},
      {"inline and file",
       {{"ssl.truststore.certificates", chain},
        {"ssl.truststore.type", "PEM"},
        {"ssl.truststore.location", pem}},
       "given together with ssl.truststore.location"},
      {"inline noise",
       {{"ssl.truststore.certificates", "s3cr3t"}, {"ssl.truststore.type", "PEM"}},
       "ssl.truststore.certificates: "},
      {"keystore without password",
       {{"ssl.keystore.location", data_path("chain.jks")}},
       "ssl.keystore.location: set without ssl.keystore.password"},
      {"wrong key password",
       {{"ssl.keystore.location", data_path("plain.jks")},
        {"ssl.keystore.password", "storepass"},
        {"ssl.key.password", "s3cr3t"}},
       "plain.jks: "},
      {"a truststore for a keystore",
       {{"ssl.keystore.location", jks}, {"ssl.keystore.password", "changeit"}},
       "ssl.keystore.location: "},
      {"jceks",
       {{"ssl.keystore.location", data_path("client.jceks")},
        {"ssl.keystore.password", "changeit"}},
       "ssl.keystore.location: "},
      {"key without chain",
       {{"ssl.keystore.key", "s3cr3t"}, {"ssl.keystore.type", "PEM"}},
       "ssl.keystore.key: set without ssl.keystore.certificate.chain"},
      {"chain without key",
       {{"ssl.keystore.certificate.chain", chain}},
       "ssl.keystore.certificate.chain: set without ssl.keystore.key"},
      {"another's key",
       {{"ssl.keystore.key", testing::issue({}).key_pem()},
        {"ssl.keystore.type", "PEM"},
        {"ssl.keystore.certificate.chain", chain}},
       "does not fit its certificate"},
      {"a key that OpenSSL finds too short",
       {{"ssl.keystore.key", weak.key_pem()},
        {"ssl.keystore.type", "PEM"},
        {"ssl.keystore.certificate.chain", weak.certificate_pem()}},
       "ssl.keystore.key: OpenSSL refuses the client's certificate"},
  };
  for (const auto& [what, properties, text] : table) {
    const auto made = profile_of(ssl(properties));
    EXPECT_FALSE(made.outcome.profile) << what;
    EXPECT_TRUE(says(made.mistakes(), text)) << what;
  }
}

TEST(JavaProfile, DatesThatAreNotNowAreTold) {
  testing::CertificateSpec spec;
  spec.name = "old";
  spec.first_day = -20;
  spec.last_day = -10;
  spec.is_authority = true;
  const auto old = testing::issue(spec);
  spec.name = "fresh";
  spec.first_day = 10;
  spec.last_day = 20;
  const auto fresh = testing::issue(spec);
  const auto made = profile_of(
      ssl({{"ssl.truststore.type", "PEM"},
           {"ssl.truststore.certificates", old.certificate_pem() + fresh.certificate_pem()},
           {"ssl.keystore.type", "PEM"},
           {"ssl.keystore.key", old.key_pem()},
           {"ssl.keystore.certificate.chain", old.certificate_pem()}}));
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  EXPECT_TRUE(says(made.warnings(),
                   "ssl.truststore.certificates: the certificate of CN=old expired on 20"));
  EXPECT_TRUE(says(made.warnings(), "the certificate of CN=fresh is not valid before 20"));
  EXPECT_TRUE(says(made.warnings(), "ssl.keystore.key: the certificate of CN=old expired on 20"));
}

TEST(JavaProfile, EndpointIdentification) {
  struct Case {
    const char* value;
    bool verify;
    std::size_t warnings;
  };
  for (const auto& [value, verify, warnings] :
       {Case{"https", true, 0}, Case{"HTTPS", true, 0}, Case{"", false, 1}}) {
    const auto made = profile_of(ssl({{"ssl.endpoint.identification.algorithm", value},
                                      {"ssl.truststore.location", data_path("ca.pem")},
                                      {"ssl.truststore.type", "PEM"}}));
    ASSERT_TRUE(made.outcome.profile) << made.mistakes();
    EXPECT_EQ(made.outcome.profile->tls->verify_host_name, verify) << value;
    EXPECT_EQ(made.count(ProfileNote::Kind::warning), warnings) << made.warnings();
  }
  for (const char* value : {"none", "LDAPS", "false"}) {
    EXPECT_TRUE(says(profile_of(ssl({{"ssl.endpoint.identification.algorithm", value}})).mistakes(),
                     "use https, or leave it empty"));
  }
}

TEST(JavaProfile, JavasMachineryIsIgnoredOrRefused) {
  const auto made =
      profile_of(ssl({{"ssl.provider", "BCJSSE"},
                      {"ssl.secure.random.implementation", "SHA1PRNG"},
                      {"ssl.keymanager.algorithm", "SunX509"},
                      {"ssl.trustmanager.algorithm", "PKIX"},
                      {"security.providers", "a.B"},
                      {"ssl.client.auth", "required"},
                      {"ssl.made.up", "x"},
                      {"ssl.engine.factory.class",
                       "org.apache.kafka.common.security.ssl.DefaultSslEngineFactory"}}));
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  EXPECT_EQ(made.warnings(), "");
  EXPECT_TRUE(says(profile_of(ssl({{"ssl.engine.factory.class", "a.B"}})).mistakes(),
                   "ssl.engine.factory.class: a Java class can not run here"));
}

TEST(JavaProfile, AllMistakesShowAtOnce) {
  const auto made = profile_of({{"security.protocol", "SASL-SSL"},
                                {"ssl.truststore.location", "/no/such.jks"},
                                {"ssl.keystore.password", "s3cr3t"},
                                {"ssl.protocol", "nonsense"},
                                {"ssl.cipher.suites", "TLS_MADE_UP"},
                                {"ssl.endpoint.identification.algorithm", "none"},
                                {"sasl.mechanism", "nonsense"},
                                {"sasl.login.class", "a.B"}});
  EXPECT_EQ(made.count(ProfileNote::Kind::mistake), 8U) << made.mistakes();
}

/// The files of a user who mirrors over the public network.
TEST(JavaProfile, OfTheGuidesFiles) {
  const Folder folder;
  const auto truststore = folder.write("kafka.client.truststore.jks", store_data("trusted.jks"));
  const auto made =
      profile_of({{"ssl.truststore.location", truststore},
                  {"ssl.truststore.password", "changeit"},
                  {"security.protocol", "SASL_SSL"},
                  {"sasl.mechanism", "PLAIN"},
                  {"ssl.endpoint.identification.algorithm", ""}},
                 "KafkaClient {\n"
                 "  org.apache.kafka.common.security.plain.PlainLoginModule required\n"
                 "  username=\"alikafka-user\"\n"
                 "  password=\"s3cr3t with blanks\";\n"
                 "};\n");
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  const auto& profile = *made.outcome.profile;
  EXPECT_EQ(profile.protocol, Protocol::sasl_ssl);
  EXPECT_FALSE(profile.tls->verify_host_name);
  EXPECT_FALSE(profile.tls->identity);
  EXPECT_TRUE(profile.tls->trusted_pem);
  EXPECT_EQ(profile.sasl->mechanism, SaslMechanism::plain);
  EXPECT_EQ(profile.sasl->username, "alikafka-user");
  EXPECT_EQ(profile.sasl->password.reveal(), "s3cr3t with blanks");
  EXPECT_EQ(made.count(ProfileNote::Kind::warning), 1U) << made.warnings();
}

}  // namespace
}  // namespace kferry::security
