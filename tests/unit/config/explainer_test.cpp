#include "config/explainer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "config/property_table.hpp"
#include "unit/config/reading.hpp"

namespace kferry::config {
namespace {

TEST(Explainer, EveryFate) {
  const Reading reading({{"linger.ms", "900001"},
                         {"request.timeout.ms", "15000"},
                         {"acks", "0"},
                         {"buffer.memory", "1"},
                         {"batch.size", "many"},
                         {"reconnect.backoff.ms", "7"},
                         {"delivery.timeout.ms", "1000000"},
                         {"max.in.flight.requests.per.connection", "9"},
                         {"my.own", "x"},
                         {"librdkafka.socket.keepalive.enable", "true"},
                         {"transactional.id", ""}});
  const auto expect = [&](std::string_view name, std::string_view fate, std::string_view became,
                          std::string_view why) {
    const auto& row = reading.row(name);
    EXPECT_EQ(row.side, "target");
    EXPECT_EQ(row.fate, fate) << name;
    EXPECT_EQ(row.became, became) << name;
    EXPECT_NE(row.why.find(why), std::string::npos) << name << ": " << row.why;
  };
  expect("linger.ms", "passed on", "linger.ms=900000", "900000 is used, the nearest value");
  expect("request.timeout.ms", "translated", "socket.timeout.ms=15000, request.timeout.ms=15000",
         "socket.timeout.ms");
  expect("acks", "refused", "", "without acknowledgements nobody knows");
  expect("buffer.memory", "ignored", "", "--memory.budget");
  expect("batch.size", "refused", "", "not a valid int");
  expect("reconnect.backoff.ms", "translated", "reconnect.backoff.ms=7", "honoured");
  expect("delivery.timeout.ms", "translated", "no limit", "as long as it takes");
  expect("max.in.flight.requests.per.connection", "translated",
         "max.in.flight.requests.per.connection=5", "5 is used");
  expect("my.own", "ignored", "", "not a known property");
  expect("librdkafka.socket.keepalive.enable", "passed on", "socket.keepalive.enable=true", "");
  expect("transactional.id", "ignored", "", "");
  expect("enable.idempotence", "decided by kferry", "true where the target supports it", "");
  EXPECT_EQ(reading.row("my.own").value, "[hidden]") << "nobody knows what it holds";
  EXPECT_EQ(reading.row("linger.ms").value, "900001");
  EXPECT_TRUE(reading.row("enable.idempotence").decided_alone);
  EXPECT_EQ(reading.row("acks").origin.line, 4);
}

TEST(Explainer, RowsStandAsTheyWereWritten) {
  const Reading reading({{"zzz", "1"}, {"acks", "1"}, {"librdkafka.debug", "cgrp"}});
  const auto& rows = reading.findings.explanations;
  ASSERT_GE(rows.size(), 5U);
  EXPECT_EQ(rows[0].property, "bootstrap.servers");
  EXPECT_EQ(rows[1].property, "zzz");
  EXPECT_EQ(rows[2].property, "acks");
  EXPECT_EQ(rows[3].property, "librdkafka.debug");
  EXPECT_TRUE(rows[4].decided_alone);
  EXPECT_EQ(reading.row("enable.idempotence").became, "false") << "acks=1 rules it out";
}

TEST(Explainer, WhatOthersChangeLater) {
  Findings findings;
  WrittenProperties written{{"f", 0},
                            {{"bootstrap.servers", "a:1", {"f", 1}},
                             {"group.id", "g", {"f", 2}},
                             {"max.poll.interval.ms", "1000", {"f", 3}},
                             {"heartbeat.interval.ms", "15000", {"f", 4}}}};
  read_source(written, findings);
  bool found = false;
  for (const auto& row : findings.explanations) {
    if (row.property == "max.poll.interval.ms") {
      found = true;
      EXPECT_EQ(row.became, "max.poll.interval.ms=45000");
    }
    if (row.property == "session.timeout.ms") {
      EXPECT_EQ(row.became, "session.timeout.ms=45000");
    }
  }
  EXPECT_TRUE(found);
}

TEST(Explainer, LongValuesAreCutAndControlCharactersShown) {
  const Reading reading({{"client.id", std::string(61, 'x')}, {"compression.type", "a\nb"}});
  EXPECT_EQ(reading.row("client.id").value, std::string(60, 'x') + "...");
  EXPECT_EQ(reading.row("compression.type").value, "a\\x0ab");
}

TEST(Explainer, NoPropertyOfTheTableShowsASecret) {
  for (const auto* rule : all_rules(Side::target)) {
    if (!is_secret(*rule)) continue;
    const Reading reading(
        {{std::string(rule->name), "hunter2"}, {"security.protocol", "SASL_SSL"}});
    EXPECT_FALSE(reading.says("hunter2")) << rule->name;
  }
}

}  // namespace
}  // namespace kferry::config
