#pragma once

#include "config/findings.hpp"
#include "kferry/config/command_line.hpp"

namespace kferry::config {

/// Says of every variable of Kafka's scripts that is set what to use instead. Their values are
/// never printed.
void note_environment(const Environment& environment, Findings& findings);

}  // namespace kferry::config
