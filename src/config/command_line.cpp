#include "kferry/config/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>

#include "config/client_properties.hpp"
#include "config/findings.hpp"
#include "config/json_settings.hpp"
#include "config/option_table.hpp"
#include "config/surroundings.hpp"
#include "config/text.hpp"
#include "config/tokens.hpp"
#include "config/values.hpp"

namespace kferry::config {
namespace {

constexpr Limits k_demo_seconds_limits{1, 86'400};

/// One command line while it is read. What is wrong with the line itself is kept apart from what is
/// wrong in files, for the exit code.
class Reading {
 public:
  explicit Reading(const Environment& environment) : environment_(environment) {}

  Outcome read(std::span<const char* const> args) {
    args = take_command(args);
    given_ = read_options(args, usage_);
    if (has(OptionId::help)) invocation_.command = Command::help;
    if (has(OptionId::version)) invocation_.command = Command::version;
    if (invocation_.command == Command::help) return help();
    check_options();
    invocation_.strict = files_.strict = has(OptionId::strict);
    invocation_.json = has(OptionId::json);
    invocation_.explain = has(OptionId::explain);
    read_seconds();
    read_settings();
    apply_process_options();
    return take_outcome();
  }

 private:
  std::span<const char* const> take_command(std::span<const char* const> args) {
    invocation_.command = Command::mirror;
    if (args.empty() || std::string_view(args[0]).starts_with("--")) return args;
    const std::string_view word = args[0];
    if (word == "-h") {
      invocation_.command = Command::help;
      return {};
    }
    std::vector<std::string_view> names;
    for (const auto& command : command_table()) {
      names.push_back(command.name);
      if (command.name == word) invocation_.command = command.command;
    }
    if (invocation_.command == Command::mirror) {
      usage_.mistake(
          {}, fmt::format("{} is not a command{}", in_quotes(word), did_you_mean(word, names)));
      is_command_known_ = false;
    }
    args = args.subspan(1);
    if (invocation_.command == Command::help && !args.empty() &&
        !std::string_view(args[0]).starts_with("--")) {
      help_topic_ = args[0];
      args = args.subspan(1);
    }
    return args;
  }

  Outcome help() {
    Outcome outcome;
    if (help_topic_ == "options") {
      outcome.text = options_markdown();
    } else if (help_topic_ == "properties") {
      outcome.text = properties_markdown();
    } else if (help_topic_.empty() || is_command(help_topic_)) {
      outcome.text = help_text();
    } else {
      usage_.mistake({}, fmt::format("{} is no topic of help: write kferry help, kferry help "
                                     "options --markdown or kferry help properties --markdown",
                                     in_quotes(help_topic_)));
      return take_outcome();
    }
    outcome.invocation = std::move(invocation_);
    return outcome;
  }

  static bool is_command(std::string_view word) noexcept {
    const auto commands = command_table();
    return std::any_of(commands.begin(), commands.end(),
                       [&](const CommandName& command) { return command.name == word; });
  }

  bool has(OptionId id) const noexcept { return find(id) != nullptr; }
  const Given* find(OptionId id) const noexcept {
    const auto at = std::find_if(given_.begin(), given_.end(),
                                 [&](const Given& given) { return given.option->id == id; });
    return at == given_.end() ? nullptr : &*at;
  }
  bool has(std::string_view name) const noexcept {
    return std::any_of(given_.begin(), given_.end(),
                       [&](const Given& given) { return given.option->name == name; });
  }
  void wrong(std::string_view option, std::string_view text) {
    usage_.mistake({}, fmt::format("--{}: {}", option, text));
  }

  bool takes_json_file() const noexcept {
    return invocation_.command == Command::run || has(OptionId::config);
  }
  bool takes_files() const noexcept {
    return is_command_known_ && invocation_.command != Command::demo &&
           invocation_.command != Command::version;
  }

  void check_options() {
    if (!is_command_known_) return;
    for (std::size_t i = 0; i < given_.size(); ++i) {
      const auto& option = *given_[i].option;
      const bool of_flow = option.group == Group::mirror_maker || option.group == Group::flow;
      if (!takes(invocation_.command, option) || (of_flow && takes_json_file())) {
        wrong(option.name, of_flow && takes_json_file() ? "belongs into the JSON file with --config"
                                                        : "does not belong to this command");
      } else if (option.id == OptionId::refused) {
        wrong(option.name, option.text);
      } else if (!option.argument.empty() && java_trim(given_[i].value).empty()) {
        wrong(option.name, "is empty");
      }
      for (std::size_t j = 0; j < i; ++j) {
        if (given_[j].option == &option) wrong(option.name, "given twice");
      }
    }
  }

  void read_seconds() {
    const auto* const seconds = find(OptionId::seconds);
    if (seconds == nullptr) return;
    const auto parsed = parse_integer(seconds->value, k_demo_seconds_limits);
    if (!parsed) return wrong("seconds", parsed.wrong);
    invocation_.demo_seconds = static_cast<int>(*parsed.value);
  }

  void read_settings() {
    if (!takes_files()) return;
    const auto* const jaas = find(OptionId::jaas);
    const auto surroundings =
        read_surroundings(environment_, jaas == nullptr ? "" : jaas->value, files_);
    if (takes_json_file()) {
      const auto* const config = find(OptionId::config);
      if (config == nullptr) return wrong("config", "is missing: kferry run --config FILE");
      invocation_.settings = load_json(config->value, files_, surroundings);
    } else {
      invocation_.settings.flows.push_back(read_flow(surroundings));
      if (jaas != nullptr && !files_.jaas_file_read) {
        files_.info({}, "--jaas: not read, no client needs it");
      }
    }
  }

  FlowSettings read_flow(Surroundings surroundings) {
    FlowSettings flow;
    surroundings.flow = flow.name;
    if (const auto source =
            read_file_of(OptionId::consumer_config, "consumer.config", surroundings)) {
      flow.source = read_source(*source, files_, surroundings);
    }
    if (const auto target =
            read_file_of(OptionId::producer_config, "producer.config", surroundings)) {
      flow.target = read_target(*target, files_, surroundings);
    }
    read_topics(flow.topics);
    for (const auto& given : given_) {
      if (given.option->apply_flow == nullptr) continue;
      const auto text = given.option->apply_flow(flow, given.value);
      if (!text.empty()) wrong(given.option->name, text);
    }
    read_abort_on_send_failure(flow);
    if (has(OptionId::new_consumer)) {
      files_.info({}, "--new.consumer: means nothing, there is only one kind of consumer");
    }
    return flow;
  }

  std::optional<WrittenProperties> read_file_of(OptionId id, std::string_view name,
                                                const Surroundings& surroundings) {
    const auto* const given = find(id);
    if (given == nullptr) {
      wrong(name, "is missing: name the properties file");
      return std::nullopt;
    }
    const auto path = surroundings.resolve(given->value, {});
    auto entries = load_properties(path, path, files_);
    if (!entries) return std::nullopt;
    return WrittenProperties{{path, 0}, std::move(*entries)};
  }

  /// The new name wins over the old one, as in MirrorMaker.
  const Given* find_either(OptionId name, OptionId old_name) {
    const auto* const first = find(name);
    const auto* const second = find(old_name);
    if (first != nullptr && second != nullptr) {
      files_.info({}, fmt::format("--{}: ignored, since --{} is given", second->option->name,
                                  first->option->name));
    }
    return first != nullptr ? first : second;
  }

  void read_topics(TopicRules& topics) {
    if (const auto* const include = find_either(OptionId::include, OptionId::whitelist)) {
      topics.include = include->value;
      topics.include_origin = {fmt::format("--{}", include->option->name), 0};
    } else {
      wrong("include", "is missing: which topics to mirror");
    }
    if (const auto* const exclude = find_either(OptionId::exclude, OptionId::blacklist)) {
      topics.exclude = exclude->value;
      topics.exclude_origin = {fmt::format("--{}", exclude->option->name), 0};
    }
  }

  void read_abort_on_send_failure(FlowSettings& flow) {
    const auto* const abort = find(OptionId::abort_on_send_failure);
    if (abort == nullptr) return;
    const auto parsed = parse_boolean(abort->value);
    if (!parsed) return wrong("abort.on.send.failure", parsed.wrong);
    if (has("on.send.failure")) {
      return wrong("abort.on.send.failure", "says the same as --on.send.failure: give one of them");
    }
    flow.on_send_failure = *parsed.value ? SendFailurePolicy::exit : SendFailurePolicy::skip;
    if (!*parsed.value) {
      files_.warning({},
                     "--abort.on.send.failure: with false, records that the target refuses are "
                     "dropped, counted in kferry_records_dropped_total");
    }
  }

  /// What the command line says wins over the JSON file.
  void apply_process_options() {
    for (const auto& given : given_) {
      if (given.option->apply_process == nullptr) continue;
      const auto text = given.option->apply_process(invocation_.settings.process, given.value);
      if (!text.empty()) wrong(given.option->name, text);
    }
  }

  Outcome take_outcome() {
    Outcome outcome;
    outcome.mistakes = std::move(usage_.mistakes);
    outcome.code = outcome.mistakes.empty() ? ExitCode::configuration : ExitCode::usage;
    std::stable_sort(files_.mistakes.begin(), files_.mistakes.end(),
                     [](const Mistake& left, const Mistake& right) {
                       return std::tie(left.origin.file, left.origin.line) <
                              std::tie(right.origin.file, right.origin.line);
                     });
    outcome.mistakes.insert(outcome.mistakes.end(), files_.mistakes.begin(), files_.mistakes.end());
    invocation_.settings.explanations = std::move(files_.explanations);
    invocation_.settings.notices = std::move(files_.notices);
    if (outcome.mistakes.empty()) {
      outcome.code = ExitCode::ok;
      outcome.invocation = std::move(invocation_);
    } else {
      outcome.draft = std::move(invocation_.settings);
      outcome.explain_draft = invocation_.explain;
      const auto* const json = find(OptionId::json);
      outcome.draft_json = json != nullptr && takes(invocation_.command, *json->option);
    }
    return outcome;
  }

  const Environment& environment_;
  Invocation invocation_;
  std::string help_topic_;
  bool is_command_known_ = true;
  std::vector<Given> given_;
  Findings usage_;
  Findings files_;
};

}  // namespace

Outcome parse_command_line(std::span<const char* const> args, const Environment& environment) {
  return Reading(environment).read(args);
}

}  // namespace kferry::config
