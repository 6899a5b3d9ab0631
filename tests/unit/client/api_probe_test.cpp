#include "kferry/client/api_probe.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/scripted_broker.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::ScriptedCluster;

constexpr Milliseconds k_patience{30'000};
constexpr std::array k_wanted{ApiKey::metadata, ApiKey::fetch};

Result<std::optional<std::string>> probe(std::vector<Endpoint> bootstrap) {
  ClusterSettings settings;
  settings.bootstrap = std::move(bootstrap);
  settings.connection.client_id = "probe";
  return missing_api(settings, k_wanted, k_patience);
}

TEST(ApiProbe, FindsNothingMissing) {
  const ScriptedCluster brokers;
  const auto missing = probe(brokers.bootstrap());
  ASSERT_TRUE(missing) << missing.error().text;
  EXPECT_EQ(*missing, std::nullopt);
}

TEST(ApiProbe, NamesWhatIsMissing) {
  ScriptedCluster brokers;
  brokers.set_versions({{3, 0, 7}, {1, 0, 8}});
  const auto missing = probe(brokers.bootstrap());
  ASSERT_TRUE(missing) << missing.error().text;
  ASSERT_TRUE(*missing);
  EXPECT_NE((*missing)->find("it has no Fetch in a version of ours"), std::string::npos)
      << **missing;
  EXPECT_NE((*missing)->find(to_string(brokers.endpoint(1))), std::string::npos) << **missing;
}

TEST(ApiProbe, OneServerThatAnswersIsEnough) {
  ScriptedCluster brokers;
  // Nobody listens on port 1.
  auto bootstrap = brokers.bootstrap();
  bootstrap.insert(bootstrap.begin(), Endpoint{"127.0.0.1", 1});
  const auto missing = probe(bootstrap);
  ASSERT_TRUE(missing) << missing.error().text;
  EXPECT_EQ(*missing, std::nullopt);
}

TEST(ApiProbe, KnowsNothingWhenNobodyAnswers) {
  const auto missing = probe({Endpoint{"127.0.0.1", 1}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::unreachable);
}

}  // namespace
}  // namespace kferry::client
