#include "app/refusal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/explain_table.hpp"
#include "app/plan_command.hpp"

namespace kferry::app {
namespace {

std::vector<std::string> mistakes_of(const config::Outcome& outcome) {
  std::vector<std::string> lines;
  for (const auto& mistake : outcome.mistakes) lines.push_back(config::to_string(mistake));
  for (auto& mistake : pattern_mistakes(outcome.draft)) lines.push_back(std::move(mistake));
  return lines;
}

}  // namespace

std::string notice_line(const config::Notice& notice) {
  const bool warning = notice.level == config::Notice::Level::warning;
  return fmt::format("{}: {}", warning ? "warning" : "note", config::to_string(notice));
}

nlohmann::json refusal_json(const config::Outcome& outcome) {
  nlohmann::json notices = nlohmann::json::array();
  for (const auto& notice : outcome.draft.notices) notices.push_back(config::to_string(notice));
  nlohmann::json document{{"mistakes", mistakes_of(outcome)}, {"notices", notices}};
  if (outcome.explain_draft) document["explain"] = explain_rows(outcome.draft.explanations);
  return document;
}

void print_refusal(const config::Outcome& outcome) {
  // A notice often names the cause of a mistake: a name that is written wrong.
  for (const auto& notice : outcome.draft.notices) {
    fmt::print(stderr, "kferry: {}\n", notice_line(notice));
  }
  for (const auto& mistake : mistakes_of(outcome)) fmt::print(stderr, "kferry: {}\n", mistake);
  if (outcome.draft_json) {
    fmt::print("{}\n",
               refusal_json(outcome).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (outcome.explain_draft) {
    fmt::print("{}", explain_table(outcome.draft.explanations));
  }
}

}  // namespace kferry::app
