#include "config/value_providers.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "unit/config/reading.hpp"
#include "unit/config/temporary_folder.hpp"

namespace kferry::config {
namespace {

class Providers : public testing::Test {
 protected:
  /// What a client.id became, or the mistakes.
  std::string expand(const std::string& text, Variables variables = {}) {
    variables.emplace("NAME", "n1");
    variables.emplace("EMPTY", "");
    const Reading reading({{"client.id", text}}, variables);
    const auto mistakes = reading.mistakes();
    return mistakes.empty() ? reading.target.client_id.value_or("") : mistakes;
  }
  std::string write(std::string_view name, std::string_view text) const {
    const auto path = folder_.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(Providers, Environment) {
  EXPECT_EQ(expand("${env:NAME}"), "n1");
  EXPECT_EQ(expand("a${env:NAME}b${env:NAME}c"), "an1bn1c");
  EXPECT_EQ(expand("x${env:EMPTY}"), "x");
  EXPECT_EQ(expand("${env:NONE}"),
            "f.properties:2: client.id: ${env:NONE}: the variable is not set\n");
  EXPECT_EQ(expand("${env:a:NAME}"),
            "f.properties:2: client.id: ${env:a:NAME}: a variable has no path: write "
            "${env:NAME}\n");
  EXPECT_EQ(expand("${env:BYTES}", {{"BYTES", "\xff"}}),
            "f.properties:2: client.id: ${env:BYTES}: its value is not UTF-8\n");
}

/// \$\{([^}]*?):(([^}]*?):)?([^}]*?)\} of Kafka's ConfigTransformer.
TEST_F(Providers, OnlyWhatKafkasPatternMatches) {
  EXPECT_EQ(expand("$env:NAME"), "$env:NAME");
  EXPECT_EQ(expand("${NAME}"), "${NAME}");
  EXPECT_EQ(expand("${env:NAME"), "${env:NAME");
  EXPECT_EQ(expand("${}${env:NAME}}"), "${}n1}");
  EXPECT_EQ(expand("$${env:NAME}"), "$n1");
  EXPECT_NE(expand("${x${env:NAME}").find("${x${env:NAME}: there is no such"), std::string::npos)
      << "the provider is 'x${env'";
}

TEST_F(Providers, NothingIsExpandedTwice) {
  EXPECT_EQ(expand("${env:TWICE}", {{"TWICE", "${env:NAME}"}}), "${env:NAME}");
}

TEST_F(Providers, AnUnknownProviderIsAMistake) {
  const auto text = expand("${vault:secret:key}");
  EXPECT_NE(text.find("client.id: ${vault:secret:key}: there is no such provider"),
            std::string::npos)
      << text;
}

TEST_F(Providers, KeysOfAPropertiesFile) {
  const auto path =
      write("s.properties", "a=one\nb.c = two \\\n  lines\nd:e=f\nu=\xC3\xA4\\u00f6\n");
  EXPECT_EQ(expand("${file:" + path + ":a}"), "one");
  EXPECT_EQ(expand("${file:" + path + ":b.c}"), "two lines");
  EXPECT_EQ(expand("${file:" + path + ":u}"), "\xC3\xA4\xC3\xB6") << "a Reader reads UTF-8";
  EXPECT_EQ(expand("${file:" + path + ":none}"),
            "f.properties:2: client.id: ${file:" + path + ":none}: " + path + " has no such key\n");
  EXPECT_NE(expand("${file:/no/such/file:a}").find("/no/such/file can not be read: No such file"),
            std::string::npos);
  EXPECT_NE(expand("${file:a}").find("no file is named"), std::string::npos);
  const auto latin = write("latin.properties", "a=\xE4\n");
  EXPECT_NE(expand("${file:" + latin + ":a}").find(latin + " is not UTF-8"), std::string::npos);
  const auto broken = write("broken.properties", "a=\\u12\nb=hunter2\n");
  EXPECT_NE(expand("${file:" + broken + ":b}").find(broken + ":1: malformed"), std::string::npos);
}

TEST_F(Providers, FilesOfAFolder) {
  write("pw", "word");
  write("line", "word\n");
  const auto folder = folder_.path("");
  EXPECT_EQ(expand("${directory:" + folder + ":pw}"), "word");
  EXPECT_EQ(expand("${directory:" + folder + ":line}"), "word") << "trimmed, as Kafka does";
  const Reading inside({{"client.id", "${directory:" + folder + ":line}x"}});
  EXPECT_TRUE(inside.says("the file ends with a line end"));
  EXPECT_NE(expand("${directory:" + folder + ":none}").find("No such file"), std::string::npos);
  EXPECT_NE(expand("${directory:" + folder + ":a/../pw}").find("no file of the folder"),
            std::string::npos);
  EXPECT_NE(expand("${directory:pw}").find("no folder is named"), std::string::npos);
}

TEST_F(Providers, CredentialsOfSystemd) {
  write("cred.properties", "k=v1\n");
  write("pw", "v2");
  const Variables variables{{"CREDENTIALS_DIRECTORY", folder_.path(".")}};
  EXPECT_EQ(expand("${file:cred.properties:k}", variables), "v1");
  EXPECT_EQ(expand("${directory:pw}", variables), "v2");
  EXPECT_EQ(expand("${directory:.:pw}", variables), "v2");
  EXPECT_NE(expand("${file:none.properties:k}", variables).find(": none.properties can not be"),
            std::string::npos)
      << "then the working directory";
}

TEST_F(Providers, NamedByConfigProviders) {
  const auto path = write("s.properties", "k=v\n");
  const std::string package = "org.apache.kafka.common.config.provider.";
  const Reading named({{"config.providers", "mine, e"},
                       {"config.providers.mine.class", package + "FileConfigProvider"},
                       {"config.providers.e.class", package + "EnvVarConfigProvider"},
                       {"client.id", "${mine:" + path + ":k}${e:NAME}"}},
                      {{"NAME", "n"}});
  EXPECT_EQ(named.mistakes(), "");
  EXPECT_EQ(named.target.client_id, "vn");
  EXPECT_TRUE(named.says("config.providers: Kafka's own providers"));

  const Reading foreign(
      {{"config.providers", "vault,none"}, {"config.providers.vault.class", "com.example.Vault"}});
  EXPECT_EQ(foreign.findings.mistakes.size(), 2U);
  EXPECT_TRUE(
      foreign.says("f.properties:3: config.providers.vault.class: 'com.example.Vault' can "
                   "not run here"));
  EXPECT_TRUE(foreign.says("config.providers: config.providers.none.class is missing"));
}

TEST_F(Providers, AllowedPaths) {
  write("s.properties", "k=v\n");
  const auto read = [&](const std::string& allowed) {
    return Reading({{"config.providers.file.param.allowed.paths", allowed},
                    {"client.id", "${file:" + folder_.path("s.properties") + ":k}"}});
  };
  EXPECT_EQ(read("/elsewhere," + folder_.path("")).mistakes(), "");
  EXPECT_EQ(read(folder_.path("s.properties")).mistakes(), "");
  EXPECT_TRUE(read("/elsewhere").says("it lies outside of allowed.paths"));
  EXPECT_TRUE(read(folder_.path("s.prop")).says("it lies outside of allowed.paths"));
}

TEST_F(Providers, WhatTheyGiveIsSecretEverywhere) {
  const Reading reading({{"client.id", "${env:A}"},
                         {"linger.ms", "${env:B}"},
                         {"compression.type", "${env:C}"},
                         {"batch.size", "${env:D}"},
                         {"my.own", "${env:A}"},
                         {"security.protocol", "${env:A}"},
                         {"ssl.truststore.location", "${env:A}"},
                         {"librdkafka.debug", "${env:A}"}},
                        {{"A", "hunter2"}, {"B", "hunter2"}, {"C", "hunter2"}, {"D", "1234567"}});
  EXPECT_EQ(reading.target.client_id, "hunter2");
  EXPECT_FALSE(reading.says("hunter2"))
      << reading.mistakes() << reading.notices() << reading.explained();
  EXPECT_FALSE(reading.says("1234567")) << reading.explained();
  EXPECT_TRUE(reading.says("f.properties:3: linger.ms: not a valid long"));
  EXPECT_EQ(reading.row("batch.size").became, "batch.size=[hidden]");
}

TEST_F(Providers, WhatALaterEntryReplacesIsNotLookedUp) {
  const Reading reading({{"client.id", "${env:NONE}"}, {"client.id", "x"}});
  EXPECT_EQ(reading.mistakes(), "");
}

}  // namespace
}  // namespace kferry::config
