// What a flow says while it has nothing to mirror, or topics that can not start.

#include <gtest/gtest.h>

#include "support/mirror_world.hpp"

namespace kferry::app {
namespace {

constexpr const char* k_other = "bills";

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Waiting, AWhitelistThatMatchesNothingIsSaidOnceAndAWaitingTopicIsNamed) {
  test::MirrorWorld world;
  ASSERT_NO_FATAL_FAILURE(world.make_topics());
  world.settings.topics.include = k_other;
  ::testing::internal::CaptureStderr();
  ASSERT_NO_FATAL_FAILURE(world.start());
  EXPECT_TRUE(
      world.eventually([&] { return world.snapshot().reason == "no source topic matches"; }));
  world.receive(3 * world.settings.refresh_interval);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(log, "test: no source topic matches 'bills', or none"), 1U) << log;

  ASSERT_TRUE(world.source->create_topic(k_other, 1));
  ASSERT_TRUE(world.eventually([&] { return !world.snapshot().waiting.empty(); }));
  const auto snapshot = world.snapshot();
  EXPECT_EQ(snapshot.waiting[0].topic, k_other);
  EXPECT_EQ(snapshot.waiting_topics,
            (decltype(snapshot.waiting_topics){{snapshot.waiting[0].reason, 1}}));
  EXPECT_NE(snapshot.waiting[0].text.find("--create.topics"), std::string::npos);
  EXPECT_EQ(world.stop(), ExitCode::ok);
}

}  // namespace
}  // namespace kferry::app
