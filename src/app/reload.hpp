#pragma once

#include <functional>
#include <string>

#include "kferry/config/command_line.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::app {

/// Reads the process's command line and its files once more. Empty: nothing can be read again.
using Reread = std::function<config::Outcome()>;

/// Gives a flow its new profiles; false when it has them already.
using SecurityChange =
    std::function<bool(const std::string& flow, const security::SecurityProfile& source,
                       const security::SecurityProfile& target)>;

/// SIGHUP: takes over what of the configuration can change while flows run, which is who they are
/// and whom they trust, and says what came of it. With mistakes everything stays. Whatever else
/// changed in the files waits for a restart; that is said once for each change.
/// Thread: one; the object remembers what it has said.
class Reloader {
 public:
  Reloader(config::Settings started_with, Reread reread)
      : known_(std::move(started_with)), reread_(std::move(reread)) {}

  void reload(const SecurityChange& change);

 private:
  void take(const config::Settings& settings, const SecurityChange& change);

  config::Settings known_;  ///< what the process runs with, or was told about
  Reread reread_;
};

/// Whether anything but the security profiles differs, wherever it was written.
bool differ_otherwise(const config::Settings& a, const config::Settings& b);

}  // namespace kferry::app
