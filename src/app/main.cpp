#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <span>

#include "app/daemon.hpp"
#include "app/demo_command.hpp"
#include "app/plan_command.hpp"
#include "app/process_guard.hpp"
#include "app/refusal.hpp"
#include "kferry/base/log.hpp"
#include "kferry/config/command_line.hpp"
#include "kferry/kafka/client_config.hpp"
#include "version.hpp"

namespace {

using kferry::ExitCode;
using kferry::config::Command;

ExitCode run(const kferry::config::Outcome& outcome, const kferry::app::Reread& reread) {
  const kferry::config::Invocation& invocation = *outcome.invocation;
  const auto& process = invocation.settings.process;
  kferry::log::configure(process.log_level, process.log_format);
  switch (invocation.command) {
    case Command::mirror:
    case Command::run:
      return kferry::app::run_daemon(invocation.settings, {}, reread);
    case Command::check:
      return kferry::app::check_command(invocation.settings, invocation.json, invocation.explain);
    case Command::plan:
      return kferry::app::plan_command(invocation.settings, invocation.json);
    case Command::demo:
      return kferry::app::demo_command(invocation.settings.process, invocation.demo_seconds);
    case Command::help:
      fmt::print("{}", outcome.text);
      return ExitCode::ok;
    case Command::version:
      fmt::print("kferry {} (librdkafka {})\n", kferry::app::k_version,
                 kferry::kafka::library_version());
      return ExitCode::ok;
  }
  return ExitCode::bug;
}

}  // namespace

int main(int argc, char** argv) {
  kferry::app::keep_memory_private();
  kferry::app::outlive_broken_pipes();
  try {
    const std::span<const char* const> args(argv + 1, static_cast<std::size_t>(argc - 1));
    const kferry::app::Reread read = [args] {
      return kferry::config::parse_command_line(args, kferry::config::process_environment());
    };
    const auto outcome = read();
    if (!outcome.invocation) {
      kferry::app::print_refusal(outcome);
      return static_cast<int>(outcome.code);
    }
    return static_cast<int>(run(outcome, read));
  } catch (const std::exception& error) {
    // Only start-up code throws, and only for what no input can cause.
    fmt::print(stderr, "kferry: {}\n", error.what());
    return static_cast<int>(ExitCode::bug);
  }
}
