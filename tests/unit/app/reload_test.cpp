#include "app/reload.hpp"

#include <gtest/gtest.h>

namespace kferry::app {
namespace {

config::Settings one_flow() {
  config::Settings settings;
  settings.flows.emplace_back();
  settings.flows[0].name = "orders";
  settings.flows[0].source.bootstrap_servers = "a:1";
  settings.flows[0].topics.include = "orders";
  return settings;
}

config::Outcome readable(const config::Settings& settings) {
  config::Outcome outcome;
  outcome.invocation.emplace();
  outcome.invocation->settings = settings;
  return outcome;
}

security::SecurityProfile with_password(const std::string& password) {
  security::SecurityProfile profile;
  profile.protocol = security::Protocol::sasl_plaintext;
  profile.sasl.emplace();
  profile.sasl->username = "alice";
  profile.sasl->password = Secret(password);
  return profile;
}

class ReloadTest : public testing::Test {
 protected:
  /// Reads `file` again; returns what was logged.
  std::string reload(Reloader& reloader) {
    testing::internal::CaptureStderr();
    reloader.reload([this](const std::string& flow, const security::SecurityProfile& source,
                           const security::SecurityProfile& target) {
      asked.push_back(flow);
      const bool news = !(source == newest_source && target == newest_target);
      newest_source = source;
      newest_target = target;
      return news;
    });
    return testing::internal::GetCapturedStderr();
  }

  std::vector<std::string> asked;
  security::SecurityProfile newest_source;
  security::SecurityProfile newest_target;
};

TEST_F(ReloadTest, HandsNewProfilesToTheFlowOfTheirName) {
  config::Settings changed = one_flow();
  changed.flows[0].target.security = with_password("k4fka-secret");
  Reloader reloader(one_flow(), [&] { return readable(changed); });
  const std::string log = reload(reloader);
  EXPECT_EQ(asked, std::vector<std::string>{"orders"});
  EXPECT_EQ(newest_target, with_password("k4fka-secret"));
  EXPECT_NE(log.find("orders: new security settings"), std::string::npos);
  EXPECT_EQ(log.find("restart"), std::string::npos);
  EXPECT_EQ(log.find("k4fka-secret"), std::string::npos);
  EXPECT_NE(reload(reloader).find("same as before"), std::string::npos);
}

TEST_F(ReloadTest, KeepsEverythingWhenThereAreMistakes) {
  Reloader reloader(one_flow(), [] {
    config::Outcome outcome;
    outcome.mistakes.push_back({{"consumer.properties", 3}, "no such file"});
    return outcome;
  });
  const std::string log = reload(reloader);
  EXPECT_TRUE(asked.empty());
  EXPECT_NE(log.find("consumer.properties:3: no such file"), std::string::npos);
  EXPECT_NE(log.find("stays as it was"), std::string::npos);
}

TEST_F(ReloadTest, SaysOnceWhatOnlyARestartTakesOver) {
  config::Settings changed = one_flow();
  changed.flows[0].topics.include = "orders|pay";
  changed.flows.emplace_back();
  changed.flows[1].name = "new";
  Reloader reloader(one_flow(), [&] { return readable(changed); });
  EXPECT_NE(reload(reloader).find("wait for a restart"), std::string::npos);
  EXPECT_EQ(asked, std::vector<std::string>{"orders"});
  changed.flows.pop_back();
  EXPECT_EQ(reload(reloader).find("wait for a restart"), std::string::npos);
}

TEST_F(ReloadTest, WithoutFilesItSaysSo) {
  Reloader reloader(one_flow(), {});
  EXPECT_NE(reload(reloader).find("no files"), std::string::npos);
}

TEST(DifferOtherwise, LooksAtContentAndNotAtLines) {
  const config::Settings before = one_flow();
  config::Settings after = before;
  after.flows[0].topics.include_origin = {"x.json", 7};
  after.flows[0].source.security = with_password("x");
  EXPECT_FALSE(differ_otherwise(before, after));
  after.process.http_port = 1;
  EXPECT_TRUE(differ_otherwise(before, after));
  after = before;
  after.flows[0].source.library.push_back({"fetch.wait.max.ms", "1"});
  EXPECT_TRUE(differ_otherwise(before, after));
}

}  // namespace
}  // namespace kferry::app
