#pragma once

#include <string>

#include "config/findings.hpp"
#include "config/surroundings.hpp"

namespace kferry::config {

/// What a file holds, for what others may do with it.
enum class Holds {
  no_secrets,        ///< a configuration: whoever writes it decides where records go
  trust,             ///< certificates: whoever writes it decides who is believed
  secrets,           ///< passwords or private keys
  provided_secrets,  ///< a file of a value provider, which a container may show to everybody in it
};

/// A mistake when everybody may write the file (a warning for no_secrets), a warning when everybody
/// may read secrets. Once for each file; nothing when it does not exist.
void guard_file(const std::string& path, Holds holds, const Surroundings& surroundings,
                Findings& findings);

}  // namespace kferry::config
