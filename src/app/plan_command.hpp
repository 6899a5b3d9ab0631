#pragma once

#include <string>
#include <vector>

#include "kferry/base/exit_code.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::app {

/// kferry plan: asks both clusters, changes nothing, prints what would happen to each topic and
/// why, where reading would start and how much there is to copy. ok when every topic can run;
/// configuration when one can not or a flow matches none; unreachable, not_authorized when a
/// cluster does not answer or refuses.
ExitCode plan_command(const config::Settings& settings, bool json);

/// Topic patterns, rename and filter rules that do not compile, one line each.
std::vector<std::string> pattern_mistakes(const config::Settings& settings);

/// kferry check: what can be said without a cluster, beyond what reading the files found: patterns
/// compile, the library takes the properties. `explain` prints what became of each property, too.
ExitCode check_command(const config::Settings& settings, bool json, bool explain);

}  // namespace kferry::app
