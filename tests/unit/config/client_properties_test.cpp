#include "config/client_properties.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "kferry/config/command_line.hpp"

namespace kferry::config {
namespace {

using List = std::initializer_list<std::pair<const char*, const char*>>;

WrittenProperties written(List list, List more = {}) {
  WrittenProperties properties{{"f.properties", 0}, {}};
  int line = 0;
  for (const auto& part : {list, more}) {
    for (const auto& [name, value] : part) {
      properties.entries.push_back({name, value, {"f.properties", ++line}});
    }
  }
  return properties;
}

/// What is needed stands in lines 1 and 2, the properties of the test follow.
struct Read {
  Findings findings;
  SourceSettings source;
  TargetSettings target;

  static Read consumer(List more) {
    Read read;
    read.source = read_source(written({{"bootstrap.servers", "a:1"}, {"group.id", "g"}}, more),
                              read.findings);
    return read;
  }
  static Read producer(List more) {
    Read read;
    read.target = read_target(written({{"bootstrap.servers", "a:1"}, {"client.id", "c"}}, more),
                              read.findings);
    return read;
  }
  std::string mistakes() const {
    std::string all;
    for (const auto& mistake : findings.mistakes) all += to_string(mistake) + "\n";
    return all;
  }
  std::string notices(std::optional<Notice::Level> level = {}) const {
    std::string all;
    for (const auto& notice : findings.notices) {
      if (!level || *level == notice.level) all += to_string(notice) + "\n";
    }
    return all;
  }
  bool says(std::string_view text) const {
    return (mistakes() + notices()).find(text) != std::string::npos;
  }
};

std::optional<std::string> library(const std::vector<LibraryProperty>& properties,
                                   std::string_view name) {
  const auto at = std::find_if(properties.begin(), properties.end(),
                               [&](const auto& property) { return property.name == name; });
  return at == properties.end() ? std::nullopt : std::optional(at->value);
}

TEST(ClientProperties, TheGuidesFilesJustWork) {
  const auto source = Read::consumer(
      {{"partition.assignment.strategy", "org.apache.kafka.clients.consumer.RoundRobinAssignor"}});
  EXPECT_EQ(source.mistakes(), "");
  EXPECT_EQ(source.source.bootstrap_servers, "a:1");
  EXPECT_EQ(source.source.group_id, "g");
  EXPECT_EQ(source.source.assignor, "roundrobin");
  EXPECT_EQ(library(source.source.library, "session.timeout.ms"), "10000");

  const auto target = Read::producer({{"compression.type", "none"}});
  EXPECT_EQ(target.mistakes(), "");
  EXPECT_EQ(target.notices(), "");
  EXPECT_EQ(target.target.compression, "none");
  EXPECT_EQ(library(target.target.library, "compression.type"), "none");
}

TEST(ClientProperties, DeviationsFromJavaAreSaid) {
  const auto read = Read::consumer({});
  EXPECT_EQ(read.source.offset_reset, OffsetReset::earliest);
  EXPECT_TRUE(read.source.read_committed);
  EXPECT_TRUE(read.source.exclude_internal_topics);
  const auto warnings = read.notices(Notice::Level::warning);
  EXPECT_NE(warnings.find("f.properties: auto.offset.reset is not set"), std::string::npos);
  EXPECT_NE(warnings.find("auto.offset.reset=latest"), std::string::npos);
  EXPECT_TRUE(read.says("isolation.level is not set: read_committed is used"));

  const auto said =
      Read::consumer({{"auto.offset.reset", "earliest"}, {"isolation.level", "read_uncommitted"}});
  EXPECT_EQ(said.notices(), "");
  EXPECT_FALSE(said.source.read_committed);
}

TEST(ClientProperties, OffsetReset) {
  EXPECT_EQ(Read::consumer({{"auto.offset.reset", "latest"}}).source.offset_reset,
            OffsetReset::latest);
  EXPECT_EQ(Read::consumer({{"auto.offset.reset", " none "}}).source.offset_reset,
            OffsetReset::none);
  EXPECT_EQ(Read::consumer({{"auto.offset.reset", "smallest"}}).mistakes(),
            "f.properties:3: auto.offset.reset: 'smallest' is not one of earliest, latest, none\n");
  EXPECT_TRUE(Read::consumer({{"auto.offset.reset", "by_duration:PT1H"}}).says("not supported"));
}

TEST(ClientProperties, WhatIsMissing) {
  Findings findings;
  read_source(written({}), findings);
  ASSERT_EQ(findings.mistakes.size(), 2U);
  EXPECT_EQ(to_string(findings.mistakes[0]),
            "f.properties: bootstrap.servers is missing: write HOST:PORT,HOST:PORT");
  EXPECT_EQ(to_string(findings.mistakes[1]),
            "f.properties: group.id is missing: it holds the positions on the source");
  findings = {};
  read_target(written({}), findings);
  EXPECT_EQ(findings.mistakes.size(), 1U);
  findings = {};
  read_source(written({{"bootstrap.servers", "a:1"}, {"group.id", "  "}}), findings);
  ASSERT_EQ(findings.mistakes.size(), 1U);
  EXPECT_EQ(findings.mistakes[0].origin.line, 2);
}

TEST(ClientProperties, BootstrapServers) {
  const auto servers = [](const char* text) {
    return Read::producer({{"bootstrap.servers", text}});
  };
  const auto good = servers(" h-1.x_y:9092 , PLAINTEXT://10.0.0.1:9093,,[2001:db8::1]:9094 ");
  EXPECT_EQ(good.mistakes(), "");
  EXPECT_EQ(good.target.bootstrap_servers, "h-1.x_y:9092,10.0.0.1:9093,[2001:db8::1]:9094");
  for (const auto* text : {"host", "host:", "host:0", "host:65536", "host:port", ":9092", "a b:1",
                           "::1:9092", "[::1]", "[::1]9092", "[::1:9092", "[]:1", "", " , "}) {
    EXPECT_EQ(servers(text).findings.mistakes.size(), 1U) << text;
  }
}

TEST(ClientProperties, Assignors) {
  const std::string package = "org.apache.kafka.clients.consumer.";
  const auto assignor = [&](const std::string& text) {
    return Read::consumer({{"partition.assignment.strategy", text.c_str()}});
  };
  EXPECT_EQ(assignor(package + "RangeAssignor").source.assignor, "range");
  EXPECT_TRUE(assignor(package + "CooperativeStickyAssignor").says("can skip records"));
  EXPECT_EQ(assignor(package + "RoundRobinAssignor," + package + "RangeAssignor").source.assignor,
            "roundrobin,range");
  const auto both = assignor(package + "RangeAssignor, " + package + "CooperativeStickyAssignor");
  EXPECT_EQ(both.source.assignor, "range");
  EXPECT_TRUE(both.says("eager and cooperative"));
  const auto sticky = assignor(package + "StickyAssignor");
  EXPECT_TRUE(sticky.says("is not available: use RangeAssignor or RoundRobinAssignor of"));
  EXPECT_FALSE(sticky.says("CooperativeStickyAssignor")) << "refused when it stands alone";
  EXPECT_TRUE(assignor("com.example.Mine").says("'com.example.Mine' is not available"));
  EXPECT_EQ(assignor("").findings.mistakes.size(), 1U);
}

TEST(ClientProperties, TranslationsOfTheConsumer) {
  const auto read = Read::consumer({{"client.id", "quota-1"},
                                    {"fetch.max.wait.ms", "700"},
                                    {"metadata.max.age.ms", "60000"},
                                    {"request.timeout.ms", "400000"},
                                    {"receive.buffer.bytes", "-1"},
                                    {"send.buffer.bytes", "4096"},
                                    {"connections.max.idle.ms", "-1"},
                                    {"fetch.max.bytes", "2000000"},
                                    {"fetch.min.bytes", "0"},
                                    {"retry.backoff.ms", "250"},
                                    {"exclude.internal.topics", "false"}});
  EXPECT_EQ(read.mistakes(), "");
  EXPECT_EQ(read.source.client_id, "quota-1");
  EXPECT_EQ(read.source.fetch_bytes_max, 2'000'000);
  EXPECT_FALSE(read.source.exclude_internal_topics);
  const auto& all = read.source.library;
  EXPECT_EQ(library(all, "fetch.wait.max.ms"), "700");
  EXPECT_EQ(library(all, "topic.metadata.refresh.interval.ms"), "60000");
  EXPECT_EQ(library(all, "metadata.max.age.ms"), "180000");
  EXPECT_EQ(library(all, "socket.timeout.ms"), "300000");
  EXPECT_EQ(library(all, "request.timeout.ms"), std::nullopt);
  EXPECT_EQ(library(all, "socket.receive.buffer.bytes"), "0");
  EXPECT_EQ(library(all, "socket.send.buffer.bytes"), "4096");
  EXPECT_EQ(library(all, "connections.max.idle.ms"), "0");
  EXPECT_EQ(library(all, "fetch.error.backoff.ms"), "250");
  EXPECT_EQ(library(all, "fetch.min.bytes"), "1");
  EXPECT_TRUE(read.says("f.properties:11: fetch.min.bytes: 1 is used"));
}

TEST(ClientProperties, GroupTimeoutsFitEachOther) {
  EXPECT_EQ(Read::consumer({{"session.timeout.ms", "3000"}, {"heartbeat.interval.ms", "3000"}})
                .findings.mistakes.size(),
            1U);
  const auto long_heartbeat = Read::consumer({{"heartbeat.interval.ms", "15000"}});
  EXPECT_EQ(long_heartbeat.mistakes(), "");
  EXPECT_EQ(library(long_heartbeat.source.library, "session.timeout.ms"), "45000");
  const auto long_session = Read::consumer({{"session.timeout.ms", "600000"}});
  EXPECT_EQ(library(long_session.source.library, "max.poll.interval.ms"), "600000");
  const auto backoff =
      Read::consumer({{"reconnect.backoff.ms", "500"}, {"reconnect.backoff.max.ms", "100"}});
  EXPECT_EQ(library(backoff.source.library, "reconnect.backoff.max.ms"), "500");
  EXPECT_TRUE(backoff.says("not below reconnect.backoff.ms"));
  const auto first_only = Read::producer({{"reconnect.backoff.ms", "5000"}});
  EXPECT_EQ(library(first_only.target.library, "reconnect.backoff.max.ms"), "5000");
  const auto max_only = Read::producer({{"reconnect.backoff.max.ms", "20"}});
  EXPECT_EQ(library(max_only.target.library, "reconnect.backoff.ms"), "20");
  EXPECT_EQ(library(max_only.target.library, "reconnect.backoff.max.ms"), "20");
}

TEST(ClientProperties, WhatKferryDecides) {
  EXPECT_EQ(Read::consumer({{"enable.auto.commit", "false"}, {"check.crcs", "true"}})
                .findings.notices.size(),
            2U)
      << "only the two about unset properties";
  const auto read = Read::consumer({{"enable.auto.commit", "true"},
                                    {"check.crcs", "false"},
                                    {"max.poll.records", "100"},
                                    {"auto.commit.interval.ms", "1000"}});
  EXPECT_TRUE(read.says("f.properties:3: enable.auto.commit: false is used: kferry commits"));
  EXPECT_TRUE(read.says("check.crcs: true is used"));
  EXPECT_TRUE(read.says("max.poll.records: ignored: "));
  EXPECT_TRUE(read.says("auto.commit.interval.ms: ignored: "));
  EXPECT_EQ(library(read.source.library, "enable.auto.commit"), std::nullopt);
}

TEST(ClientProperties, JavaClasses) {
  const auto harmless = Read::consumer(
      {{"key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"},
       {"value.deserializer", "org.apache.kafka.common.serialization.BytesDeserializer"},
       {"interceptor.classes", " "}});
  EXPECT_EQ(harmless.mistakes(), "");
  EXPECT_TRUE(harmless.says("key.deserializer: not needed"));
  EXPECT_EQ(Read::consumer({{"value.deserializer", "com.example.Avro"},
                            {"interceptor.classes", "com.example.Audit"}})
                .findings.mistakes.size(),
            2U);
  EXPECT_EQ(Read::producer({{"partitioner.class", "com.example.P"},
                            {"key.serializer", "com.example.S"},
                            {"value.serializer", "com.example.StringSerializer"},
                            {"transactional.id", "t"}})
                .findings.mistakes.size(),
            4U);
  EXPECT_EQ(Read::producer(
                {{"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"}})
                .findings.mistakes.size(),
            1U);
  EXPECT_EQ(Read::producer({{"partitioner.class",
                             "org.apache.kafka.clients.producer.internals.DefaultPartitioner"},
                            {"transactional.id", ""}})
                .mistakes(),
            "");
}

TEST(ClientProperties, TranslationsOfTheProducer) {
  const auto read = Read::producer({{"acks", "-1"},
                                    {"enable.idempotence", "true"},
                                    {"max.in.flight.requests.per.connection", "3"},
                                    {"max.request.size", "5000000"},
                                    {"compression.type", "zstd"},
                                    {"compression.zstd.level", "22"},
                                    {"compression.gzip.level", "3"},
                                    {"linger.ms", "20"},
                                    {"batch.size", "0"},
                                    {"delivery.timeout.ms", "2147483647"},
                                    {"retries", "2147483647"},
                                    {"request.timeout.ms", "15000"}});
  EXPECT_EQ(read.mistakes(), "");
  EXPECT_EQ(read.notices(Notice::Level::warning), "");
  EXPECT_EQ(read.target.idempotence, true);
  EXPECT_EQ(read.target.in_flight_max, 3);
  EXPECT_EQ(read.target.record_bytes_max, 5'000'000);
  EXPECT_EQ(read.target.compression, "zstd");
  const auto& all = read.target.library;
  EXPECT_EQ(library(all, "acks"), "all");
  EXPECT_EQ(library(all, "compression.type"), "zstd");
  EXPECT_EQ(library(all, "compression.level"), "12");
  EXPECT_EQ(library(all, "linger.ms"), "20");
  EXPECT_EQ(library(all, "batch.size"), "1");
  EXPECT_EQ(library(all, "message.timeout.ms"), std::nullopt);
  EXPECT_EQ(library(all, "retries"), std::nullopt);
  EXPECT_EQ(library(all, "request.timeout.ms"), "15000");
  EXPECT_EQ(library(all, "socket.timeout.ms"), "15000");
}

TEST(ClientProperties, UnsetPropertiesStayUnset) {
  const auto read = Read::producer({});
  EXPECT_TRUE(read.target.library.empty());
  EXPECT_EQ(read.target.idempotence, std::nullopt);
  EXPECT_EQ(read.target.in_flight_max, std::nullopt);
  EXPECT_EQ(read.target.record_bytes_max, std::nullopt);
}

TEST(ClientProperties, AcknowledgementsAndIdempotence) {
  EXPECT_TRUE(Read::producer({{"acks", "0"}}).says("f.properties:3: acks: without acknowledge"));
  const auto one = Read::producer({{"acks", "1"}});
  EXPECT_EQ(one.mistakes(), "");
  EXPECT_EQ(library(one.target.library, "acks"), "1");
  EXPECT_EQ(one.target.idempotence, false);
  EXPECT_NE(one.notices(Notice::Level::warning).find("may be lost"), std::string::npos);
  EXPECT_TRUE(Read::producer({{"acks", "1"}, {"enable.idempotence", "true"}})
                  .says("acks: enable.idempotence=true needs acks=all"));
  EXPECT_TRUE(Read::producer({{"retries", "0"}, {"enable.idempotence", "true"}})
                  .says("retries: enable.idempotence=true needs retries above 0"));
  EXPECT_EQ(Read::producer({{"retries", "0"}}).target.idempotence, false);
  const auto many = Read::producer({{"max.in.flight.requests.per.connection", "100"}});
  EXPECT_EQ(many.target.in_flight_max, 5);
  EXPECT_TRUE(many.says("5 is used"));
}

TEST(ClientProperties, DeliveryTimeout) {
  const auto bounded = Read::producer({{"delivery.timeout.ms", "120000"}});
  EXPECT_EQ(library(bounded.target.library, "message.timeout.ms"), std::nullopt);
  EXPECT_NE(bounded.notices(Notice::Level::warning).find("as long as it takes"), std::string::npos);
  EXPECT_TRUE(Read::producer({{"delivery.timeout.ms", "20000"}})
                  .says("20000 must be at least linger.ms + request.timeout.ms, which is 30000"));
}

TEST(ClientProperties, UnknownNames) {
  const List unknown{{"sesion.timeout.ms", "1"}, {"my.own", "2"}, {"acks", "all"}};
  const auto read = Read::consumer(unknown);
  EXPECT_EQ(read.mistakes(), "");
  EXPECT_TRUE(
      read.says("f.properties:3: 'sesion.timeout.ms': not a known property of Kafka's "
                "consumer (did you mean session.timeout.ms?); ignored"));
  EXPECT_TRUE(
      read.says("f.properties:4: 'my.own': not a known property of Kafka's consumer; ignored"));
  EXPECT_TRUE(
      read.says("f.properties:5: acks: a property of Kafka's producer, not of its consumer"));

  Findings strict;
  strict.strict = true;
  read_source(written({{"bootstrap.servers", "a:1"}, {"group.id", "g"}}, unknown), strict);
  EXPECT_EQ(strict.mistakes.size(), 3U);
}

TEST(ClientProperties, OldNamesAreExplained) {
  const auto read = Read::consumer({{"zookeeper.connect", "zk:2181"}});
  EXPECT_TRUE(read.says("zookeeper.connect: ignored: ZooKeeper is not used"));
}

TEST(ClientProperties, LinesThatLostTheirBackslashAreNotPrinted) {
  const auto read = Read::consumer(
      {{"hunter2", ""}, {"\"hunter2\";", "x"}, {"autoo.offset.reset", ""}, {"my.flag", "hunter2"}});
  EXPECT_FALSE(read.says("hunter2"));
  EXPECT_TRUE(
      read.says("f.properties:3: a line: not a property of Kafka's consumer; does the line "
                "before lack its backslash?; ignored"));
  EXPECT_TRUE(read.says("f.properties:4: a line"));
  EXPECT_TRUE(read.says("'autoo.offset.reset': not a known"));
  EXPECT_TRUE(read.says("'my.flag': not a known"));
}

TEST(ClientProperties, LibraryPrefix) {
  const auto read = Read::consumer(
      {{"librdkafka.socket.keepalive.enable", " true "}, {"librdkafka.debug", "cgrp,fetch"}});
  EXPECT_EQ(read.mistakes(), "");
  EXPECT_EQ(library(read.source.library, "socket.keepalive.enable"), "true");
  EXPECT_EQ(library(read.source.library, "debug"), "cgrp,fetch");
  for (const auto* name :
       {"plugin.library.paths", "ssl.engine.location", "sasl.kerberos.kinit.cmd", "group.id",
        "enable.auto.commit", "enable.auto.offset.store", "partitioner", "acks",
        "queue.buffering.max.messages", "sasl.password", "ssl.key.pem", "error_cb", "max.in.flight",
        "ssl.ca.location", "sasl.username", "sasl.mechanisms",
        "enable.ssl.certificate.verification", "ssl_engine_callback_data", "enable_sasl_queue"}) {
    const auto full = std::string("librdkafka.") + name;
    const auto denied = Read::producer({{full.c_str(), "hunter2"}});
    EXPECT_EQ(denied.findings.mistakes.size(), 1U) << name;
    EXPECT_EQ(Read::consumer({{full.c_str(), "hunter2"}}).findings.mistakes.size(), 1U) << name;
    EXPECT_FALSE(denied.says("hunter2")) << name;
  }
  for (const auto* contexts : {"all", "cgrp, security", "conf", "ALL"}) {
    EXPECT_EQ(Read::consumer({{"librdkafka.debug", contexts}}).findings.mistakes.size(), 1U);
  }
  EXPECT_TRUE(Read::consumer({{"librdkafka.ssl.ca.location", "x"}})
                  .says("not allowed: write ssl.truststore.location"));
  EXPECT_TRUE(Read::consumer({{"librdkafka.sasl.password", "x"}})
                  .says("not allowed: write sasl.jaas.config, or name a JAAS file with --jaas"));
  EXPECT_TRUE(Read::consumer({{"librdkafka.ssl.key.password", "x"}})
                  .says("write ssl.key.password without 'librdkafka.'"));
}

TEST(ClientProperties, LaterEntriesWin) {
  const auto read = Read::consumer({{"group.id", "second"}, {"client.id", "x"}, {"client.id", ""}});
  EXPECT_EQ(read.source.group_id, "second");
  EXPECT_EQ(read.source.client_id, std::nullopt);
  EXPECT_EQ(Read::consumer({{"client.id", std::string(65, 'c').c_str()}}).findings.mistakes.size(),
            1U);
}

}  // namespace
}  // namespace kferry::config
