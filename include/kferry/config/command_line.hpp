#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kferry/base/exit_code.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::config {

enum class Command {
  mirror,   ///< no subcommand: MirrorMaker's options, one flow, until a signal
  run,      ///< flows of a JSON file, until a signal
  check,    ///< read everything, offline
  plan,     ///< ask both clusters, read-only
  demo,     ///< embedded clusters
  help,     ///< print Outcome::text
  version,  ///< print the version
};

inline constexpr int k_demo_seconds = 20;

/// A command line that makes sense, with every file it names already read and validated.
struct Invocation {
  Command command = Command::help;
  Settings settings;     ///< no flows for demo, help and version
  bool json = false;     ///< check, plan: for machines
  bool explain = false;  ///< check: print Settings::explanations, too
  bool strict = false;   ///< what would be a notice about an unknown name is a mistake
  int demo_seconds = k_demo_seconds;
};

/// Either an invocation or mistakes, all that could be found at once. `code` is what the process
/// ends with when there are mistakes: usage when the command line itself is wrong, else
/// configuration. `text` is what help prints, to stdout.
struct Outcome {
  std::optional<Invocation> invocation;
  std::vector<Mistake> mistakes;
  ExitCode code = ExitCode::ok;
  std::string text;
  /// With mistakes: what could be read, with its notices, so that others can look for mistakes of
  /// theirs in it, and explain it when `explain_draft` is set (for machines: `draft_json`).
  Settings draft;
  bool explain_draft = false;
  bool draft_json = false;
};

/// Looks up an environment variable; nothing when it is not set. Tests bring their own.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

/// Reads the arguments (without the program's name) and all files that they name. Relative paths
/// of the command line are relative to the working directory, those in a JSON file to its folder.
/// Throws nothing. Thread: any. Keeps nothing: called again with the same arguments, it reads all
/// files anew, which is how a running process gets to know new passwords and certificates.
Outcome parse_command_line(std::span<const char* const> args, const Environment& environment);

/// "conf/x.properties:4: session.timeout.ms: 'abc' is not an integer", one line without its end.
std::string to_string(const Mistake& mistake);
std::string to_string(const Notice& notice);

}  // namespace kferry::config
