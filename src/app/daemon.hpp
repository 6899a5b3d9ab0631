#pragma once

#include <functional>

#include "app/reload.hpp"
#include "kferry/base/exit_code.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::app {

/// Runs all flows of the settings until SIGTERM or SIGINT (drain; a second one ends without
/// draining) or until a flow ends by itself. Serves HTTP, the live line or the summary, and says at
/// the end what was done. REQUIRES: no other thread runs yet, since signals are blocked first.
/// SIGHUP has the files read again by reread, for new credentials and certificates. finished, if
/// given, is asked several times a second and drains the flows when it says so.
ExitCode run_daemon(const config::Settings& settings, const std::function<bool()>& finished = {},
                    Reread reread = {});

}  // namespace kferry::app
