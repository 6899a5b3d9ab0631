#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.hpp"
#include "config/surroundings.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::config {

/// Reads the flows and the process part of a JSON file and all property files that it names. Its
/// mistakes are in the findings; the settings are whole only if there are none.
Settings load_json(const std::string& path, Findings& findings,
                   const Surroundings& surroundings = {});

/// Every key that the file may have, at any depth; for the tests of the shipped example.
std::vector<std::string_view> json_keys();

}  // namespace kferry::config
