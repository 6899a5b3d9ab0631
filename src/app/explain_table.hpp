#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "kferry/config/settings.hpp"

namespace kferry::app {

/// The rows of check --explain: one table for each flow and side, its columns aligned.
std::string explain_table(const std::vector<config::Explanation>& explanations);

/// The same for machines: a list of objects.
nlohmann::json explain_rows(const std::vector<config::Explanation>& explanations);

}  // namespace kferry::app
