#include "kferry/kafka/cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "support/source_group.hpp"

namespace kferry::kafka {
namespace {

using test::k_group_patience;
using test::SourceGroup;

class ClusterTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(group.make({{"t", 3}, {"u", 1}})); }
  static std::vector<TopicPartition> all() {
    return {{"t", Partition(0)}, {"t", Partition(1)}, {"t", Partition(2)}, {"u", Partition(0)}};
  }
  SourceGroup group;
};

std::optional<Offset> offset_of(const std::vector<PartitionOffset>& list,
                                const TopicPartition& tp) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.tp == tp; });
  return found == list.end() ? std::nullopt : found->offset;
}

TEST_F(ClusterTest, SaysItsId) {
  const auto id = group.cluster().cluster_id(k_group_patience);
  ASSERT_TRUE(id) << id.error().text;
  EXPECT_FALSE(id->empty());
}

TEST_F(ClusterTest, ListsTopicsWithTheirPartitions) {
  const auto topics = group.cluster().topics(k_group_patience);
  ASSERT_TRUE(topics) << topics.error().text;
  std::map<std::string, std::int32_t> counts;
  for (const auto& topic : *topics) {
    EXPECT_EQ(topic.error, 0);
    EXPECT_EQ(topic.replication, 1);
    counts[topic.name] = topic.partitions;
  }
  EXPECT_EQ(counts, (std::map<std::string, std::int32_t>{{"t", 3}, {"u", 1}}));
}

TEST_F(ClusterTest, KnowsWhereLogsBeginAndEnd) {
  ASSERT_NO_FATAL_FAILURE(group.fill({"t", Partition(1)}, 7));
  const auto begin = group.cluster().offsets(all(), LogEnd::beginning, k_group_patience);
  const auto end = group.cluster().offsets(all(), LogEnd::end, k_group_patience);
  ASSERT_TRUE(begin) << begin.error().text;
  ASSERT_TRUE(end) << end.error().text;
  for (const TopicPartition& tp : all()) {
    EXPECT_EQ(offset_of(*begin, tp), Offset(0)) << to_string(tp);
    EXPECT_EQ(offset_of(*end, tp), Offset(tp == all()[1] ? 7 : 0)) << to_string(tp);
  }
}

TEST_F(ClusterTest, AsksForNothingWhenNothingIsAsked) {
  const auto ends = group.cluster().offsets({}, LogEnd::end, k_group_patience);
  ASSERT_TRUE(ends);
  EXPECT_TRUE(ends->empty());
  const auto committed = group.cluster().committed({}, k_group_patience);
  ASSERT_TRUE(committed);
  EXPECT_TRUE(committed->empty());
}

TEST_F(ClusterTest, ReadsTheGroupsPositions) {
  const auto before = group.cluster().committed(all(), k_group_patience);
  ASSERT_TRUE(before) << before.error().text;
  ASSERT_EQ(before->size(), 4U);
  for (const auto& entry : *before) EXPECT_EQ(entry.offset, std::nullopt);
  ASSERT_NO_FATAL_FAILURE(group.commit({"t", Partition(2)}, Offset(41)));
  const auto after = group.cluster().committed(all(), k_group_patience);
  ASSERT_TRUE(after);
  EXPECT_EQ(offset_of(*after, {"t", Partition(2)}), Offset(41));
  EXPECT_EQ(offset_of(*after, {"t", Partition(0)}), std::nullopt);
}

TEST_F(ClusterTest, AClusterThatCanNotTellConfigurationsSaysSoAtOnce) {
  const std::array names{"cleanup.policy"};
  const std::vector<std::string> topics{"t", "u"};
  const SteadyTime begin = std::chrono::steady_clock::now();
  const auto configs = group.cluster().topic_configs(topics, names, k_group_patience);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, k_group_patience / 2);
  ASSERT_FALSE(configs);
  EXPECT_EQ(configs.error().kind, ErrorKind::configuration);
  EXPECT_NE(configs.error().text.find("2 topics"), std::string::npos) << configs.error().text;
  EXPECT_FALSE(group.cluster().topic_overrides("t", k_group_patience));
}

TEST_F(ClusterTest, AClusterThatIsAwayIsUnreachable) {
  group.mock->set_broker_up(1, false);
  const Milliseconds soon(500);
  const auto topics = group.cluster().topics(soon);
  ASSERT_FALSE(topics);
  EXPECT_EQ(topics.error().kind, ErrorKind::unreachable);
  EXPECT_NE(topics.error().text.find("source cluster"), std::string::npos);
  const auto ends = group.cluster().offsets(all(), LogEnd::end, soon);
  if (ends) {
    for (const auto& entry : *ends) EXPECT_EQ(entry.offset, std::nullopt);
  }
  EXPECT_FALSE(group.cluster().committed(all(), soon));
}

TEST(QueryClient, RefusesWhatTheLibraryDoesNotKnow) {
  LogContext context{Side::target, "test"};
  const auto client = make_query_client({{"no.such.property", "1"}}, context);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::configuration);
  EXPECT_NE(client.error().text.find("no.such.property"), std::string::npos);
}

}  // namespace
}  // namespace kferry::kafka
