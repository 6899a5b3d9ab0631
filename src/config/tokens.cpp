#include "config/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <optional>
#include <string_view>

#include "config/text.hpp"

namespace kferry::config {
namespace {

namespace po = boost::program_options;

po::options_description describe_options() {
  po::options_description description;
  for (const auto& option : option_table()) {
    const std::string name(option.name);
    if (option.argument.empty()) {
      description.add_options()(name.c_str(), "");
    } else {
      description.add_options()(name.c_str(), po::value<std::string>(), "");
    }
  }
  return description;
}

/// Boost stops at the first option that is incomplete: it is reported, taken out, and the rest is
/// read again.
std::optional<po::parsed_options> parse_leniently(std::vector<std::string> args,
                                                  const po::options_description& description,
                                                  Findings& findings) {
  constexpr int k_style = po::command_line_style::allow_long |
                          po::command_line_style::long_allow_adjacent |
                          po::command_line_style::long_allow_next;
  for (;;) {
    std::string culprit;
    try {
      return po::command_line_parser(args)
          .options(description)
          .style(k_style)
          .allow_unregistered()
          .run();
    } catch (const po::error_with_option_name& wrong) {
      culprit = wrong.get_option_name();
      findings.mistake({}, wrong.what());
    } catch (const po::error& wrong) {
      findings.mistake({}, wrong.what());
      return std::nullopt;
    }
    const auto at = std::find_if(args.begin(), args.end(), [&](const std::string& arg) {
      return arg == culprit || arg.starts_with(culprit + "=");
    });
    if (culprit.empty() || at == args.end()) return std::nullopt;
    args.erase(at);
  }
}

void note_unknown_option(const std::string& name, Findings& findings) {
  const auto names = option_names();
  findings.mistake({}, fmt::format("{}: not a known option{}", in_quotes("--" + name),
                                   did_you_mean(name, names, "--")));
}

}  // namespace

std::vector<Given> read_options(std::span<const char* const> args, Findings& findings) {
  const auto description = describe_options();
  const auto parsed = parse_leniently({args.begin(), args.end()}, description, findings);
  std::vector<Given> given;
  if (!parsed) return given;
  bool after_unknown = false;
  for (const auto& token : parsed->options) {
    const bool is_option = token.position_key < 0;
    if (is_option && token.unregistered) {
      note_unknown_option(token.string_key, findings);
    } else if (is_option) {
      given.push_back({find_option(token.string_key),
                       token.value.empty() ? std::string("true") : token.value.front()});
    } else if (!after_unknown) {
      // After an unknown option this would only be that option's argument.
      findings.mistake({},
                       fmt::format("{}: options begin with '--'", in_quotes(token.value.front())));
    }
    after_unknown = is_option && token.unregistered;
  }
  return given;
}

}  // namespace kferry::config
