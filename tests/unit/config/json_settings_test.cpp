#include "config/json_settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_document.hpp"
#include "config/option_table.hpp"
#include "kferry/config/command_line.hpp"
#include "unit/config/temporary_folder.hpp"

namespace kferry::config {
namespace {

std::string shipped(const std::string& name) { return KFERRY_CONF_DIR "/" + name; }

class Json : public testing::Test {
 protected:
  Settings load(std::string_view text) {
    path_ = folder_.write("k.json", text);
    findings_ = {};
    return load_json(path_, findings_);
  }
  /// Without the folder's name in front.
  std::vector<std::string> mistakes(std::string_view text) {
    load(text);
    std::vector<std::string> all;
    for (const auto& mistake : findings_.mistakes) {
      all.push_back(to_string(mistake).substr(folder_.path("").size()));
    }
    return all;
  }

  TemporaryFolder folder_;
  std::string path_;
  Findings findings_;
};

using Lines = std::vector<std::string>;

TEST(JsonDocument, ValuesKnowTheirLines) {
  const auto document = parse_json(
      "// c\n{\n \"a\":\n  1\n ,\"b\": [ true,\n 2\n,\n 3 /* \n */ , null ],\n\"c\": {\n}, "
      "\"d\":\"x\" }");
  ASSERT_TRUE(document.value) << document.error;
  const auto& members = document.value->members;
  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(document.value->line, 2);
  EXPECT_EQ(members[0].line, 3);
  EXPECT_EQ(members[0].value.line, 4);
  EXPECT_EQ(members[0].value.text, "1");
  EXPECT_EQ(members[1].line, 5);
  ASSERT_EQ(members[1].value.items.size(), 4U);
  EXPECT_EQ(members[1].value.items[0].line, 5);
  EXPECT_EQ(members[1].value.items[1].line, 6);
  EXPECT_EQ(members[1].value.items[2].line, 8);
  EXPECT_EQ(members[1].value.items[3].line, 9);
  EXPECT_EQ(members[2].value.line, 10);
  EXPECT_EQ(members[3].value.line, 11);
}

TEST(JsonDocument, SyntaxErrorsKnowTheirLines) {
  struct Case {
    const char* text;
    int line;
  };
  for (const auto& [text, line] :
       {Case{"", 1}, Case{"{\n\"a\": 1\n\"b\": 2}", 3}, Case{"{\n\n\"a\": tru\n}", 3},
        Case{"{} x", 1}, Case{"{\n\"a\": \"\xff\"}", 2}, Case{"[1,\n2\n", 3},
        Case{"{\"a\":\n1e999}", 2}, Case{"{ /* \n", 2}}) {
    const auto document = parse_json(text);
    EXPECT_FALSE(document.value) << text;
    EXPECT_EQ(document.error_line, line) << text << ": " << document.error;
    EXPECT_FALSE(document.error.empty());
    EXPECT_EQ(document.error.find("json.exception.parse"), std::string::npos) << document.error;
  }
  EXPECT_EQ(parse_json(std::string(10'000, '[')).error, "nested deeper than 32 levels");
}

TEST(JsonDocument, ErrorsDoNotRepeatTheFile) {
  for (const auto* text : {"{\"password\": \"hunter2}\n", "{\"password\": \"hunter2\\q\"}",
                           "{\"password\": hunter2}", "{\"a\" \"hunter2\"}"}) {
    const auto document = parse_json(text);
    EXPECT_FALSE(document.value);
    EXPECT_EQ(document.error.find("hunter"), std::string::npos) << document.error;
  }
}

TEST_F(Json, SmallestFile) {
  const auto settings = load(R"({"flows": [{
    "source": {"properties": {"bootstrap.servers": "s:1", "group.id": "g", "fetch.min.bytes": 7}},
    "target": {"properties": {"bootstrap.servers": "t:1", "enable.idempotence": false}},
    "topics": {"include": "a"}}]})");
  EXPECT_TRUE(findings_.mistakes.empty());
  ASSERT_EQ(settings.flows.size(), 1U);
  const auto& flow = settings.flows[0];
  EXPECT_EQ(flow.name, "mirror");
  EXPECT_EQ(flow.on_send_failure, SendFailurePolicy::park);
  EXPECT_EQ(flow.source.group_id, "g");
  EXPECT_EQ(flow.target.idempotence, false);
  EXPECT_EQ(to_string(flow.topics.include_origin), path_ + ":4");
}

TEST_F(Json, FilesAreBesideTheFileAndInlineWins) {
  folder_.write("c.properties", "bootstrap.servers=s:1\ngroup.id=file\n");
  const auto settings = load(R"({"flows": [{
    "source": {"properties.file": "c.properties", "properties": {"group.id": "inline"}},
    "target": {"properties": {"bootstrap.servers": "t:1"}},
    "topics": {"include": "a"}}]})");
  EXPECT_TRUE(findings_.mistakes.empty());
  EXPECT_EQ(settings.flows.at(0).source.bootstrap_servers, "s:1");
  EXPECT_EQ(settings.flows.at(0).source.group_id, "inline");
}

TEST_F(Json, WhatMakesTheTargetDifferIsSaid) {
  const auto notices = [this](std::string_view more_of_topics, std::string_view more) {
    load(R"({"flows": [{"source": {"properties": {"bootstrap.servers": "s:1", "group.id": "g",
      "auto.offset.reset": "earliest", "isolation.level": "read_committed"}},
      "target": {"properties": {"bootstrap.servers": "t:1"}}, "topics": {"include": "a")" +
         std::string(more_of_topics) + "}" + std::string(more) + "}]}");
    EXPECT_TRUE(findings_.mistakes.empty());
    std::string all;
    for (const auto& notice : findings_.notices) all += notice.text + "\n";
    return all;
  };
  EXPECT_EQ(notices("", ""), "");
  EXPECT_EQ(
      notices(R"(, "prefix": "", "rename": [])", R"(, "filters": [], "provenance.headers": false)"),
      "");
  EXPECT_EQ(notices(R"(, "prefix": "copy.", "rename": [{"match": "a", "to": "b"}])",
                    R"(, "filters": [{"action": "drop", "key": "k"}], "provenance.headers": true)"),
            "flows[0].topics.prefix: 'copy.' stands before all names on the target\n"
            "flows[0].topics.rename: 1 rule(s): topics that match have another name on the target\n"
            "flows[0].filters: 1 rule(s): what they leave out is not on the target, and counted in "
            "kferry_records_filtered_total\n"
            "flows[0].provenance.headers: every record gets four headers more\n");
}

TEST_F(Json, EveryMistakeWithItsLine) {
  folder_.write("c.properties", "group.id=g\nheartbeat.interval.ms=x\n");
  EXPECT_EQ(
      mistakes(R"({
  "http.listen": "nowhere",
  "log.levle": "info",
  "memory.budget": ["128M"],
  "flows": [
    {
      "name": "a b",
      "source": { "properties.file": "c.properties" },
      "target": {
        "properties": {
          "bootstrap.servers": "t:1",
          "acks": 0,
          "linger.ms": null
        }
      },
      "topics": {
        "include": 5,
        "rename": [ { "match": "x" },
                    7 ]
      },
      "filters": [
        { "action": "drop" },
        { "action": "delete", "key": "k" },
        { "action": "keep", "key": "k", "value": "v" }
      ],
      "partitioning": "best",
      "num.streams": 1.5,
      "provenance.headers": "yes"
    },
    {
      "name": "two",
      "name": "two",
      "source": {},
      "target": { "properties.file": "none.properties" }
    },
    { "name": "two", "source": [], "topics": {"include": " "},
      "target": {"properties": {"bootstrap.servers": "t:1"}} }
  ]
})"),
      (Lines{
          "k.json:3: log.levle: not a known key (did you mean log.level?)",
          "k.json:2: http.listen: 'nowhere': no port: write HOST:PORT; write ADDR:PORT or off",
          "k.json:4: memory.budget: must be a plain value, is a list",
          "k.json:7: flows[0].name: 'a b' is not made of 1 to 64 of a-z, A-Z, 0-9, _ and -",
          "c.properties:2: heartbeat.interval.ms: 'x' is not an integer",
          "c.properties: bootstrap.servers is missing: write HOST:PORT,HOST:PORT",
          "k.json:13: flows[0].target.properties.linger.ms: must be a plain value, is null",
          "k.json:12: acks: without acknowledgements nobody knows what arrived: use all, or 1 at "
          "your risk",
          "k.json:17: flows[0].topics.include: must be a string, is a number",
          "k.json:18: flows[0].topics.rename[0].to is missing",
          "k.json:19: flows[0].topics.rename[1]: must be an object, is a number",
          "k.json:22: flows[0].filters[0].key or header is missing: write exactly one of them",
          "k.json:23: flows[0].filters[1].action: 'delete' is not one of keep, drop",
          "k.json:24: flows[0].filters[2].value: belongs to header: it is matched against it",
          "k.json:28: flows[0].provenance.headers: must be true or false, is a string",
          "k.json:27: flows[0].num.streams: '1.5' is not an integer",
          "k.json:26: flows[0].partitioning: 'best' is not one of auto, source, key",
          "k.json:32: flows[1].name: given twice",
          "k.json:33: bootstrap.servers is missing: write HOST:PORT,HOST:PORT",
          "k.json:33: group.id is missing: it holds the positions on the source",
          "none.properties: can not be read: No such file or directory",
          "k.json:30: flows[1].topics is missing: write {\"include\": REGEX}",
          "k.json:36: flows[2].source: must be an object, is a list",
          "k.json:36: flows[2].topics.include: is empty: write a regex",
          "k.json:36: flows[2].name: 'two' is the name of another flow already",
      }));
}

TEST_F(Json, Shipped) {
  for (const auto* name : {"kferry.json", "examples/rename_and_filter.json",
                           "examples/two_flows.json", "examples/roll_back.json"}) {
    Findings findings;
    findings.strict = true;
    const auto settings = load_json(shipped(name), findings);
    for (const auto& mistake : findings.mistakes) ADD_FAILURE() << to_string(mistake);
    EXPECT_FALSE(settings.flows.empty());
  }
}

/// The examples with secrets find them in the folder of systemd's credentials.
Environment shipped_credentials() {
  return [](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "CREDENTIALS_DIRECTORY"
               ? std::optional<std::string>(KFERRY_CONF_DIR "/examples")
               : std::nullopt;
  };
}

TEST_F(Json, ShippedSecureFlow) {
  const auto path = shipped("examples/secured_flow.json");
  const std::vector<const char*> args{"check", "--config", path.c_str(), "--strict"};
  const auto outcome = parse_command_line(args, shipped_credentials());
  for (const auto& mistake : outcome.mistakes) ADD_FAILURE() << to_string(mistake);
  ASSERT_TRUE(outcome.invocation);
  const auto& flow = outcome.invocation->settings.flows.at(0);
  ASSERT_TRUE(flow.source.security.sasl && flow.target.security.sasl);
  EXPECT_EQ(flow.source.security.sasl->username, "mirror");
  EXPECT_EQ(flow.source.security.sasl->password.reveal(), "change me");
  EXPECT_EQ(flow.target.security.protocol, security::Protocol::sasl_ssl);
  EXPECT_EQ(flow.target.security.sasl->mechanism, security::SaslMechanism::scram_sha_512);
  EXPECT_EQ(flow.target.security.sasl->username, "mirror");
  EXPECT_EQ(flow.target.security.sasl->password.reveal(), "change me");
  EXPECT_TRUE(flow.target.security.tls && flow.target.security.tls->verify_host_name);
}

TEST_F(Json, ShippedProducerAndJaasFileStartAMirror) {
  const auto consumer = shipped("consumer.properties");
  const auto producer = shipped("examples/sasl_ssl_producer.properties");
  const auto jaas = shipped("examples/client_jaas.conf");
  const std::vector<const char*> args{
      "check",  "--consumer.config", consumer.c_str(), "--producer.config", producer.c_str(),
      "--jaas", jaas.c_str(),        "--whitelist",    "topicName",         "--strict"};
  const auto outcome = parse_command_line(args, shipped_credentials());
  for (const auto& mistake : outcome.mistakes) ADD_FAILURE() << to_string(mistake);
  ASSERT_TRUE(outcome.invocation);
  const auto& security = outcome.invocation->settings.flows.at(0).target.security;
  EXPECT_EQ(security.sasl->password.reveal(), "change me");
}

TEST_F(Json, AJaasFileForEachClient) {
  const auto jaas = [](std::string_view name) {
    return "KafkaClient { org.apache.kafka.common.security.plain.PlainLoginModule required "
           "username=\"" +
           std::string(name) + "\" password=\"p\"; };";
  };
  folder_.write("source.conf", jaas("from"));
  folder_.write("target.conf", jaas("to"));
  const auto settings = load(R"({"flows": [{
    "source": {"properties": {"bootstrap.servers": "s:1", "group.id": "g",
               "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"},
               "jaas": "source.conf"},
    "target": {"properties": {"bootstrap.servers": "t:1",
               "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"},
               "jaas": "target.conf"},
    "topics": {"include": "a"}}]})");
  for (const auto& mistake : findings_.mistakes) ADD_FAILURE() << to_string(mistake);
  ASSERT_TRUE(settings.flows.at(0).source.security.sasl);
  ASSERT_TRUE(settings.flows.at(0).target.security.sasl);
  EXPECT_EQ(settings.flows[0].source.security.sasl->username, "from");
  EXPECT_EQ(settings.flows[0].target.security.sasl->username, "to");
}

/// kferry.json with its examples switched on: those are the lines that begin with // and no blank,
/// or more than one inside of a list.
std::string with_examples(const std::string& path) {
  std::ifstream file(path);
  std::string all;
  for (std::string line; std::getline(file, line);) {
    const auto begin = std::min(line.find_first_not_of(' '), line.size());
    const std::string_view comment = std::string_view(line).substr(begin);
    const bool is_text = comment.starts_with("// ") && !comment.starts_with("//  ");
    if (comment.starts_with("//") && !is_text) line.erase(begin, 2);
    all += line + "\n";
  }
  return all;
}

/// With the files that it names beside it.
std::string copy_of_shipped(const TemporaryFolder& folder, std::string_view text) {
  for (const auto* name : {"consumer.properties", "producer.properties"}) {
    std::filesystem::copy_file(shipped(name), folder.path(name),
                               std::filesystem::copy_options::skip_existing);
  }
  return folder.write("kferry.json", text);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(Json, ShippedFileNamesEveryOptionAndKey) {
  const auto text = text_of(shipped("kferry.json"));
  for (const auto& option : option_table()) {
    if (option.group == Group::command || option.id == OptionId::new_consumer) continue;
    EXPECT_NE(text.find(option.name), std::string::npos) << option.name;
  }
  for (const auto key : json_keys()) {
    EXPECT_NE(text.find("\"" + std::string(key) + "\""), std::string::npos) << key;
  }
}

/// Left out means the same as written down, so the file alone is a plain mirror.
TEST_F(Json, ShippedFileShowsTheDefaults) {
  Findings findings;
  findings.strict = true;
  auto full = load_json(copy_of_shipped(folder_, text_of(shipped("kferry.json"))), findings);
  auto plain =
      load_json(copy_of_shipped(folder_, text_of(shipped("examples/service.json"))), findings);
  EXPECT_TRUE(findings.mistakes.empty() && findings.notices.empty());
  ASSERT_TRUE(full.flows.size() == 1 && plain.flows.size() == 1);
  full.flows[0].topics.include_origin = plain.flows[0].topics.include_origin = {};
  EXPECT_EQ(full.flows, plain.flows);
  EXPECT_EQ(full.process, plain.process);
  EXPECT_EQ(full.process, ProcessSettings{});
}

/// So what stands in comments can be switched on as it stands.
TEST_F(Json, ShippedExamplesInComments) {
  Findings findings;
  findings.strict = true;
  const auto path = copy_of_shipped(folder_, with_examples(shipped("kferry.json")));
  const auto settings = load_json(path, findings);
  for (const auto& mistake : findings.mistakes) ADD_FAILURE() << to_string(mistake);
  const auto& flow = settings.flows.at(0);
  EXPECT_EQ(flow.source.group_id, "another-group");
  EXPECT_EQ(flow.target.compression, "lz4");
  EXPECT_EQ(flow.topics.exclude, "pay\\.test.*");
  EXPECT_EQ(flow.topics.renames.at(0).replacement, "payments.$1");
  EXPECT_EQ(flow.topics.prefix, "copy.");
  ASSERT_EQ(flow.filters.size(), 3U);
  EXPECT_EQ(flow.filters[2].action, FilterRule::Action::keep);
  EXPECT_EQ(flow.filters[2].header_value_pattern, "eu|us");
  const auto json = with_examples(shipped("kferry.json"));
  for (const auto key : json_keys()) {
    EXPECT_NE(json.find("\"" + std::string(key) + "\":"), std::string::npos) << key;
  }
}

TEST_F(Json, ShippedPropertiesStartAMirror) {
  const auto consumer = shipped("consumer.properties");
  const auto producer = shipped("producer.properties");
  const std::vector<const char*> args{
      "check",          "--consumer.config", consumer.c_str(), "--producer.config",
      producer.c_str(), "--whitelist",       "topicName",      "--strict"};
  const auto outcome = parse_command_line(args, [](const char*) { return std::nullopt; });
  ASSERT_TRUE(outcome.invocation);
  EXPECT_TRUE(outcome.invocation->settings.notices.empty());
}

TEST_F(Json, CommandLineWinsOverTheProcessPartAndTakesNoFlowOptions) {
  const auto path = shipped("kferry.json");
  std::vector<const char*> args{"run", "--config", path.c_str(), "--log.level", "error"};
  const auto none = [](const char*) { return std::nullopt; };
  const auto outcome = parse_command_line(args, none);
  ASSERT_TRUE(outcome.invocation);
  EXPECT_EQ(outcome.invocation->settings.process.log_level, log::Level::error);
  EXPECT_EQ(outcome.invocation->settings.flows.size(), 1U);
  args[0] = "check";
  args.push_back("--create.topics");
  const auto refused = parse_command_line(args, none);
  ASSERT_EQ(refused.mistakes.size(), 1U);
  EXPECT_EQ(refused.mistakes[0].text, "--create.topics: belongs into the JSON file with --config");
}

TEST_F(Json, UnreadableFile) {
  findings_ = {};
  load_json(folder_.path("none.json"), findings_);
  ASSERT_EQ(findings_.mistakes.size(), 1U);
  EXPECT_EQ(findings_.mistakes[0].text, "can not be read: No such file or directory");
}

}  // namespace
}  // namespace kferry::config
