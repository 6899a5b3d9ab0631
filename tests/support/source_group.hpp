#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kferry/kafka/cluster.hpp"
#include "kferry/kafka/group_member.hpp"
#include "kferry/kafka/mock_cluster.hpp"
#include "kferry/kafka/plain_client.hpp"

namespace kferry::test {

inline constexpr Milliseconds k_group_patience{30'000};

/// Does nothing about what a member tells, but remembers it.
struct RememberingListener : kafka::GroupListener {
  std::vector<std::optional<Offset>> on_assign(
      const std::vector<TopicPartition>& partitions) override {
    ++assignments;
    assigned = partitions;
    return std::vector<std::optional<Offset>>(partitions.size(), start);
  }
  void on_revoke(const std::vector<TopicPartition>& partitions, bool lost) override {
    ++revocations;
    revoked = partitions;
    last_was_lost = lost;
  }
  void on_committed(const std::vector<kafka::CommitOutcome>& outcomes) override {
    committed.insert(committed.end(), outcomes.begin(), outcomes.end());
  }
  void on_error(kafka::ErrorCode code, const std::string& text,
                const std::optional<TopicPartition>&) override {
    errors.emplace_back(code, text);
  }

  std::optional<Offset> start = Offset(0);
  int assignments = 0;
  int revocations = 0;
  bool last_was_lost = false;
  std::vector<TopicPartition> assigned;
  std::vector<TopicPartition> revoked;
  std::vector<kafka::CommitOutcome> committed;
  std::vector<std::pair<kafka::ErrorCode, std::string>> errors;
};

/// An embedded source cluster and what a group does with it.
class SourceGroup {
 public:
  void make(const std::vector<std::pair<std::string, int>>& topics) {
    auto made = kafka::MockCluster::make(1);
    ASSERT_TRUE(made);
    mock = std::move(*made);
    for (const auto& [topic, partitions] : topics) {
      ASSERT_TRUE(mock->create_topic(topic, partitions));
    }
    auto client = kafka::make_query_client(config(), context_);
    ASSERT_TRUE(client);
    query_ = std::move(*client);
  }

  kafka::ClientConfig config() const {
    return {{"bootstrap.servers", mock->bootstrap_servers()},
            {"group.id", "g"},
            {"session.timeout.ms", "4000"},
            {"fetch.wait.max.ms", "20"},
            {"heartbeat.interval.ms", "100"},
            {"reconnect.backoff.ms", "20"}};
  }
  kafka::Cluster cluster() const { return {query_.get(), kafka::Side::source}; }

  /// Numbered records: value "0", "1" ... of this call, the number as timestamp in seconds.
  void fill(const TopicPartition& tp, int count) const {
    const auto producer =
        kafka::PlainProducer::make({{"bootstrap.servers", mock->bootstrap_servers()}});
    ASSERT_TRUE(producer);
    for (int i = 0; i < count; ++i) {
      kafka::PlainRecord record;
      record.partition = tp.partition;
      record.timestamp_ms = 1'000 * (i + 1);
      record.key = "key";
      record.value = std::to_string(i);
      record.headers = {{"number", std::to_string(i)}};
      ASSERT_TRUE((*producer)->send(tp.topic, record));
    }
    ASSERT_TRUE((*producer)->flush(k_group_patience));
  }

  /// By a client of its own, as Kafka's tools do it.
  void commit(const TopicPartition& tp, Offset offset) const {
    RememberingListener listener;
    auto member = kafka::GroupMember::create(config(), "test", listener);
    ASSERT_TRUE(member);
    const std::vector<kafka::CommitMark> marks{{tp, offset}};
    (*member)->commit(marks);
    ASSERT_TRUE((*member)->await_commits(k_group_patience));
    ASSERT_EQ(listener.committed.size(), 1U);
    ASSERT_EQ(listener.committed[0].error, 0);
    ASSERT_TRUE((*member)->close(k_group_patience));
  }

  std::unique_ptr<kafka::MockCluster> mock;

 private:
  kafka::LogContext context_{kafka::Side::source, "test"};
  kafka::Client query_;
};

/// Serves the member until the condition holds. False when it never does.
inline bool serve_until(kafka::GroupMember& member, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + k_group_patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    member.poll(Milliseconds(10));
  }
  return true;
}

}  // namespace kferry::test
