#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/findings.hpp"
#include "config/surroundings.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::config {

/// A property as somebody wrote it, in a file or inline in JSON.
struct WrittenProperty {
  std::string name;
  std::string value;
  Origin origin;
  bool raw_letters = false;    ///< as in Property
  bool from_provider = false;  ///< a value provider put something in: it is a secret
  bool unresolved = false;     ///< a value provider could not, which is said already
};

/// All properties of one client. Later ones win over earlier ones of the same name.
struct WrittenProperties {
  Origin origin;  ///< for what is missing: the file, or the place in the JSON file
  std::vector<WrittenProperty> entries;
};

/// Reads a Java properties file. `shown_as` is its name in messages. Nothing, and a mistake, when
/// it can not be read; malformed lines are mistakes, and the rest is still returned.
std::optional<std::vector<WrittenProperty>> load_properties(const std::string& path,
                                                            const std::string& shown_as,
                                                            Findings& findings);

/// What Kafka's consumer and producer would make of the properties, in kferry's terms. Reads the
/// files that the properties name.
SourceSettings read_source(const WrittenProperties& written, Findings& findings,
                           const Surroundings& surroundings = {});
TargetSettings read_target(const WrittenProperties& written, Findings& findings,
                           const Surroundings& surroundings = {});

}  // namespace kferry::config
