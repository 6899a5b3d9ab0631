#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/findings.hpp"
#include "kferry/config/command_line.hpp"
#include "kferry/security/jaas.hpp"

namespace kferry::config {

/// What clients are read with, beside their own properties. Made anew for every reading, so that a
/// reload sees new files and nothing keeps an old secret.
struct Surroundings {
  Environment environment;  ///< may be empty: then no variable is set
  std::string flow;         ///< its name, for explanations
  std::string json_file;    ///< that is being read; empty: none
  std::string jaas_file;    ///< of --jaas or KAFKA_OPTS; empty: none
  Origin jaas_origin;       ///< where its name was written
  security::SystemProperties
      system_properties;  ///< those of KAFKA_OPTS, and Java's own; may be empty

  std::optional<std::string> variable(const char* name) const {
    return environment ? environment(name) : std::nullopt;
  }
  std::optional<std::string> system_property(std::string_view name) const {
    return system_properties ? system_properties(name) : std::nullopt;
  }
  /// Where a named file lies: a relative path is looked up in the credentials that systemd handed
  /// over (LoadCredential=), then, when it was written in the JSON file, in the folder of that,
  /// else in the working directory.
  std::string resolve(const std::string& path, const Origin& written) const;
};

/// Reads KAFKA_OPTS and says of every variable of Kafka's scripts that is set what to use instead.
/// Their values are never printed. `jaas_option`, when not empty, wins over KAFKA_OPTS.
Surroundings read_surroundings(const Environment& environment, const std::string& jaas_option,
                               Findings& findings);

}  // namespace kferry::config
