#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "kferry/config/command_line.hpp"

namespace kferry::app {

/// A notice as people get it: its level tells it from a mistake, which has none.
std::string notice_line(const config::Notice& notice);

/// What a configuration with mistakes leaves to say: every mistake and notice, and explanations
/// where they were asked for. People get them on stderr, explanations on stdout; a caller who asked
/// for JSON gets the document below on stdout as well.
void print_refusal(const config::Outcome& outcome);

/// {"mistakes": [...], "notices": [...]} as check --json prints it, with "explain" on demand.
nlohmann::json refusal_json(const config::Outcome& outcome);

}  // namespace kferry::app
