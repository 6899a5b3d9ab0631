#pragma once

#include "kferry/base/exit_code.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::app {

/// kferry demo: two embedded clusters, a generator of order events on the one, the real mirror
/// between them, and a reader of the other that compares what arrives with what was sent. ok when
/// everything arrived, in order and unchanged; no Kafka and no network needed.
ExitCode demo_command(const config::ProcessSettings& process, int seconds);

}  // namespace kferry::app
