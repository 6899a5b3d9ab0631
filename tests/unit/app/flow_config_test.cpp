#include "app/flow_config.hpp"

#include <gtest/gtest.h>

#include <map>

#include "kferry/kafka/cluster.hpp"

namespace kferry::app {
namespace {

constexpr std::int64_t k_mib = 1LL << 20;

config::FlowSettings make_flow() {
  config::FlowSettings flow;
  flow.source.bootstrap_servers = "127.0.0.1:1";
  flow.source.group_id = "g";
  flow.target.bootstrap_servers = "127.0.0.1:1";
  return flow;
}

/// What the library makes of the properties: later entries win.
std::map<std::string, std::string> effective(const kafka::ClientConfig& config) {
  std::map<std::string, std::string> map;
  for (const auto& [name, value] : config.properties) map[name] = value;
  return map;
}

/// The library refuses combinations only when a client is made.
void expect_accepted(const kafka::ClientConfig& config, kafka::Side side) {
  kafka::LogContext context{side, "test"};
  const auto client = kafka::make_query_client(config, context);
  EXPECT_TRUE(client) << client.error().text;
}

TEST(PrefetchLimits, DivideTheirShareOfTheBudgetAmongThePartitions) {
  const auto one = prefetch_limits(128 * k_mib, 1);
  const auto eight = prefetch_limits(128 * k_mib, 8);
  EXPECT_EQ(one.queue_bytes_per_partition, 16 * k_mib);
  EXPECT_EQ(eight.queue_bytes_per_partition, 128 * k_mib / k_budget_quarters / 8);
  EXPECT_LE(8 * eight.queue_bytes_per_partition, 128 * k_mib / k_budget_quarters);
}

TEST(PrefetchLimits, StayUsableForVeryManyPartitionsAndForNone) {
  const auto many = prefetch_limits(128 * k_mib, 100'000);
  EXPECT_EQ(many.queue_bytes_per_partition, 256 * 1'024);
  EXPECT_EQ(many.fetch_bytes_per_partition, 64 * 1'024);
  EXPECT_GE(many.queue_records_per_partition, 1'000);
  EXPECT_GE(many.fetch_bytes_max, many.fetch_bytes_per_partition);
  EXPECT_EQ(prefetch_limits(128 * k_mib, 0).queue_bytes_per_partition,
            prefetch_limits(128 * k_mib, 1).queue_bytes_per_partition);
}

TEST(ShardBytesMax, IsAPartOfTheBudgetButNeverNothing) {
  EXPECT_EQ(shard_bytes_max(128 * k_mib, 2), 128 * k_mib / k_budget_quarters / 2);
  EXPECT_GT(shard_bytes_max(k_mib, 100'000), 0);
  EXPECT_EQ(shard_bytes_max(128 * k_mib, 0), shard_bytes_max(128 * k_mib, 1));
}

TEST(MemberConfig, IsAcceptedByTheLibraryForEveryBudget) {
  for (const std::int64_t budget : {k_mib / 16, k_mib, 4 * k_mib, 16 * k_mib, 1'024 * k_mib}) {
    for (const std::size_t partitions : {0U, 1U, 50U, 10'000U}) {
      SCOPED_TRACE(std::to_string(budget) + " bytes, " + std::to_string(partitions));
      expect_accepted(member_config(make_flow(), prefetch_limits(budget, partitions)),
                      kafka::Side::source);
    }
  }
}

TEST(MemberConfig, TakesTheUsersFetchLimitWhateverItIs) {
  for (const std::int64_t bytes : {1'000L, 500'000L, 50'000'000L}) {
    auto flow = make_flow();
    flow.source.fetch_bytes_max = bytes;
    const auto config = member_config(flow, prefetch_limits(128 * k_mib, 4));
    EXPECT_EQ(effective(config)["fetch.max.bytes"], std::to_string(bytes));
    expect_accepted(config, kafka::Side::source);
  }
}

TEST(MemberConfig, NamesItselfAsMirrorMakerWouldUnlessTold) {
  auto flow = make_flow();
  const auto limits = prefetch_limits(128 * k_mib, 4);
  EXPECT_EQ(effective(member_config(flow, limits))["client.id"], "g-0");
  EXPECT_EQ(effective(target_config(flow))["client.id"], "g-0");
  flow.source.client_id = "mine";
  EXPECT_EQ(effective(member_config(flow, limits))["client.id"], "mine");
  EXPECT_EQ(effective(source_query_config(flow))["client.id"], "mine");
}

TEST(MemberConfig, ReadsWhatTheIsolationLevelAllows) {
  auto flow = make_flow();
  const auto limits = prefetch_limits(128 * k_mib, 4);
  EXPECT_EQ(effective(member_config(flow, limits))["isolation.level"], "read_committed");
  flow.source.read_committed = false;
  EXPECT_EQ(effective(member_config(flow, limits))["isolation.level"], "read_uncommitted");
  // The log end that lag is measured against has to be that of the same level.
  EXPECT_EQ(effective(source_query_config(flow))["isolation.level"], "read_uncommitted");
}

TEST(MemberConfig, LetsTheUsersPropertiesWin) {
  auto flow = make_flow();
  flow.source.library = {{"session.timeout.ms", "30000"}, {"fetch.wait.max.ms", "10"}};
  flow.target.library = {{"linger.ms", "50"}};
  const auto config = effective(member_config(flow, prefetch_limits(128 * k_mib, 4)));
  EXPECT_EQ(config.at("session.timeout.ms"), "30000");
  EXPECT_EQ(config.at("fetch.wait.max.ms"), "10");
  EXPECT_EQ(effective(target_config(flow)).at("linger.ms"), "50");
}

}  // namespace
}  // namespace kferry::app
