#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/config/command_line.hpp"
#include "kferry/config/settings.hpp"

/// The one table of options: it feeds parsing, the JSON file, --help and the documentation.
namespace kferry::config {

enum class Group { mirror_maker, flow, process, command };

enum class OptionId {
  consumer_config,
  producer_config,
  include,
  whitelist,
  exclude,
  blacklist,
  abort_on_send_failure,
  new_consumer,
  jaas,
  config,
  strict,
  explain,
  json,
  seconds,
  markdown,
  help,
  version,
  plain,    ///< what apply_flow or apply_process says
  refused,  ///< of MirrorMaker, with no way to honour it; the text says what to use
};

struct Option {
  std::string_view name;
  std::string_view argument = "";  ///< empty: a flag
  std::string_view default_text = "";
  std::string_view text;
  Group group = Group::flow;
  OptionId id = OptionId::plain;
  /// Return what is wrong with the value, or nothing. An option with one of them is also a key of
  /// the same name in the JSON file.
  std::string (*apply_flow)(FlowSettings& flow, std::string_view value) = nullptr;
  std::string (*apply_process)(ProcessSettings& process, std::string_view value) = nullptr;
  bool hidden = false;
};

std::span<const Option> option_table() noexcept;
/// Null when there is none.
const Option* find_option(std::string_view name) noexcept;
std::vector<std::string_view> option_names();
bool takes(Command command, const Option& option) noexcept;

struct CommandName {
  Command command;
  std::string_view name;
  std::string_view text;
};
/// The subcommands; MirrorMaker's use has no name and is not among them.
std::span<const CommandName> command_table() noexcept;

std::string help_text();
std::string options_markdown();
std::string properties_markdown();

}  // namespace kferry::config
