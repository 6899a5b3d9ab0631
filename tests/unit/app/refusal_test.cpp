#include "app/refusal.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "app/plan_command.hpp"

namespace kferry::app {
namespace {

config::Outcome refused() {
  config::Outcome outcome;
  outcome.mistakes = {{{"c.properties", 0}, "bootstrap.servers is missing"}};
  outcome.draft.notices = {{config::Notice::Level::warning,
                            {"c.properties", 3},
                            "'bootstrap.server': did you mean bootstrap.servers?"}};
  config::FlowSettings& flow = outcome.draft.flows.emplace_back();
  flow.topics.include = "(";
  return outcome;
}

TEST(Refusal, ForMachinesHoldsAllThatIsKnown) {
  const auto document = refusal_json(refused());
  ASSERT_EQ(document["mistakes"].size(), 2U) << document.dump();
  EXPECT_EQ(document["mistakes"][0], "c.properties: bootstrap.servers is missing");
  EXPECT_TRUE(document["mistakes"][1].get<std::string>().starts_with("mirror: "));
  ASSERT_EQ(document["notices"].size(), 1U);
  EXPECT_EQ(document["notices"][0],
            "c.properties:3: 'bootstrap.server': did you mean bootstrap.servers?");
  EXPECT_FALSE(document.contains("explain"));
}

TEST(Refusal, IsADocumentAlsoWithoutExplanations) {
  auto outcome = refused();
  outcome.draft_json = true;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  print_refusal(outcome);
  const auto document = nlohmann::json::parse(testing::internal::GetCapturedStdout());
  EXPECT_EQ(document, refusal_json(outcome));
  const auto for_people = testing::internal::GetCapturedStderr();
  EXPECT_NE(for_people.find("kferry: warning: c.properties:3: 'bootstrap.server'"),
            std::string::npos);
  EXPECT_NE(for_people.find("kferry: c.properties: bootstrap.servers is missing"),
            std::string::npos);

  EXPECT_EQ(notice_line({config::Notice::Level::info, {"c.properties", 0}, "as in Java"}),
            "note: c.properties: as in Java");

  outcome.explain_draft = true;
  EXPECT_EQ(refusal_json(outcome)["explain"].dump(), "[]");
}

TEST(PatternMistakes, NameTheOptionThatThePatternCameFrom) {
  config::Settings settings;
  config::FlowSettings& flow = settings.flows.emplace_back();
  flow.topics.include = "a";
  flow.topics.include_origin = {"--whitelist", 0};
  flow.topics.exclude = "(";
  flow.topics.exclude_origin = {"--blacklist", 0};
  auto mistakes = pattern_mistakes(settings);
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_TRUE(mistakes[0].starts_with("mirror: --blacklist: exclude pattern '('")) << mistakes[0];
  flow.topics.include = "[";
  mistakes = pattern_mistakes(settings);
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_TRUE(mistakes[0].starts_with("mirror: --whitelist: include pattern '['")) << mistakes[0];
}

}  // namespace
}  // namespace kferry::app
