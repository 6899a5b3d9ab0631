#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "config/option_table.hpp"
#include "config/property_table.hpp"
#include "config/text.hpp"

namespace kferry::config {
namespace {

constexpr std::size_t k_column = 34;
constexpr std::size_t k_width = 100;

constexpr std::array k_groups{
    std::pair{Group::mirror_maker, "MirrorMaker's options"},
    std::pair{Group::flow, "More about the flow"},
    std::pair{Group::process, "The process"},
    std::pair{Group::command, "Commands and output"},
};

constexpr std::string_view k_usage = R"(kferry mirrors topics from one Kafka cluster to another.

  kferry --consumer.config FILE --producer.config FILE --include REGEX [options]
  kferry COMMAND [options]
)";

constexpr std::string_view k_examples = R"(
Examples
  kferry --consumer.config consumer.properties --producer.config producer.properties \
         --whitelist 'orders|pay.*'
  kferry plan --consumer.config consumer.properties --producer.config producer.properties \
         --include 'orders.*' --create.topics
  kferry check --explain --consumer.config consumer.properties \
         --producer.config producer.properties --include 'orders.*' --jaas client_jaas.conf
  kferry run --config kferry.json --http.listen 0.0.0.0:9393
  kferry demo --seconds 10
)";

constexpr std::string_view k_values_markdown = R"(### Values from elsewhere

Every value, in a properties file or in the JSON file, may take parts from elsewhere, as Kafka's
providers do it, whether `config.providers` names them or not. They are secrets in every output.

| written | becomes |
|---|---|
| `${file:/path:key}` | the value of a key in a properties file (UTF-8) |
| `${directory:/path:file}` | the content of a file, as for Docker's and Kubernetes' secrets |
| `${directory:file}` | the content of a credential that systemd passes on (`LoadCredential=`) |
| `${env:NAME}` | an environment variable; a file is safer |

What is replaced is not looked at again. A part that has no value is a mistake, and nothing starts.
Relative paths, those of property files, stores and JAAS files too, are looked up in
`$CREDENTIALS_DIRECTORY` first. Then one that stands in the JSON file itself is taken from the
folder of that file, every other one from the working directory, which is `/` for a service.
`kferry check --explain` shows what becomes of each property.
)";

void append_wrapped(std::string& out, std::string left, std::string_view text) {
  std::string line = fmt::format("{:<{}}", left, k_column);
  if (left.size() >= k_column) {
    out += left + "\n";
    line = std::string(k_column, ' ');
  }
  std::size_t used = line.size();
  for (const auto word : split(text, ' ')) {
    if (used + word.size() > k_width) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = std::string(k_column, ' ');
      used = k_column;
    }
    line += fmt::format("{} ", word);
    used += word.size() + 1;
  }
  out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string usage_of(const Option& option) {
  return option.argument.empty() ? fmt::format("--{}", option.name)
                                 : fmt::format("--{} {}", option.name, option.argument);
}

std::string for_table(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

/// What the documentation says of a rule beyond its fate.
std::string remark(const PropertyRule& rule) {
  std::string text(rule.text);
  if (rule.fate == Fate::passed && rule.library != rule.name) {
    text = fmt::format("as {}{}{}", rule.library, text.empty() ? "" : "; ", text);
  }
  if (rule.fate == Fate::decided) text = fmt::format("{}: {}", rule.ours, text);
  return text;
}

void append_rules(std::string& out, std::string_view title, std::span<const PropertyRule> rules) {
  out += fmt::format("\n### {}\n\n| property | type | what happens | how |\n|---|---|---|---|\n",
                     title);
  for (const auto& rule : rules) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", rule.name, to_string(rule.type),
                       to_string(rule.fate), for_table(remark(rule)));
  }
}

}  // namespace

std::string help_text() {
  std::string out(k_usage);
  out += "\nCommands\n";
  for (const auto& command : command_table()) {
    append_wrapped(out, fmt::format("  {}", command.name), command.text);
  }
  for (const auto& [group, title] : k_groups) {
    out += fmt::format("\n{}\n", title);
    for (const auto& option : option_table()) {
      if (option.group != group || option.hidden) continue;
      std::string text(option.text);
      if (!option.default_text.empty()) text += fmt::format(" [{}]", option.default_text);
      append_wrapped(out, "  " + usage_of(option), text);
    }
  }
  out += k_examples;
  out += "\nMore: kferry help options --markdown, kferry help properties --markdown\n";
  return out;
}

std::string options_markdown() {
  std::string out = "| option | default | meaning | in the JSON file |\n|---|---|---|---|\n";
  for (const auto& option : option_table()) {
    if (option.hidden) continue;
    const auto* where = option.id == OptionId::jaas       ? "source, target"
                        : option.apply_flow != nullptr    ? "flow"
                        : option.apply_process != nullptr ? "top level"
                                                          : "";
    out += fmt::format("| `{}` | {} | {} | {} |\n", for_table(usage_of(option)),
                       option.default_text.empty() ? "" : fmt::format("`{}`", option.default_text),
                       for_table(option.text), where);
  }
  return out;
}

std::string properties_markdown() {
  std::string out(k_values_markdown);
  append_rules(out, "Source and target", common_rules());
  append_rules(out, "Source (consumer.properties)", source_rules());
  append_rules(out, "Target (producer.properties)", target_rules());
  append_rules(out, "TLS and SASL", security_rules());
  append_rules(out, "Of old clients", old_rules());
  return out;
}

}  // namespace kferry::config
