#include "kferry/config/command_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.hpp"
#include "unit/config/temporary_folder.hpp"

namespace kferry::config {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Outcome parse(const std::vector<std::string>& args, const Variables& variables = {}) {
  std::vector<const char*> pointers;
  pointers.reserve(args.size());
  for (const auto& arg : args) pointers.push_back(arg.c_str());
  return parse_command_line(pointers, [&](const char* name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  });
}

std::string mistakes(const Outcome& outcome) {
  std::string all;
  for (const auto& mistake : outcome.mistakes) all += to_string(mistake) + "\n";
  return all;
}

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    consumer_ = folder_.write("c.properties", "bootstrap.servers=s:1\ngroup.id=g\n");
    producer_ = folder_.write("p.properties", "bootstrap.servers=t:2\n");
  }

  /// MirrorMaker's smallest command line, and more.
  std::vector<std::string> with(std::vector<std::string> more) const {
    std::vector<std::string> args{"--consumer.config", consumer_,     "--producer.config",
                                  producer_,           "--whitelist", "orders|pay.*"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  Outcome parse_with(std::vector<std::string> more) const { return parse(with(std::move(more))); }
  FlowSettings flow_with(std::vector<std::string> more) const {
    const auto outcome = parse_with(std::move(more));
    EXPECT_EQ(mistakes(outcome), "");
    return outcome.invocation ? outcome.invocation->settings.flows.at(0) : FlowSettings{};
  }
  bool notes(const Outcome& outcome, std::string_view text) const {
    if (!outcome.invocation) return false;
    const auto& notices = outcome.invocation->settings.notices;
    return std::any_of(notices.begin(), notices.end(), [&](const Notice& notice) {
      return to_string(notice).find(text) != std::string::npos;
    });
  }

  TemporaryFolder folder_;
  std::string consumer_;
  std::string producer_;
};

TEST_F(CommandLine, MirrorMakersLineIsEnough) {
  const auto outcome = parse_with({"--num.streams=3", "--offset.commit.interval.ms", "1000"});
  ASSERT_TRUE(outcome.invocation) << mistakes(outcome);
  EXPECT_EQ(outcome.code, ExitCode::ok);
  EXPECT_EQ(outcome.invocation->command, Command::mirror);
  ASSERT_EQ(outcome.invocation->settings.flows.size(), 1U);
  const auto& flow = outcome.invocation->settings.flows[0];
  EXPECT_EQ(flow.name, "mirror");
  EXPECT_EQ(flow.source.bootstrap_servers, "s:1");
  EXPECT_EQ(flow.target.bootstrap_servers, "t:2");
  EXPECT_EQ(flow.topics.include, "orders|pay.*");
  EXPECT_EQ(to_string(flow.topics.include_origin), "--whitelist");
  EXPECT_EQ(flow.streams, 3);
  EXPECT_EQ(flow.commit_interval, Milliseconds(1000));
  EXPECT_EQ(flow.on_send_failure, SendFailurePolicy::exit);
}

TEST_F(CommandLine, EveryFlowAndProcessOption) {
  const auto outcome = parse_with({"--exclude",
                                   "x.*",
                                   "--partitioning",
                                   "key",
                                   "--create.topics",
                                   "--engine",
                                   "records",
                                   "--timestamps",
                                   "create",
                                   "--recompress",
                                   "--on.send.failure",
                                   "park",
                                   "--drain.timeout.ms",
                                   "100",
                                   "--refresh.interval.ms",
                                   "200",
                                   "--http.listen",
                                   "[::1]:0",
                                   "--memory.budget",
                                   "1G",
                                   "--log.level",
                                   "debug",
                                   "--log.format",
                                   "json",
                                   "--strict"});
  ASSERT_TRUE(outcome.invocation) << mistakes(outcome);
  const auto& process = outcome.invocation->settings.process;
  const auto& flows = outcome.invocation->settings.flows;
  EXPECT_EQ(flows[0].topics.exclude, "x.*");
  EXPECT_EQ(flows[0].partitioning, Partitioning::key);
  EXPECT_TRUE(flows[0].create_topics);
  EXPECT_EQ(flows[0].engine, EngineChoice::records);
  EXPECT_EQ(flows[0].timestamps, Timestamps::create);
  EXPECT_TRUE(flows[0].recompress);
  EXPECT_EQ(flows[0].on_send_failure, SendFailurePolicy::park);
  EXPECT_EQ(flows[0].drain_timeout, Milliseconds(100));
  EXPECT_EQ(flows[0].refresh_interval, Milliseconds(200));
  EXPECT_EQ(process.http_address, "::1");
  EXPECT_EQ(process.http_port, 0);
  EXPECT_EQ(process.memory_budget_bytes, 1LL << 30);
  EXPECT_EQ(process.log_level, log::Level::debug);
  EXPECT_EQ(process.log_format, log::Format::json);
  EXPECT_TRUE(outcome.invocation->strict);
}

TEST_F(CommandLine, PropertyFilesAmongCredentials) {
  const auto outcome = parse({"--consumer.config", "c.properties", "--producer.config",
                              "p.properties", "--whitelist", "a"},
                             {{"CREDENTIALS_DIRECTORY", folder_.path("")}});
  ASSERT_TRUE(outcome.invocation) << mistakes(outcome);
  EXPECT_EQ(outcome.invocation->settings.flows.at(0).target.bootstrap_servers, "t:2");
}

/// The defaults that the help prints are those that the settings have.
TEST_F(CommandLine, PrintedDefaultsAreTheDefaults) {
  const auto unset = parse_with({});
  ASSERT_TRUE(unset.invocation);
  for (const auto& option : option_table()) {
    if (option.default_text.empty()) continue;
    FlowSettings flow = unset.invocation->settings.flows[0];
    ProcessSettings process;
    const std::string text(option.default_text);
    if (option.apply_flow != nullptr) {
      flow.partitioning = Partitioning::key;
      flow.create_topics = true;
      flow.engine = EngineChoice::records;
      flow.timestamps = Timestamps::create;
      flow.recompress = true;
      flow.on_send_failure = SendFailurePolicy::park;
      flow.streams = 99;
      flow.commit_interval = flow.drain_timeout = flow.refresh_interval = Milliseconds(1);
      EXPECT_EQ(option.apply_flow(flow, text), "") << option.name;
    } else if (option.apply_process != nullptr) {
      EXPECT_EQ(option.apply_process(process, text), "") << option.name;
    }
    const FlowSettings expected;
    const bool kept =
        flow.partitioning == expected.partitioning ||
        flow.create_topics == expected.create_topics || flow.engine == expected.engine ||
        flow.timestamps == expected.timestamps || flow.recompress == expected.recompress ||
        flow.on_send_failure == expected.on_send_failure || flow.streams == expected.streams ||
        flow.commit_interval == expected.commit_interval ||
        flow.drain_timeout == expected.drain_timeout ||
        flow.refresh_interval == expected.refresh_interval;
    EXPECT_TRUE(kept) << option.name << " says " << text;
    const ProcessSettings defaults;
    EXPECT_EQ(process.http_address, defaults.http_address);
    EXPECT_EQ(process.http_port, defaults.http_port);
    EXPECT_EQ(process.memory_budget_bytes, defaults.memory_budget_bytes);
    EXPECT_EQ(process.log_level, defaults.log_level);
    EXPECT_EQ(process.log_format, defaults.log_format);
  }
  EXPECT_EQ(find_option("seconds")->default_text, std::to_string(k_demo_seconds));
}

TEST_F(CommandLine, NewNamesWinOverOldOnes) {
  const auto outcome = parse_with({"--include", "new", "--blacklist", "old"});
  ASSERT_TRUE(outcome.invocation) << mistakes(outcome);
  EXPECT_EQ(outcome.invocation->settings.flows[0].topics.include, "new");
  EXPECT_EQ(outcome.invocation->settings.flows[0].topics.exclude, "old");
  EXPECT_TRUE(notes(outcome, "--whitelist: ignored, since --include is given"));
}

TEST_F(CommandLine, AbortOnSendFailure) {
  EXPECT_EQ(flow_with({"--abort.on.send.failure", "TRUE"}).on_send_failure,
            SendFailurePolicy::exit);
  EXPECT_EQ(flow_with({"--abort.on.send.failure=false"}).on_send_failure, SendFailurePolicy::skip);
  EXPECT_TRUE(
      notes(parse_with({"--abort.on.send.failure", "false"}), "kferry_records_dropped_total"));
  EXPECT_EQ(mistakes(parse_with({"--abort.on.send.failure", "no"})),
            "command line: --abort.on.send.failure: 'no' is neither true nor false\n");
  EXPECT_EQ(parse_with({"--abort.on.send.failure", "true", "--on.send.failure", "skip"}).code,
            ExitCode::usage);
}

TEST_F(CommandLine, WhatMirrorMakerHasAndWeDoNot) {
  const auto outcome = parse_with({"--new.consumer", "--message.handler", "com.example.H",
                                   "--consumer.rebalance.listener=com.example.L"});
  EXPECT_EQ(outcome.code, ExitCode::usage);
  ASSERT_EQ(outcome.mistakes.size(), 2U) << mistakes(outcome);
  EXPECT_NE(outcome.mistakes[0].text.find("rename and filters in the JSON file"),
            std::string::npos);
  EXPECT_NE(outcome.mistakes[1].text.find("/metrics"), std::string::npos);
  EXPECT_TRUE(notes(parse_with({"--new.consumer"}), "--new.consumer: means nothing"));
}

TEST_F(CommandLine, AllMistakesAtOnce) {
  const auto bad = folder_.write("bad.properties",
                                 "session.timeout.ms=abc\ngroup.id=\\u12\nacks=all\n"
                                 "security.protocol=SSL\n");
  const auto outcome =
      parse({"--consumer.config", bad, "--producer.config", folder_.path("none.properties"),
             "--num.stream", "4", "--partitioning", "best", "--strict=1", "--num.streams", "many",
             "stray", "--memory.budget=1M", "--strict", "--seconds", "5"});
  EXPECT_FALSE(outcome.invocation);
  EXPECT_EQ(outcome.code, ExitCode::usage);
  EXPECT_EQ(
      mistakes(outcome),
      "command line: option '--strict' does not take any arguments\n"
      "command line: '--num.stream': not a known option (did you mean --num.streams?)\n"
      "command line: 'stray': options begin with '--'\n"
      "command line: --seconds: does not belong to this command\n"
      "command line: --include: is missing: which topics to mirror\n"
      "command line: --partitioning: 'best' is not one of auto, source, key\n"
      "command line: --num.streams: 'many' is not an integer\n"
      "command line: --memory.budget: '1M' must be between 16777216 and 1099511627776 bytes\n" +
          bad + ": bootstrap.servers is missing: write HOST:PORT,HOST:PORT\n" + bad +
          ": group.id is missing: it holds the positions on the source\n" + bad +
          ":1: session.timeout.ms: 'abc' is not an integer\n" + bad +
          ":2: malformed \\u escape: four hex digits must follow\n" + bad +
          ":3: acks: a property of Kafka's producer, not of its consumer\n" +
          folder_.path("none.properties") + ": can not be read: No such file or directory\n");
}

TEST_F(CommandLine, MistakesInFilesAloneAreConfiguration) {
  const auto bad = folder_.write("bad.properties", "bootstrap.servers=nowhere\n");
  const auto outcome =
      parse({"--consumer.config", consumer_, "--producer.config", bad, "--include", "a"});
  EXPECT_EQ(outcome.code, ExitCode::configuration);
  EXPECT_EQ(mistakes(outcome),
            bad + ":1: bootstrap.servers: 'nowhere': no port: write HOST:PORT\n");
  const auto folder = parse(
      {"--consumer.config", folder_.path("."), "--producer.config", producer_, "--include", "a"});
  EXPECT_EQ(folder.code, ExitCode::configuration);
  EXPECT_NE(mistakes(folder).find("it is a directory"), std::string::npos);
}

TEST_F(CommandLine, NothingGiven) {
  const auto outcome = parse({});
  EXPECT_EQ(outcome.code, ExitCode::usage);
  EXPECT_EQ(mistakes(outcome),
            "command line: --consumer.config: is missing: name the properties file\n"
            "command line: --producer.config: is missing: name the properties file\n"
            "command line: --include: is missing: which topics to mirror\n");
}

TEST_F(CommandLine, NoAbbreviationsNoRepeats) {
  EXPECT_EQ(parse_with({"--num", "2"}).code, ExitCode::usage);
  EXPECT_EQ(mistakes(parse_with({"--num.streams", "2", "--num.streams", "3"})),
            "command line: --num.streams: given twice\n");
  EXPECT_EQ(parse_with({"--num.streams"}).code, ExitCode::usage);
  EXPECT_EQ(parse_with({"--exclude="}).code, ExitCode::usage);
  EXPECT_EQ(parse_with({"--exclude", " "}).code, ExitCode::usage);
  EXPECT_EQ(parse_with({"--num.streams", "0"}).code, ExitCode::usage);
  EXPECT_EQ(parse_with({"-v"}).code, ExitCode::usage);
  EXPECT_EQ(flow_with({"--exclude", "--x"}).topics.exclude, "--x");
}

TEST_F(CommandLine, Listen) {
  const auto process = [&](const char* listen) {
    const auto outcome = parse_with({"--http.listen", listen});
    EXPECT_EQ(mistakes(outcome), "");
    return outcome.invocation ? outcome.invocation->settings.process : ProcessSettings{};
  };
  EXPECT_FALSE(process("off").http_enabled);
  EXPECT_EQ(process("0.0.0.0:80").http_address, "0.0.0.0");
  EXPECT_EQ(process("localhost:65535").http_port, 65535);
  for (const auto* wrong : {"9393", ":9393", "a:65536", "a:-1", "::1:80", "a:b", "on"}) {
    EXPECT_EQ(parse_with({"--http.listen", wrong}).code, ExitCode::usage) << wrong;
  }
}

TEST_F(CommandLine, Sizes) {
  const auto bytes = [&](const char* text) {
    const auto outcome = parse_with({"--memory.budget", text});
    return outcome.invocation ? outcome.invocation->settings.process.memory_budget_bytes : -1;
  };
  EXPECT_EQ(bytes("16777216"), 16 << 20);
  EXPECT_EQ(bytes("20000k"), 20000LL << 10);
  EXPECT_EQ(bytes("64M"), 64 << 20);
  for (const auto* wrong :
       {"16777215", "M", "64MB", "-64M", "9223372036854775807G", "1.5G", "2T"}) {
    EXPECT_EQ(bytes(wrong), -1) << wrong;
  }
}

TEST_F(CommandLine, Subcommands) {
  for (const auto& [name, command] :
       {std::pair("check", Command::check), {"plan", Command::plan}}) {
    auto args = with({"--json"});
    args.insert(args.begin(), name);
    const auto outcome = parse(args);
    ASSERT_TRUE(outcome.invocation) << mistakes(outcome);
    EXPECT_EQ(outcome.invocation->command, command);
    EXPECT_TRUE(outcome.invocation->json);
    EXPECT_EQ(outcome.invocation->settings.flows.size(), 1U);
  }
  const auto demo = parse({"demo", "--seconds", "7", "--http.listen", "127.0.0.1:0"});
  ASSERT_TRUE(demo.invocation) << mistakes(demo);
  EXPECT_EQ(demo.invocation->demo_seconds, 7);
  EXPECT_EQ(demo.invocation->settings.process.http_port, 0);
  EXPECT_TRUE(demo.invocation->settings.flows.empty());
  EXPECT_EQ(parse({"demo", "--seconds", "0"}).code, ExitCode::usage);
  EXPECT_EQ(parse({"demo", "--include", "a"}).code, ExitCode::usage);
  EXPECT_EQ(mistakes(parse({"rum"})), "command line: 'rum' is not a command (did you mean run?)\n");
  EXPECT_EQ(mistakes(parse({"run"})),
            "command line: --config: is missing: kferry run --config FILE\n");
  EXPECT_EQ(parse_with({"--json"}).code, ExitCode::usage);
  EXPECT_EQ(parse_with({"--explain"}).code, ExitCode::usage);
}

TEST_F(CommandLine, Explain) {
  auto args = with({"--explain", "--json"});
  args.insert(args.begin(), "check");
  const auto outcome = parse(args);
  ASSERT_TRUE(outcome.invocation) << mistakes(outcome);
  EXPECT_TRUE(outcome.invocation->explain);
  const auto& rows = outcome.invocation->settings.explanations;
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.front().flow, "mirror");
  EXPECT_EQ(rows.front().side, "source");
  EXPECT_EQ(rows.front().property, "bootstrap.servers");
  EXPECT_EQ(to_string(rows.front().origin), consumer_ + ":1");
  EXPECT_EQ(rows.back().side, "target");

  folder_.write("p.properties", "bootstrap.servers=t:2\nacks=0\n");
  const auto wrong = parse(args);
  EXPECT_FALSE(wrong.invocation);
  EXPECT_TRUE(wrong.explain_draft && wrong.draft_json);
  EXPECT_EQ(wrong.draft.explanations.size(), rows.size());
}

TEST_F(CommandLine, NoticesStandBesideMistakes) {
  folder_.write("p.properties", "bootstrap.server=t:2\n");
  const auto outcome = parse_with({});
  EXPECT_EQ(mistakes(outcome),
            producer_ + ": bootstrap.servers is missing: write HOST:PORT,HOST:PORT\n");
  const auto& notices = outcome.draft.notices;
  EXPECT_TRUE(std::any_of(notices.begin(), notices.end(), [&](const Notice& notice) {
    return to_string(notice).find(producer_ + ":1: ") == 0 &&
           notice.text.find("did you mean bootstrap.servers?") != std::string::npos;
  }));
}

TEST_F(CommandLine, JsonIsForThoseWhoTakeIt) {
  folder_.write("p.properties", "acks=all\n");
  auto args = with({"--json"});
  EXPECT_FALSE(parse(args).draft_json);
  for (const auto* const command : {"check", "plan"}) {
    args.insert(args.begin(), command);
    EXPECT_TRUE(parse(args).draft_json) << command;
    args.erase(args.begin());
  }
}

TEST_F(CommandLine, JaasFileThatNobodyNeeds) {
  EXPECT_TRUE(
      notes(parse_with({"--jaas", "/no/such.conf"}), "--jaas: not read, no client needs it"));
  EXPECT_EQ(parse({"run", "--config", "x.json", "--jaas", "y.conf"}).code, ExitCode::usage);
}

TEST_F(CommandLine, StrictCountsUnknownSecurityProperties) {
  folder_.write("p.properties", "bootstrap.servers=t:2\nssl.truststore.pasword=hunter2\n");
  EXPECT_EQ(mistakes(parse_with({"--strict"})),
            producer_ +
                ":2: 'ssl.truststore.pasword': not a known property of Kafka's producer "
                "(did you mean ssl.truststore.password?)\n");
  EXPECT_EQ(mistakes(parse_with({})), "");
}

TEST_F(CommandLine, HelpAndVersion) {
  for (const auto& args : std::vector<std::vector<std::string>>{
           {"--help"}, {"help"}, {"-h"}, {"plan", "--help"}, {"--num.streams", "x", "--help"}}) {
    const auto outcome = parse(args);
    ASSERT_TRUE(outcome.invocation);
    EXPECT_EQ(outcome.invocation->command, Command::help);
    EXPECT_EQ(outcome.code, ExitCode::ok);
    for (const auto name : option_names()) {
      EXPECT_NE(outcome.text.find("--" + std::string(name)), std::string::npos) << name;
    }
    std::size_t begin = 0;
    while (begin < outcome.text.size()) {
      const auto end = outcome.text.find('\n', begin);
      EXPECT_LE(end - begin, 100U) << outcome.text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
  for (const auto& args : std::vector<std::vector<std::string>>{{"--version"}, {"version"}}) {
    const auto outcome = parse(args);
    ASSERT_TRUE(outcome.invocation) << mistakes(outcome);
    EXPECT_EQ(outcome.invocation->command, Command::version);
  }
  const auto options = parse({"help", "options", "--markdown"});
  EXPECT_NE(options.text.find("| `--engine auto\\|passthrough\\|records` | `auto` |"),
            std::string::npos);
  const auto properties = parse({"help", "properties", "--markdown"});
  EXPECT_NE(properties.text.find("| `ssl.truststore.location` | string | translated | JKS"),
            std::string::npos);
  EXPECT_NE(properties.text.find("| `${env:NAME}` |"), std::string::npos);
  EXPECT_EQ(properties.text.find("not supported yet"), std::string::npos);
  EXPECT_NE(
      properties.text.find("| `fetch.max.wait.ms` | int | passed on | as fetch.wait.max.ms |"),
      std::string::npos);
}

TEST_F(CommandLine, HelpKnowsItsTopics) {
  EXPECT_EQ(parse({"help", "plan"}).code, ExitCode::ok) << "what is said of all commands";
  const auto unknown = parse({"help", "nonsense"});
  EXPECT_FALSE(unknown.invocation);
  EXPECT_EQ(unknown.code, ExitCode::usage);
  EXPECT_EQ(mistakes(unknown),
            "command line: 'nonsense' is no topic of help: write kferry help, kferry help options "
            "--markdown or kferry help properties --markdown\n");
}

TEST_F(CommandLine, VariablesOfKafkasScripts) {
  const Variables variables{{"KAFKA_HEAP_OPTS", "-Xmx1G"},
                            {"JMX_PORT", "9999"},
                            {"KAFKA_LOG4J_OPTS", "-Dlog4j.configuration=file:hunter2"},
                            {"KAFKA_JVM_PERFORMANCE_OPTS", ""},
                            {"KAFKA_OPTS", "-Djava.security.auth.login.config=/etc/jaas.conf"}};
  const auto outcome = parse(with({}), variables);
  EXPECT_TRUE(notes(outcome,
                    "environment: KAFKA_HEAP_OPTS means nothing here: there is no Java "
                    "heap; --memory.budget"));
  EXPECT_TRUE(notes(outcome, "JMX_PORT means nothing here"));
  EXPECT_TRUE(notes(outcome, "KAFKA_LOG4J_OPTS means nothing here"));
  EXPECT_FALSE(notes(outcome, "KAFKA_OPTS")) << "no client needs the JAAS file";
  EXPECT_FALSE(notes(outcome, "KAFKA_JVM_PERFORMANCE_OPTS"));
  EXPECT_FALSE(notes(outcome, "hunter2"));
  EXPECT_FALSE(notes(parse(with({})), "environment"));
}

TEST_F(CommandLine, TheProcessHasAnEnvironment) {
  EXPECT_EQ(process_environment()("KFERRY_THERE_IS_NO_SUCH_VARIABLE"), std::nullopt);
  EXPECT_TRUE(process_environment()("PATH"));
}

TEST_F(CommandLine, FilesWithTraps) {
  const auto marked = folder_.write("bom.properties",
                                    "\xEF\xBB\xBF"
                                    "bootstrap.servers=a:1\nx=1\nx=2\n");
  const auto outcome =
      parse({"--consumer.config", consumer_, "--producer.config", marked, "--include", "a"});
  EXPECT_EQ(mistakes(outcome),
            marked + ": bootstrap.servers is missing: write HOST:PORT,HOST:PORT\n");
  const auto twice = folder_.write("twice.properties", "bootstrap.servers=a:1\nacks=1\nacks=all\n");
  const auto fine =
      parse({"--consumer.config", consumer_, "--producer.config", twice, "--include", "a"});
  EXPECT_TRUE(notes(fine, twice + ":3: acks: given again, wins over line 2"));
}

}  // namespace
}  // namespace kferry::config
