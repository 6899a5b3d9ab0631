#include <nlohmann/json.hpp>

#include "app/plan_command.hpp"
#include "support/mirror_world.hpp"

namespace kferry::test {
namespace {

struct Planned {
  ExitCode code;
  nlohmann::json flow;
};
Planned plan(const config::FlowSettings& flow) {
  config::Settings settings;
  settings.flows.push_back(flow);
  ::testing::internal::CaptureStdout();
  const ExitCode code = app::plan_command(settings, true);
  const auto document = nlohmann::json::parse(::testing::internal::GetCapturedStdout());
  return {code, document["flows"].at(0)};
}

TEST(Plan, SaysWhereReadingStartsAndHowMuchThereIs) {
  MirrorWorld world;
  world.make_topics();
  world.send(30);
  const auto fresh = plan(world.settings);
  EXPECT_EQ(fresh.code, ExitCode::ok) << fresh.flow.dump(2);
  const auto& start = fresh.flow["topics"].at(0)["start"];
  EXPECT_EQ(start["earliest"], k_partitions) << fresh.flow.dump(2);
  EXPECT_EQ(start["records_to_copy"], 30);

  auto at_end = world.settings;
  at_end.source.offset_reset = config::OffsetReset::latest;
  EXPECT_EQ(plan(at_end).flow["topics"].at(0)["start"]["latest"], k_partitions);
  at_end.source.offset_reset = config::OffsetReset::none;
  const auto nowhere = plan(at_end);
  EXPECT_EQ(nowhere.code, ExitCode::configuration);
  EXPECT_EQ(nowhere.flow["topics"].at(0)["blocked"], "start-position-unknown");

  world.start();
  ASSERT_TRUE(world.all_arrive());
  EXPECT_EQ(world.stop(), ExitCode::ok);
  world.send(6);
  const auto again = plan(world.settings);
  EXPECT_EQ(again.flow["topics"].at(0)["start"]["committed"], k_partitions);
  EXPECT_EQ(again.flow["topics"].at(0)["start"]["records_to_copy"], 6);
}

TEST(Plan, AFlowThatMatchesNothingIsAMistake) {
  MirrorWorld world;
  world.make_topics();
  world.settings.topics.include = "no-such-.*";
  const auto planned = plan(world.settings);
  EXPECT_EQ(planned.code, ExitCode::configuration);
  EXPECT_NE(planned.flow["error"].get<std::string>().find("no source topic matches"),
            std::string::npos);
}

TEST(Plan, AClusterThatDoesNotAnswerIsTheFlowsError) {
  MirrorWorld world;
  world.make_topics();
  world.settings.source.bootstrap_servers = "127.0.0.1:1";
  const auto planned = plan(world.settings);
  EXPECT_EQ(planned.code, ExitCode::unreachable);
  EXPECT_EQ(planned.flow["flow"], "test");
  EXPECT_NE(planned.flow["error"].get<std::string>().find("127.0.0.1:1"), std::string::npos);
}

}  // namespace
}  // namespace kferry::test
