#include "config/property_table.hpp"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <set>
#include <string>

#include "config/client_properties.hpp"

namespace kferry::config {
namespace {

constexpr Side k_source = Side::source;
constexpr Side k_target = Side::target;

TEST(PropertyTable, KnowsEveryPropertyOfTheJavaClients) {
  const auto expect_rule = [](Side side, std::string_view name, std::string_view type) {
    const auto* const rule = find_rule(side, name);
    ASSERT_NE(rule, nullptr) << name;
    EXPECT_EQ(to_string(rule->type), type) << name;
  };
  const Side source = k_source;
  const Side target = k_target;
#define PROPERTY(side, name, type) expect_rule(side, name, type);
#include "java_properties.inc"
#undef PROPERTY
}

TEST(PropertyTable, HasOneCompleteRuleForEachName) {
  for (const Side side : {k_source, k_target}) {
    std::set<std::string_view> names;
    for (const auto* rule : all_rules(side)) {
      EXPECT_TRUE(names.insert(rule->name).second) << rule->name << " has two rules";
      const bool has_function = rule->fate == Fate::translated && !rule->security;
      EXPECT_EQ(has_function, rule->translate != nullptr) << rule->name;
      EXPECT_EQ(rule->fate == Fate::passed, !rule->library.empty()) << rule->name;
      EXPECT_EQ(rule->fate == Fate::decided, !rule->ours.empty()) << rule->name;
      EXPECT_TRUE(rule->fate == Fate::passed || !rule->text.empty()) << rule->name;
      const bool is_security = rule->name.starts_with("ssl.") || rule->name.starts_with("sasl.");
      EXPECT_TRUE(!is_security || rule->security) << rule->name << " is judged alone";
    }
  }
}

struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
};

testing::AssertionResult library_takes(std::string_view name, const std::string& value) {
  const std::unique_ptr<rd_kafka_conf_t, DestroyConf> conf(rd_kafka_conf_new());
  std::array<char, 256> why{};
  if (rd_kafka_conf_set(conf.get(), std::string(name).c_str(), value.c_str(), why.data(),
                        why.size()) == RD_KAFKA_CONF_OK) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << name << "=" << value << ": " << why.data();
}

TEST(PropertyTable, LibraryTakesWhatIsPassedToIt) {
  int numbers = 0;
  for (const Side side : {k_source, k_target}) {
    for (const auto* rule : all_rules(side)) {
      if (rule->fate != Fate::passed) continue;
      if (rule->type == Type::string) {
        EXPECT_TRUE(library_takes(rule->library, "text"));
        continue;
      }
      EXPECT_TRUE(library_takes(rule->library, std::to_string(rule->library_limits.min)));
      EXPECT_TRUE(library_takes(rule->library, std::to_string(rule->library_limits.max)));
      ++numbers;
    }
  }
  EXPECT_GT(numbers, 10);
}

struct DestroyClient {
  void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
};

/// Makes a client of what the properties became; it has no servers, so it connects to nothing.
testing::AssertionResult library_starts(Side side, const WrittenProperties& written) {
  Findings findings;
  auto source = side == k_source ? read_source(written, findings) : SourceSettings{};
  auto properties =
      side == k_source ? std::move(source.library) : read_target(written, findings).library;
  if (source.fetch_bytes_max) {
    properties.push_back({"fetch.max.bytes", std::to_string(*source.fetch_bytes_max)});
  }
  properties.push_back({"log_level", "3"});
  for (const auto& mistake : findings.mistakes) {
    if (mistake.origin.line != 0) return testing::AssertionFailure() << mistake.text;
  }
  std::unique_ptr<rd_kafka_conf_t, DestroyConf> conf(rd_kafka_conf_new());
  std::array<char, 256> why{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      return testing::AssertionFailure() << name << "=" << value << ": " << why.data();
    }
  }
  const auto type = side == k_source ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  const std::unique_ptr<rd_kafka_t, DestroyClient> client(
      rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (!client) return testing::AssertionFailure() << why.data();
  static_cast<void>(conf.release());
  return testing::AssertionSuccess();
}

/// The widest values that Java allows, each alone.
TEST(PropertyTable, LibraryStartsWithExtremes) {
  // Java refuses these values in relation to others; the rest is independent.
  const std::set<std::string_view> related{"delivery.timeout.ms", "heartbeat.interval.ms"};
  int started = 0;
  for (const Side side : {k_source, k_target}) {
    for (const auto* rule : all_rules(side)) {
      const bool is_number = rule->type == Type::integer || rule->type == Type::long_integer;
      const bool reaches_library = rule->fate == Fate::translated || rule->fate == Fate::passed;
      if (!is_number || !reaches_library || related.contains(rule->name)) continue;
      const Limits type = rule->type == Type::integer ? Limits{INT32_MIN, INT32_MAX} : Limits{};
      for (const auto number :
           {std::max(type.min, rule->limits.min), std::min(type.max, rule->limits.max)}) {
        const auto text = std::to_string(number);
        EXPECT_TRUE(library_starts(side, {{"f", 0}, {{std::string(rule->name), text, {"f", 1}}}}))
            << rule->name << "=" << text;
        ++started;
      }
    }
  }
  EXPECT_GT(started, 40);
}

struct Typed {
  Side side;
  const char* name;
  const char* value;
  const char* mistake;  ///< empty: none
};

class Validation : public testing::TestWithParam<Typed> {};

TEST_P(Validation, SaysWhatIsWrong) {
  const auto& [side, name, text, mistake] = GetParam();
  const auto* const rule = find_rule(side, name);
  ASSERT_NE(rule, nullptr);
  Findings findings;
  const auto value = validate(*rule, name, text, {"conf/x.properties", 4}, findings);
  if (*mistake == '\0') {
    EXPECT_TRUE(value);
    EXPECT_TRUE(findings.mistakes.empty());
  } else {
    EXPECT_FALSE(value);
    ASSERT_EQ(findings.mistakes.size(), 1U);
    EXPECT_EQ(findings.mistakes[0].text, mistake);
    EXPECT_EQ(to_string(findings.mistakes[0].origin), "conf/x.properties:4");
  }
}

TEST(PropertyTable, SecretsAreKnownByTypeAndName) {
  int secrets = 0;
  for (const Side side : {k_source, k_target}) {
    for (const auto* rule : all_rules(side)) {
      if (rule->type != Type::password) continue;
      EXPECT_TRUE(is_secret(*rule)) << rule->name;
      ++secrets;
    }
  }
  EXPECT_EQ(secrets, 2 * 9);
  EXPECT_FALSE(is_secret(*find_rule(k_target, "key.serializer")));
  EXPECT_FALSE(is_secret(*find_rule(k_source, "ssl.keystore.location")));
  EXPECT_FALSE(is_secret(*find_rule(k_source, "group.id")));
}

TEST(PropertyTable, AWrongSecretIsNotRepeated) {
  Findings findings;
  const auto* const rule = find_rule(k_source, "max.poll.records");
  EXPECT_FALSE(validate(*rule, rule->name, "hunter2", {"f", 1}, findings, true));
  ASSERT_EQ(findings.mistakes.size(), 1U);
  EXPECT_EQ(findings.mistakes[0].text, "max.poll.records: not a valid int");
}

constexpr std::array k_typed{
    Typed{k_source, "session.timeout.ms", "abc", "session.timeout.ms: 'abc' is not an integer"},
    Typed{k_source, "session.timeout.ms", "", "session.timeout.ms: '' is not an integer"},
    Typed{k_source, "session.timeout.ms", "6000.0",
          "session.timeout.ms: '6000.0' is not an integer"},
    Typed{k_source, "session.timeout.ms", "6_000", "session.timeout.ms: '6_000' is not an integer"},
    Typed{k_source, "session.timeout.ms", " \t6000 ", ""},
    Typed{k_source, "session.timeout.ms", "+6000", ""},
    Typed{k_source, "session.timeout.ms", "+-6000",
          "session.timeout.ms: '+-6000' is not an integer"},
    Typed{k_source, "session.timeout.ms", "2147483648",
          "session.timeout.ms: '2147483648' must be between -2147483648 and 2147483647"},
    Typed{k_source, "max.poll.records", "0",
          "max.poll.records: '0' must be between 1 and 2147483647"},
    Typed{k_target, "max.block.ms", "9223372036854775807", ""},
    Typed{k_target, "max.block.ms", "9223372036854775808",
          "max.block.ms: '9223372036854775808' is not an integer"},
    Typed{k_target, "max.block.ms", "-1", "max.block.ms: '-1' must be at least 0"},
    Typed{k_source, "enable.auto.commit", "TRUE", ""},
    Typed{k_source, "enable.auto.commit", "yes",
          "enable.auto.commit: 'yes' is neither true nor false"},
    Typed{k_source, "isolation.level", "read_committed", ""},
    Typed{k_source, "isolation.level", "READ_COMMITTED",
          "isolation.level: 'READ_COMMITTED' is not one of read_committed, read_uncommitted"},
    Typed{k_target, "acks", "2", "acks: '2' is not one of all, -1, 0, 1"},
    Typed{k_target, "compression.type", "lzo",
          "compression.type: 'lzo' is not one of none, gzip, snappy, lz4, zstd"},
    Typed{k_target, "security.protocol", "plaintext", ""},
    Typed{k_target, "security.protocol", "TLS",
          "security.protocol: 'TLS' is not one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"},
    Typed{k_source, "sasl.login.refresh.window.factor", "0.8", ""},
    Typed{k_source, "sasl.login.refresh.window.factor", "much",
          "sasl.login.refresh.window.factor: 'much' is not a number"},
    Typed{k_source, "group.instance.id", " ", "group.instance.id: is empty"},
    Typed{k_source, "group.instance.id", "a", ""},
    Typed{k_target, "compression.gzip.level", "0", "compression.gzip.level: must not be 0"},
    Typed{k_target, "compression.gzip.level", "-1", ""},
    Typed{k_target, "partitioner.ignore.keys", "no",
          "partitioner.ignore.keys: 'no' is neither true nor false"},
};
INSTANTIATE_TEST_SUITE_P(Types, Validation, testing::ValuesIn(k_typed));

}  // namespace
}  // namespace kferry::config
