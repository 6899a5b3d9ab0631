#include "config/file_guard.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace kferry::config {
namespace {

/// Docker and systemd put secrets there; only the one service sees the folder.
bool is_private_mount(const std::string& path, const Surroundings& surroundings) {
  const auto credentials = surroundings.variable("CREDENTIALS_DIRECTORY").value_or("");
  return path.starts_with("/run/secrets/") ||
         (!credentials.empty() && path.starts_with(credentials + "/"));
}

}  // namespace

void guard_file(const std::string& path, Holds holds, const Surroundings& surroundings,
                Findings& findings) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (!findings.guarded_files.emplace(static_cast<int>(holds), path).second) return;
  const Origin origin{path, 0};
  const bool is_secret = holds == Holds::secrets || holds == Holds::provided_secrets;
  if ((status.st_mode & S_IWOTH) != 0) {
    auto text = fmt::format("everybody on this machine can write this file, and so {}: chmod {} {}",
                            is_secret               ? "use or replace what it holds"
                            : holds == Holds::trust ? "decide who is trusted"
                                                    : "decide where records go",
                            is_secret ? "640" : "644", path);
    if (holds == Holds::no_secrets) return findings.warning(origin, std::move(text));
    return findings.mistake(origin, std::move(text));
  }
  const bool is_private = holds == Holds::provided_secrets && is_private_mount(path, surroundings);
  if (is_secret && !is_private && (status.st_mode & S_IROTH) != 0) {
    findings.warning(origin,
                     fmt::format("holds secrets, and everybody on this machine can read it: "
                                 "chmod 640 {}",
                                 path));
  }
}

}  // namespace kferry::config
