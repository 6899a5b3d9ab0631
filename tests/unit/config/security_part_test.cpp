#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "config/json_settings.hpp"
#include "unit/config/reading.hpp"
#include "unit/config/temporary_folder.hpp"

namespace kferry::config {
namespace {

constexpr const char* k_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBWDCB/6ADAgECAghXwc8gbmLreDAKBggqhkjOPQQDAjAZMRcwFQYDVQQDEw5r
ZmVycnkgdGVzdCBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMTE5MTIwODAwMDAwMFow
GTEXMBUGA1UEAxMOa2ZlcnJ5IHRlc3QgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQxa0xunu+4bppsOb8Vk6MNg8Ryzad2IIADIeFBsX3llIuMMScwoaobOKt/
N5cB2Hu1TUNNzHpznt7ZBWkRbTX9oy8wLTAdBgNVHQ4EFgQUfVPRfE7u99Or2SMX
Nd9bFM5lSBowDAYDVR0TBAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA689gIEA7
Ub/fjs4xBYZ4AUukK/nZhQe3hEW5dSeXtYMCIBS9lf+6bdWdjW0oxp6cnOdrB7Cb
Zd8brB/vsleNYv6v
-----END CERTIFICATE-----
)";

const std::string k_plain_module = "org.apache.kafka.common.security.plain.PlainLoginModule";

std::string login(const std::string& name, const std::string& password) {
  return k_plain_module + " required username=\"" + name + "\" password=\"" + password + "\";";
}

class Security : public testing::Test {
 protected:
  std::string write(std::string_view name, const std::string& text) const {
    const auto path = folder_.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  }
  std::string write_jaas(std::string_view name, const std::string& user) const {
    return write(name, "KafkaClient {\n  " + login(user, "hunter2") + "\n};\n");
  }

  TemporaryFolder folder_;
};

const std::pair<std::string, std::string> k_sasl{"security.protocol", "SASL_PLAINTEXT"};
const std::pair<std::string, std::string> k_plain{"sasl.mechanism", "PLAIN"};

TEST_F(Security, WithoutAProtocolItIsPlaintextAndTheRestIsIgnored) {
  const Reading reading({{"sasl.jaas.config", login("u", "hunter2")},
                         {"ssl.truststore.password", "hunter2"},
                         {"ssl.keystore.location", "/no/such.jks"}});
  EXPECT_EQ(reading.mistakes(), "");
  EXPECT_EQ(reading.target.security.protocol, security::Protocol::plaintext);
  EXPECT_EQ(reading.row("ssl.truststore.password").fate, "ignored");
  EXPECT_EQ(reading.row("ssl.truststore.password").value, "[hidden]");
  EXPECT_EQ(reading.row("ssl.truststore.password").became, "");
  EXPECT_TRUE(reading.says("f.properties:3: ssl.truststore.password: "));
  EXPECT_FALSE(reading.says("hunter2"));
}

TEST_F(Security, LoginFromTheProperty) {
  const Reading reading({k_sasl, k_plain, {"sasl.jaas.config", login("u", "hunter2")}});
  EXPECT_EQ(reading.mistakes(), "");
  ASSERT_TRUE(reading.target.security.sasl);
  EXPECT_EQ(reading.target.security.sasl->username, "u");
  EXPECT_EQ(reading.target.security.sasl->password.reveal(), "hunter2");
  EXPECT_EQ(reading.row("sasl.jaas.config").fate, "translated");
  EXPECT_FALSE(reading.says("hunter2")) << reading.explained();
}

TEST_F(Security, MistakesNameTheLineAndNotTheSecret) {
  const Reading reading({{"security.protocol", "SASL_PLAINTEXT"},
                         {"sasl.mechanism", "PLAIN"},
                         {"sasl.jaas.config", k_plain_module + " required password=hunter2/x;"}});
  EXPECT_NE(reading.mistakes().find("f.properties:4: sasl.jaas.config: "), std::string::npos)
      << reading.mistakes();
  EXPECT_EQ(reading.row("sasl.jaas.config").fate, "refused");
  EXPECT_FALSE(reading.says("hunter2"));
  EXPECT_FALSE(reading.target.security.sasl);
  const Reading type({{"security.protocol", "TLS"}});
  EXPECT_EQ(type.mistakes(),
            "f.properties:2: security.protocol: 'TLS' is not one of PLAINTEXT, SSL, "
            "SASL_PLAINTEXT, SASL_SSL\n");
}

TEST_F(Security, LoginFromAFile) {
  const auto from_variable = write_jaas("variable.conf", "variable");
  const auto from_option = write_jaas("option.conf", "option");
  const Variables variables{
      {"KAFKA_OPTS", "-Xmx1G -Djava.security.auth.login.config=" + from_variable}};
  const Reading one({k_sasl, k_plain}, variables);
  EXPECT_EQ(one.mistakes(), "");
  ASSERT_TRUE(one.target.security.sasl);
  EXPECT_EQ(one.target.security.sasl->username, "variable");
  EXPECT_EQ(one.row("(JAAS file)").value, from_variable.substr(0, 60));
  EXPECT_TRUE(one.says("environment: KAFKA_OPTS: only -D is read; nothing comes of -Xmx1G"));

  const Reading two({k_sasl, k_plain}, variables, from_option);
  ASSERT_TRUE(two.target.security.sasl) << two.mistakes();
  EXPECT_EQ(two.target.security.sasl->username, "option");

  const Reading three({k_sasl, k_plain, {"sasl.jaas.config", login("property", "x")}}, variables,
                      from_option);
  ASSERT_TRUE(three.target.security.sasl) << three.mistakes();
  EXPECT_EQ(three.target.security.sasl->username, "property");

  const Reading none({k_sasl, k_plain}, {{"KAFKA_OPTS", "-Djava.security.auth.login.config=/no"}});
  EXPECT_TRUE(
      none.says("environment: KAFKA_OPTS: the JAAS file /no can not be read: No such file"));
}

TEST_F(Security, JavasFormsOfTheFilesName) {
  const auto path = write_jaas("my jaas.conf", "u");
  const std::string option = "-Djava.security.auth.login.config=";
  for (const auto& text :
       {"'" + option + path + "'", option + "\"" + path + "\"", "'" + option + "=" + path + "'",
        "'" + option + "file:" + path + "'", "'" + option + "file://" + path + "'",
        "-Dhome=" + folder_.path("") + " '" + option + "${home}my jaas.conf'"}) {
    const Reading reading({k_sasl, k_plain}, {{"KAFKA_OPTS", text}});
    EXPECT_EQ(reading.mistakes(), "") << text;
    EXPECT_TRUE(reading.target.security.sasl) << text;
  }
}

TEST_F(Security, SystemPropertiesInTheFile) {
  const auto path = write("jaas.conf", "KafkaClient { " + login("${who}", "${user.home}") + " };");
  const Reading reading(
      {k_sasl, k_plain},
      {{"KAFKA_OPTS", "-Dwho=me -Duser.home=/h -Djava.security.auth.login.config=" + path}});
  ASSERT_TRUE(reading.target.security.sasl) << reading.mistakes();
  EXPECT_EQ(reading.target.security.sasl->username, "me");
  EXPECT_EQ(reading.target.security.sasl->password.reveal(), "/h");
  const Reading unset({k_sasl, k_plain},
                      {{"KAFKA_OPTS", "-Djava.security.auth.login.config=" + path}});
  EXPECT_FALSE(unset.target.security.sasl);
  EXPECT_NE(unset.mistakes().find(path + ": "), std::string::npos) << unset.mistakes();
}

TEST_F(Security, FilesOfCredentials) {
  write("ca.pem", k_certificate);
  write_jaas("jaas.conf", "u");
  const Variables variables{{"CREDENTIALS_DIRECTORY", folder_.path(".")}};
  const Reading reading({{"security.protocol", "SASL_SSL"},
                         k_plain,
                         {"ssl.truststore.type", "PEM"},
                         {"ssl.truststore.location", "ca.pem"}},
                        variables, "jaas.conf");
  EXPECT_EQ(reading.mistakes(), "");
  ASSERT_TRUE(reading.target.security.tls && reading.target.security.sasl);
  EXPECT_TRUE(reading.target.security.tls->trusted_pem);
  EXPECT_TRUE(reading.target.security.tls->verify_host_name);
}

/// The user of the target, whose files all lie in one folder: beside the JSON file or in
/// credentials.
std::string user_of_json_flow(const std::string& json, const Variables& variables) {
  Findings findings;
  const auto settings =
      load_json(json, findings, read_surroundings(environment_of(variables), "", findings));
  for (const auto& mistake : findings.mistakes) ADD_FAILURE() << to_string(mistake);
  if (settings.flows.size() != 1 || !settings.flows[0].target.security.sasl) return "nobody";
  EXPECT_EQ(settings.flows[0].source.security.sasl->username,
            settings.flows[0].target.security.sasl->username);
  EXPECT_TRUE(settings.flows[0].target.security.tls->trusted_pem);
  return settings.flows[0].target.security.sasl->username;
}

TEST_F(Security, AJsonFlowFindsItsFilesInCredentialsThenBesideItself) {
  const TemporaryFolder credentials;
  const auto json = write("k.json", R"({"flows": [{
    "source": {"properties.file": "c.properties", "jaas": "jaas.conf"},
    "target": {"properties": {"bootstrap.servers": "t:1", "security.protocol": "SASL_SSL",
               "sasl.mechanism": "PLAIN", "ssl.truststore.type": "PEM",
               "ssl.truststore.location": "ca.pem",
               "sasl.jaas.config": "${directory:.:login}"}},
    "topics": {"include": "a"}}]})");
  const auto fill = [](const TemporaryFolder& folder, const std::string& user) {
    folder.write("c.properties",
                 "bootstrap.servers=s:1\ngroup.id=g\nsecurity.protocol=SASL_PLAINTEXT\n"
                 "sasl.mechanism=PLAIN\n");
    folder.write("jaas.conf", "KafkaClient { " + login(user, "p") + " };");
    folder.write("login", login(user, "p"));
    folder.write("ca.pem", k_certificate);
  };
  const Variables variables{{"CREDENTIALS_DIRECTORY", credentials.path("")}};
  fill(credentials, "credential");
  EXPECT_EQ(user_of_json_flow(json, variables), "credential") << "they are nowhere else";
  fill(folder_, "beside");
  EXPECT_EQ(user_of_json_flow(json, variables), "credential") << "they come first";
  EXPECT_EQ(user_of_json_flow(json, {}), "beside");
}

/// What stands in a property file is Java's, and so is where it is looked for.
TEST_F(Security, PathsInAPropertyFileAreNotBesideTheJsonFile) {
  Findings findings;
  write("ca.pem", k_certificate);
  write("p.properties",
        "bootstrap.servers=t:1\nsecurity.protocol=SSL\nssl.truststore.type=PEM\n"
        "ssl.truststore.location=ca.pem\n");
  const auto json = write("k.json", R"({"flows": [{
    "source": {"properties": {"bootstrap.servers": "s:1", "group.id": "g"}},
    "target": {"properties.file": "p.properties"}, "topics": {"include": "a"}}]})");
  load_json(json, findings);
  ASSERT_EQ(findings.mistakes.size(), 1U);
  EXPECT_NE(findings.mistakes[0].text.find("relative to the working directory"), std::string::npos);
}

TEST_F(Security, TheJavaMachinesTruststore) {
  const auto path = write("ca.pem", k_certificate);
  const Reading reading({{"security.protocol", "SSL"}, {"ssl.truststore.type", "PEM"}},
                        {{"KAFKA_OPTS", "-Djavax.net.ssl.trustStore=" + path}});
  EXPECT_EQ(reading.mistakes(), "");
  ASSERT_TRUE(reading.target.security.tls);
  EXPECT_TRUE(reading.target.security.tls->trusted_pem);
  EXPECT_TRUE(reading.says("javax.net.ssl.trustStore of KAFKA_OPTS is used"));
}

TEST_F(Security, EmptyEndpointIdentification) {
  const auto path = write("ca.pem", k_certificate);
  const Reading reading({{"security.protocol", "SSL"},
                         {"ssl.truststore.location", path},
                         {"ssl.truststore.type", "PEM"},
                         {"ssl.endpoint.identification.algorithm", ""}});
  EXPECT_EQ(reading.mistakes(), "");
  ASSERT_TRUE(reading.target.security.tls);
  EXPECT_FALSE(reading.target.security.tls->verify_host_name);
  EXPECT_EQ(reading.row("ssl.endpoint.identification.algorithm").became,
            "host names are not checked");
}

/// What was written and can not be read is one mistake, not a missing line as well.
TEST_F(Security, WhatCanNotBeReadIsNotCalledMissing) {
  const Reading provided(
      {k_sasl, k_plain, {"sasl.jaas.config", login("u", "${file:/no/such.properties:pw}")}});
  EXPECT_EQ(provided.findings.mistakes.size(), 1U) << provided.mistakes();
  EXPECT_TRUE(provided.says("/no/such.properties can not be read"));
  EXPECT_EQ(provided.row("sasl.jaas.config").fate, "refused");
  const Reading named({k_sasl, k_plain}, {}, "/no/such.conf");
  EXPECT_EQ(named.findings.mistakes.size(), 1U) << named.mistakes();
  EXPECT_TRUE(named.says("the JAAS file /no/such.conf can not be read"));
  EXPECT_TRUE(Reading({k_sasl, k_plain}).says("sasl.jaas.config: not set"));
}

/// What reads files keeps nothing: the next reading sees the new password.
TEST_F(Security, ANewReadingSeesNewSecrets) {
  const auto path = write("pw.properties", "pw=old\n");
  const auto read = [&] {
    return Reading({k_sasl, k_plain, {"sasl.jaas.config", login("u", "${file:" + path + ":pw}")}})
        .target.security.sasl.value_or(security::SaslProfile{})
        .password.reveal();
  };
  EXPECT_EQ(read(), "old");
  write("pw.properties", "pw=new\n");
  EXPECT_EQ(read(), "new");
}

}  // namespace
}  // namespace kferry::config
