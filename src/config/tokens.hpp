#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/findings.hpp"
#include "config/option_table.hpp"

namespace kferry::config {

/// An option of the command line with its argument; a flag's is "true".
struct Given {
  const Option* option = nullptr;
  std::string value;
};

/// Cuts the arguments into options of the table. What is unknown, incomplete or no option becomes a
/// mistake, and the rest is still read. No abbreviations, as in MirrorMaker.
std::vector<Given> read_options(std::span<const char* const> args, Findings& findings);

}  // namespace kferry::config
