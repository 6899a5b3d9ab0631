#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "unit/security/profile_case.hpp"
#include "unit/security/store_data.hpp"

namespace kferry::security {
namespace {

constexpr const char* k_plain =
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" "
    "password=\"s3cr3t\";";
constexpr const char* k_scram =
    "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" "
    "password=\"s3cr3t\";";
constexpr const char* k_oauth =
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ";

Properties sasl(const std::string& mechanism, const std::string& jaas, Properties more = {}) {
  more.emplace("security.protocol", "SASL_PLAINTEXT");
  more.emplace("sasl.mechanism", mechanism);
  if (!jaas.empty()) more.emplace("sasl.jaas.config", jaas);
  return more;
}

std::string section(const std::string& modules) { return "KafkaClient { " + modules + " };"; }

/// A file that Kerberos would take its key from.
class KeyTab {
 public:
  KeyTab() {
    std::string name = (std::filesystem::temp_directory_path() / "kferry-keytab-XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    EXPECT_GE(descriptor, 0);
    ::close(descriptor);
    path_ = name;
  }
  ~KeyTab() { ::unlink(path_.c_str()); }
  KeyTab(const KeyTab&) = delete;
  KeyTab& operator=(const KeyTab&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(JavaSasl, PasswordsComeFromTheProperty) {
  struct Case {
    const char* mechanism;
    const char* jaas;
    SaslMechanism is;
  };
  const Case table[] = {
      {"PLAIN", k_plain, SaslMechanism::plain},
      {"PLAIN", k_scram, SaslMechanism::plain},
      {"SCRAM-SHA-256", k_scram, SaslMechanism::scram_sha_256},
      {"SCRAM-SHA-512", k_scram, SaslMechanism::scram_sha_512},
      {"PLAIN",
       "kafkashaded.org.apache.kafka.common.security.plain.PlainLoginModule required "
       "username=\"u\" password=\"s3cr3t\";",
       SaslMechanism::plain},
  };
  for (const auto& [mechanism, jaas, is] : table) {
    const auto made = profile_of(sasl(mechanism, jaas));
    ASSERT_TRUE(made.outcome.profile) << mechanism << made.mistakes();
    const auto& profile = *made.outcome.profile->sasl;
    EXPECT_EQ(profile.mechanism, is);
    EXPECT_EQ(profile.username, "u");
    EXPECT_EQ(profile.password.reveal(), "s3cr3t");
    EXPECT_EQ(made.warnings().find("travels in clear") != std::string::npos,
              is == SaslMechanism::plain);
  }
}

TEST(JavaSasl, PasswordsComeFromTheFileWithoutAProperty) {
  const auto made = profile_of(sasl("PLAIN", ""), section(k_plain));
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  EXPECT_EQ(made.outcome.profile->sasl->password.reveal(), "s3cr3t");

  const auto both = profile_of(sasl("SCRAM-SHA-256", k_scram), "this is no JAAS file");
  ASSERT_TRUE(both.outcome.profile) << both.mistakes();
  EXPECT_TRUE(says(both.infos(), "not read, since sasl.jaas.config is set"));
}

TEST(JavaSasl, TheFirstModuleOfAFileWins) {
  const std::string second =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"second\" "
      "password=\"s3cr3t-2\";";
  const auto made = profile_of(sasl("PLAIN", ""), section(k_plain + second));
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  EXPECT_EQ(made.outcome.profile->sasl->username, "u");

  const auto optional =
      profile_of(sasl("PLAIN", ""), section("org.example.Audit optional a=b; " + second));
  ASSERT_TRUE(optional.outcome.profile) << optional.mistakes();
  EXPECT_EQ(optional.outcome.profile->sasl->username, "second");
  EXPECT_TRUE(says(optional.warnings(), "org.example.Audit is optional and left out"));
}

TEST(JavaSasl, PasswordsMayHaveAnyBytes) {
  const std::string odd = "s3cr3t \xC3\xA9;=#' \xD0\xBF";
  const auto made = profile_of(
      sasl("PLAIN",
           "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"\" "
           "password=\"" +
               odd + "\";"));
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  EXPECT_EQ(made.outcome.profile->sasl->password.reveal(), odd);
  EXPECT_TRUE(says(made.warnings(), "name or password is empty"));
}

struct Refused {
  const char* what;
  Properties properties;
  std::optional<std::string> file;
  const char* text;
};

void expect_refused(const std::vector<Refused>& table) {
  for (const auto& [what, properties, file, text] : table) {
    const auto made = profile_of(properties, file);
    EXPECT_FALSE(made.outcome.profile) << what;
    EXPECT_TRUE(says(made.mistakes(), text)) << what;
  }
}

TEST(JavaSasl, WhatJavaWouldNotTakeIsRefused) {
  const std::string no_password =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\";";
  const std::string token =
      "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" "
      "password=\"s3cr3t\" tokenauth=True;";
  const std::string jndi =
      "com.sun.security.auth.module.JndiLoginModule required user.provider.url=\"s3cr3t\";";
  const std::string iam = "software.amazon.msk.auth.iam.IAMLoginModule required;";
  expect_refused({
      {"no credentials", sasl("PLAIN", ""), {}, "PlainLoginModule required username=\"...\""},
      {"no credentials", sasl("SCRAM-SHA-512", ""), {}, "ScramLoginModule required username="},
      {"no credentials", sasl("GSSAPI", ""), {}, "Krb5LoginModule required useKeyTab=true"},
      {"no mechanism",
       {{"security.protocol", "sasl_plaintext"}, {"sasl.jaas.config", k_plain}},
       {},
       "does not go with sasl.mechanism GSSAPI: set sasl.mechanism=PLAIN"},
      {"letters", sasl("plain", k_plain), {}, "letter by letter: write PLAIN"},
      {"unknown", sasl("SCRAM-SHA-1", k_scram), {}, "'SCRAM-SHA-1' is not supported"},
      {"IAM", sasl("AWS_MSK_IAM", iam), {}, "'AWS_MSK_IAM' is not supported: let the cluster"},
      {"IAM module", sasl("PLAIN", iam), {}, "IAM of Amazon MSK is not supported"},
      {"empty mechanism", sasl("", k_plain), {}, "'' is not supported"},
      {"plain for scram",
       sasl("SCRAM-SHA-256", k_plain),
       {},
       "or use org.apache.kafka.common."
       "security.scram.ScramLoginModule"},
      {"jndi", sasl("PLAIN", jndi), {}, "JndiLoginModule does not go with sasl.mechanism PLAIN"},
      {"look-alike",
       sasl("PLAIN",
            "org.apache.kafka.common.security.plain.PlainLoginModule2 "
            "required username=u password=s3cr3t;"),
       {},
       "a Java class can not run here"},
      {"no password", sasl("PLAIN", no_password), {}, "has no password"},
      {"nothing",
       sasl("PLAIN",
            "org.apache.kafka.common.security.plain.PlainLoginModule "
            "required;"),
       {},
       "has no username and password"},
      {"token", sasl("SCRAM-SHA-256", token), {}, "tokenauth=true"},
      {"no JAAS", sasl("PLAIN", "s3cr3t"), {}, "sasl.jaas.config: "},
      {"two", sasl("PLAIN", std::string(k_plain) + k_plain), {}, "sasl.jaas.config: "},
      {"a file of others", sasl("PLAIN", ""), "KafkaServer { a.B required; };",
       "client_jaas.conf: there is no section KafkaClient, which is what Kafka's clients read, "
       "only 'KafkaServer'"},
      {"a broken file", sasl("PLAIN", ""), "KafkaClient { s3cr3t", "client_jaas.conf: "},
      {"a file of kerberos", sasl("PLAIN", ""),
       section("com.sun.security.auth.module.Krb5LoginModule required;"),
       "client_jaas.conf: com.sun.security.auth.module.Krb5LoginModule does not go with"},
      {"classes",
       sasl("PLAIN", k_plain, {{"sasl.login.class", "a.B"}}),
       {},
       "sasl.login.class: a "
       "Java class"},
      {"classes",
       sasl("PLAIN", k_plain, {{"sasl.client.callback.handler.class", "a.B"}}),
       {},
       "sasl.client.callback.handler.class: a Java class"},
      {"classes",
       sasl("PLAIN", k_plain, {{"sasl.login.callback.handler.class", "a.B"}}),
       {},
       "sasl.login.callback.handler.class: a Java class"},
  });
}

TEST(JavaSasl, AMistypedPasswordIsNotShown) {
  // What stands where the class should be may be anything.
  for (const char* jaas : {"s3cr3t required username=u password=p;", "s3cr3t", "username=s3cr3t;",
                           "a.B required password=s3cr3t!;", "a.B s3cr3t x=y;"}) {
    profile_of(sasl("PLAIN", jaas));
    profile_of(sasl("PLAIN", ""), section(jaas));
    profile_of(sasl("PLAIN", ""), jaas);
  }
}

TEST(JavaSasl, OthersPropertiesAreInfo) {
  const auto made = profile_of(sasl("PLAIN", k_plain,
                                    {{"sasl.login.refresh.window.factor", "0.8"},
                                     {"sasl.login.retry.backoff.ms", "100"},
                                     {"sasl.kerberos.service.name", "kafka"},
                                     {"sasl.kerberos.ticket.renew.jitter", "0.05"},
                                     {"sasl.kerberos.kinit.cmd", "/usr/bin/kinit"},
                                     {"sasl.oauthbearer.expected.audience", "a"},
                                     {"sasl.enabled.mechanisms", "PLAIN"},
                                     {"sasl.made.up", "x"}}));
  ASSERT_TRUE(made.outcome.profile) << made.mistakes();
  EXPECT_TRUE(says(made.infos(),
                   "sasl.kerberos.service.name: ignored: only for "
                   "sasl.mechanism=GSSAPI"));
  EXPECT_TRUE(says(made.infos(), "sasl.made.up: ignored: Kafka's clients have no such"));
  EXPECT_TRUE(says(made.warnings(), "sasl.kerberos.kinit.cmd: ignored"));
}

std::string kerberos(const std::string& options) {
  return "com.sun.security.auth.module.Krb5LoginModule required " + options + ";";
}

TEST(JavaSasl, KerberosNeedsAKeyTab) {
  const KeyTab keytab;
  const auto options = "useKeyTab=true storeKey=true keyTab=\"" + keytab.path() +
                       "\" principal=\"mirror@EXAMPLE.COM\"";
  const Properties service{{"sasl.kerberos.service.name", "kafka"}};
  for (const auto& made :
       {profile_of(sasl("GSSAPI", kerberos(options), service)),
        profile_of(sasl("GSSAPI", kerberos(options + " serviceName=kafka"))),
        profile_of(sasl("GSSAPI", kerberos(options + " serviceName=kafka"), service)),
        profile_of(sasl("GSSAPI", kerberos(options + " useTicketCache=true"), service)),
        profile_of(
            {{"security.protocol", "SASL_PLAINTEXT"}, {"sasl.kerberos.service.name", "kafka"}},
            section(kerberos(options)))}) {
    ASSERT_TRUE(made.outcome.profile) << made.mistakes();
    ASSERT_TRUE(made.outcome.profile->sasl->kerberos);
    EXPECT_EQ(*made.outcome.profile->sasl->kerberos,
              (Kerberos{"kafka", "mirror@EXAMPLE.COM", keytab.path()}));
  }
  expect_refused({
      {"cache",
       sasl("GSSAPI", kerberos("useTicketCache=true principal=p"), service),
       {},
       "a ticket cache runs out: set useKeyTab=true"},
      {"no key tab", sasl("GSSAPI", kerberos("principal=p"), service), {}, "there is no key tab"},
      {"not used",
       sasl("GSSAPI", kerberos("keyTab=\"" + keytab.path() + "\" principal=p"), service),
       {},
       "set useKeyTab=true"},
      {"missing",
       sasl("GSSAPI", kerberos("useKeyTab=true keyTab=\"/no/such\" principal=p"), service),
       {},
       "keyTab /no/such: can not be read: No such file"},
      {"no principal",
       sasl("GSSAPI", kerberos("useKeyTab=true keyTab=\"" + keytab.path() + "\""), service),
       {},
       "has no principal"},
      {"no service", sasl("GSSAPI", kerberos(options)), {}, "sasl.kerberos.service.name: not set"},
      {"conflict",
       sasl("GSSAPI", kerberos(options + " serviceName=other"), service),
       {},
       "serviceName of the login module says another name"},
      {"ibm",
       sasl("GSSAPI", "com.ibm.security.auth.module.Krb5LoginModule required;", service),
       {},
       "use com.sun.security.auth.module.Krb5LoginModule"},
  });
}

constexpr const char* k_handler =
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler";
constexpr const char* k_older_handler =
    "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler";

Properties oidc(Properties more = {}) {
  more.emplace("sasl.login.callback.handler.class", k_handler);
  more.emplace("sasl.oauthbearer.token.endpoint.url", "https://login.test/token");
  return more;
}

TEST(JavaSasl, TokensOfAProvider) {
  const std::string options = "clientId=\"me\" clientSecret=\"s3cr3t\" scope=\"all\";";
  for (const char* handler : {k_handler, k_older_handler}) {
    const auto made = profile_of(sasl("OAUTHBEARER", k_oauth + options,
                                      oidc({{"sasl.login.callback.handler.class", handler}})));
    ASSERT_TRUE(made.outcome.profile) << made.mistakes();
    const auto& oauth = *made.outcome.profile->sasl->oauth_bearer;
    EXPECT_EQ(oauth.token_endpoint_url, "https://login.test/token");
    EXPECT_EQ(oauth.client_id, "me");
    EXPECT_EQ(oauth.client_secret.reveal(), "s3cr3t");
    EXPECT_EQ(oauth.scope, "all");
    EXPECT_TRUE(oauth.unsecured_claims.empty());
    EXPECT_TRUE(says(made.warnings(), "the token travels in clear"));
  }
  const auto newer =
      profile_of(sasl("OAUTHBEARER", k_oauth + options,
                      oidc({{"sasl.oauthbearer.client.credentials.client.id", "new"},
                            {"sasl.oauthbearer.client.credentials.client.secret", "s3cr3t-new"},
                            {"sasl.oauthbearer.scope", "some"}})));
  ASSERT_TRUE(newer.outcome.profile) << newer.mistakes();
  EXPECT_EQ(newer.outcome.profile->sasl->oauth_bearer->client_id, "new");
  EXPECT_EQ(newer.outcome.profile->sasl->oauth_bearer->client_secret.reveal(), "s3cr3t-new");
  EXPECT_EQ(newer.outcome.profile->sasl->oauth_bearer->scope, "some");

  const auto cloud = profile_of(
      sasl("OAUTHBEARER",
           std::string(k_oauth) + "clientId=\"me\" clientSecret=\"s3cr3t\" "
                                  "extension_logicalCluster=\"lkc-1\" extension_poolId=\"p\" "
                                  "ssl.truststore.location=\"x\";",
           oidc()));
  ASSERT_TRUE(cloud.outcome.profile) << cloud.mistakes();
  EXPECT_EQ(cloud.outcome.profile->sasl->oauth_bearer->extensions, "logicalCluster=lkc-1,poolId=p");
  EXPECT_TRUE(says(cloud.warnings(), "'ssl.truststore.location' is ignored"));
}

TEST(JavaSasl, TokensThatNobodySigns) {
  struct Case {
    const char* options;
    const char* claims;
  };
  const Case table[] = {
      {"unsecuredLoginStringClaim_sub=\"me\";", "principal=me"},
      {"unsecuredLoginStringClaim_sub=me unsecuredLoginListClaim_scope=\"|a|b\" "
       "unsecuredLoginLifetimeSeconds=\"60\";",
       "lifeSeconds=60 scope=a,b principal=me"},
      {"unsecuredLoginStringClaim_azp=me unsecuredLoginPrincipalClaimName=azp "
       "unsecuredLoginScopeClaimName=roles unsecuredLoginStringClaim_roles=\"x y\" "
       "unsecuredLoginExtension_trace=\"1\";",
       "principalClaimName=azp scopeClaimName=roles principal=me scope=x,y extension_trace=1"},
  };
  for (const auto& [options, claims] : table) {
    const auto made = profile_of(sasl("OAUTHBEARER", std::string(k_oauth) + options));
    ASSERT_TRUE(made.outcome.profile) << made.mistakes();
    EXPECT_EQ(made.outcome.profile->sasl->oauth_bearer->unsecured_claims, claims) << options;
    EXPECT_TRUE(made.outcome.profile->sasl->oauth_bearer->token_endpoint_url.empty());
    EXPECT_TRUE(says(made.warnings(), "nobody signs"));
  }
}

TEST(JavaSasl, TokensThatCanNotBeAreRefused) {
  const auto with = [](const std::string& options, Properties more) {
    return sasl("OAUTHBEARER", k_oauth + options, std::move(more));
  };
  const std::string good = "clientId=\"me\" clientSecret=\"s3cr3t\";";
  expect_refused({
      {"no handler",
       with(good, {{"sasl.oauthbearer.token.endpoint.url", "https://a"}}),
       {},
       "the token has no principal: set sasl.login.callback.handler.class"},
      {"other handler",
       with(good, oidc({{"sasl.login.callback.handler.class", "a.B"}})),
       {},
       "sasl.login.callback.handler.class: a Java class can not run here"},
      {"no endpoint",
       with(good, {{"sasl.login.callback.handler.class", k_handler}}),
       {},
       "sasl.oauthbearer.token.endpoint.url: not set"},
      {"file",
       with(good, oidc({{"sasl.oauthbearer.token.endpoint.url", "file:///t"}})),
       {},
       "tokens from a file"},
      {"ftp",
       with(good, oidc({{"sasl.oauthbearer.token.endpoint.url", "ftp://t"}})),
       {},
       "neither an http nor an https URL"},
      {"no id", with("clientSecret=\"s3cr3t\";", oidc()), {}, "no client id"},
      {"no secret", with("clientId=\"me\";", oidc()), {}, "no client secret"},
      {"encoding",
       with("clientId=\"me\" clientSecret=\"s3cr3t+\";",
            oidc({{"sasl.oauthbearer.header.urlencode", "true"}})),
       {},
       "sasl.oauthbearer.header.urlencode: not supported"},
      {"claim",
       with(good, oidc({{"sasl.oauthbearer.sub.claim.name", "azp"}})),
       {},
       "only 'sub' is supported"},
      {"retriever",
       with(good, oidc({{"sasl.oauthbearer.jwt.retriever.class", "a.B"}})),
       {},
       "sasl.oauthbearer.jwt.retriever.class: not supported"},
      {"extension",
       with("clientId=a clientSecret=s3cr3t extension_auth=x;", oidc()),
       {},
       "letters only"},
      {"extension",
       with("clientId=a clientSecret=s3cr3t extension_b=\"x,y\";", oidc()),
       {},
       "extension_b: an extension with ','"},
      {"claim",
       with("unsecuredLoginStringClaim_sub=u unsecuredLoginNumberClaim_n=\"1\";", {}),
       {},
       "'unsecuredLoginNumberClaim_n': only the principal's"},
      {"blank", with("unsecuredLoginStringClaim_sub=\"a b\";", {}), {}, "without blanks"},
      {"life",
       with("unsecuredLoginStringClaim_sub=u unsecuredLoginLifetimeSeconds=\"-1\";", {}),
       {},
       "'unsecuredLoginLifetimeSeconds': seconds"},
      {"two modules", sasl("OAUTHBEARER", ""),
       section(std::string(k_oauth) + "unsecuredLoginStringClaim_sub=u; " + k_oauth + ";"),
       "one login module for OAUTHBEARER"},
  });
}

}  // namespace
}  // namespace kferry::security
