#include "kferry/kafka/group_member.hpp"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "support/source_group.hpp"

namespace kferry::kafka {
namespace {

using test::k_group_patience;
using test::RememberingListener;
using test::serve_until;
using test::SourceGroup;

class GroupMemberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(group.make({{"t", 2}}));
    auto made = GroupMember::create(group.config(), "test", listener);
    ASSERT_TRUE(made) << made.error().text;
    member = std::move(*made);
  }
  void join() {
    const std::vector<std::string> topics{"t"};
    ASSERT_TRUE(member->subscribe(topics));
    ASSERT_TRUE(serve_until(*member, [&] { return listener.assignments > 0; }));
  }
  std::vector<CommitMark> marks(std::int64_t first, std::int64_t second) const {
    return {{both[0], Offset(first)}, {both[1], Offset(second)}};
  }
  std::int64_t committed(const TopicPartition& tp) {
    const std::vector<TopicPartition> asked{tp};
    const auto found = group.cluster().committed(asked, k_group_patience);
    return found && found->front().offset ? found->front().offset->value() : -1;
  }
  /// What the partition's own queue has, as its reader would take it.
  std::vector<std::int64_t> read(const TopicPartition& tp, std::size_t count) {
    const Queue queue(
        rd_kafka_queue_get_partition(member->client(), tp.topic.c_str(), tp.partition.value()));
    std::vector<std::int64_t> offsets;
    const auto deadline = std::chrono::steady_clock::now() + k_group_patience;
    while (offsets.size() < count && std::chrono::steady_clock::now() < deadline) {
      rd_kafka_message_t* message = rd_kafka_consume_queue(queue.get(), 10);
      member->poll(Milliseconds(0));
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) offsets.push_back(message->offset);
      rd_kafka_message_destroy(message);
    }
    return offsets;
  }
  void detach(const TopicPartition& tp) {
    const Queue queue(
        rd_kafka_queue_get_partition(member->client(), tp.topic.c_str(), tp.partition.value()));
    rd_kafka_queue_forward(queue.get(), nullptr);
  }

  const std::vector<TopicPartition> both{{"t", Partition(0)}, {"t", Partition(1)}};
  SourceGroup group;
  RememberingListener listener;
  std::unique_ptr<GroupMember> member;
};

TEST_F(GroupMemberTest, GetsItsPartitionsAndGivesThemBack) {
  ASSERT_NO_FATAL_FAILURE(join());
  EXPECT_EQ(listener.assigned, both);
  EXPECT_FALSE(member->cooperative());
  EXPECT_TRUE(member->close(k_group_patience));
  EXPECT_EQ(listener.revocations, 1);
  EXPECT_EQ(listener.revoked, both);
  EXPECT_FALSE(listener.last_was_lost);
}

TEST_F(GroupMemberTest, ReportsTheOutcomeOfEveryCommit) {
  ASSERT_NO_FATAL_FAILURE(join());
  member->commit(marks(3, 4));
  ASSERT_TRUE(member->await_commits(k_group_patience));
  ASSERT_EQ(listener.committed.size(), 2U);
  for (const auto& outcome : listener.committed) {
    EXPECT_EQ(outcome.error, 0);
    EXPECT_EQ(outcome.next_offset, Offset(outcome.tp == both[0] ? 3 : 4));
  }
  EXPECT_EQ(committed(both[0]), 3);
  EXPECT_EQ(committed(both[1]), 4);
  EXPECT_TRUE(member->await_commits(Milliseconds(0)));
}

TEST_F(GroupMemberTest, ReportsAFailedCommitAndCommitsAgain) {
  ASSERT_NO_FATAL_FAILURE(join());
  const std::vector<ErrorCode> errors{RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED};
  group.mock->push_errors(ApiKey::offset_commit, errors);
  member->commit(marks(3, 4));
  ASSERT_TRUE(member->await_commits(k_group_patience));
  ASSERT_EQ(listener.committed.size(), 2U);
  for (const auto& outcome : listener.committed) {
    EXPECT_EQ(outcome.error, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  }
  member->commit(marks(5, 6));
  ASSERT_TRUE(member->await_commits(k_group_patience));
  EXPECT_EQ(committed(both[0]), 5);
  EXPECT_EQ(committed(both[1]), 6);
}

TEST_F(GroupMemberTest, CommitsManyPartitionsInPieces) {
  ASSERT_NO_FATAL_FAILURE(join());
  std::vector<CommitMark> many;
  const auto count = static_cast<std::int32_t>(GroupMember::k_commit_partitions_max) + 500;
  for (std::int32_t p = 0; p < count; ++p) many.push_back({{"t", Partition(p)}, Offset(1)});
  member->commit(many);
  ASSERT_TRUE(member->await_commits(k_group_patience));
  EXPECT_EQ(listener.committed.size(), many.size());
  EXPECT_EQ(committed(both[0]), 1);
}

TEST_F(GroupMemberTest, ReadsFromWhereTheListenerSays) {
  ASSERT_NO_FATAL_FAILURE(group.fill(both[0], 10));
  for (const auto& tp : both) detach(tp);
  listener.start = Offset(4);
  ASSERT_NO_FATAL_FAILURE(join());
  EXPECT_EQ(read(both[0], 6), (std::vector<std::int64_t>{4, 5, 6, 7, 8, 9}));
}

TEST_F(GroupMemberTest, ReadsAgainAfterASeek) {
  ASSERT_NO_FATAL_FAILURE(group.fill(both[0], 6));
  for (const auto& tp : both) detach(tp);
  ASSERT_NO_FATAL_FAILURE(join());
  EXPECT_EQ(read(both[0], 6).size(), 6U);
  ASSERT_TRUE(member->seek(both[0], Offset(3), k_group_patience));
  EXPECT_EQ(read(both[0], 3), (std::vector<std::int64_t>{3, 4, 5}));
}

TEST_F(GroupMemberTest, StartsLaterWhatCouldNotStartAtFirst) {
  ASSERT_NO_FATAL_FAILURE(group.fill(both[0], 6));
  for (const auto& tp : both) detach(tp);
  listener.start = std::nullopt;
  ASSERT_NO_FATAL_FAILURE(join());
  const std::vector<CommitMark> starts{{both[0], Offset(2)}};
  ASSERT_TRUE(member->restart(starts));
  EXPECT_EQ(read(both[0], 4), (std::vector<std::int64_t>{2, 3, 4, 5}));
  // Still a member, whatever it reads.
  EXPECT_EQ(listener.revocations, 0);
  EXPECT_TRUE(member->close(k_group_patience));
  EXPECT_EQ(listener.revocations, 1);
}

TEST_F(GroupMemberTest, ReportsRecordsThatCameByAnotherWay) {
  // Without a reader of its own, a partition's records come to the member's queue.
  ASSERT_NO_FATAL_FAILURE(group.fill(both[0], 1));
  ASSERT_NO_FATAL_FAILURE(join());
  ASSERT_TRUE(serve_until(*member, [&] { return !listener.errors.empty(); }));
  EXPECT_EQ(listener.errors[0].first, RD_KAFKA_RESP_ERR__INCONSISTENT);
}

TEST_F(GroupMemberTest, TellsOfPartitionsThatTheGroupTookAway) {
  ASSERT_NO_FATAL_FAILURE(join());
  const std::vector<ErrorCode> errors{RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID};
  group.mock->push_errors(ApiKey::heartbeat, errors);
  ASSERT_TRUE(serve_until(*member, [&] { return listener.revocations == 1; }));
  EXPECT_TRUE(listener.last_was_lost);
  ASSERT_TRUE(serve_until(*member, [&] { return listener.assignments == 2; }));
}

TEST_F(GroupMemberTest, ClosesWithoutEverHavingJoined) {
  EXPECT_TRUE(member->close(k_group_patience));
  EXPECT_EQ(listener.revocations, 0);
}

TEST(GroupMember, IsNotMadeOfPropertiesThatTheLibraryRefuses) {
  RememberingListener listener;
  const auto made = GroupMember::create({{"no.such.property", "1"}}, "test", listener);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::configuration);
  EXPECT_NE(made.error().text.find("no.such.property"), std::string::npos);
}

}  // namespace
}  // namespace kferry::kafka
