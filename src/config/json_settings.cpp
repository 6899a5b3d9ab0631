#include "config/json_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "config/client_properties.hpp"
#include "config/json_reader.hpp"
#include "config/option_table.hpp"
#include "config/text.hpp"

namespace kferry::config {
namespace {

using Kind = JsonValue::Kind;
using Names = std::vector<std::string_view>;

constexpr std::size_t k_flow_name_bytes_max = 64;

constexpr std::array<std::string_view, 3> k_client_keys{"properties.file", "properties", "jaas"};
constexpr std::array<std::string_view, 4> k_topics_keys{"include", "exclude", "prefix", "rename"};
constexpr std::array<std::string_view, 2> k_rename_keys{"match", "to"};
constexpr std::array<std::string_view, 4> k_filter_keys{"action", "key", "header", "value"};
constexpr std::array<std::string_view, 6> k_own_flow_keys{
    "name", "source", "target", "topics", "filters", "provenance.headers"};

/// Options of the flow, or of the process, are keys of the same name.
Names flow_keys() {
  Names names(k_own_flow_keys.begin(), k_own_flow_keys.end());
  for (const auto& option : option_table()) {
    if (option.apply_flow != nullptr) names.push_back(option.name);
  }
  return names;
}

Names document_keys() {
  Names names{"flows"};
  for (const auto& option : option_table()) {
    if (option.apply_process != nullptr) names.push_back(option.name);
  }
  return names;
}

/// The text of a string, number or boolean; a mistake otherwise.
std::optional<std::string> scalar(const JsonReader& reader, std::string_view name) {
  const auto* const value = reader.find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_scalar()) return value->text;
  reader.mistake(*value, name, fmt::format("must be a plain value, is {}", to_string(value->kind)));
  return std::nullopt;
}

template <class Part>
void apply_options(const JsonReader& reader, Part& part,
                   std::string (*Option::*apply)(Part&, std::string_view)) {
  for (const auto& option : option_table()) {
    if (option.*apply == nullptr) continue;
    const auto text = scalar(reader, option.name);
    if (!text) continue;
    const auto wrong = (option.*apply)(part, *text);
    if (!wrong.empty()) reader.mistake(*reader.find(option.name), option.name, wrong);
  }
}

void add_inline(const JsonReader& client, WrittenProperties& written) {
  const auto* const object = client.find("properties", Kind::object);
  if (object == nullptr) return;
  std::set<std::string_view> seen;
  for (const auto& member : object->members) {
    const auto name = "properties." + member.name;
    if (!member.value.is_scalar()) {
      client.mistake(member.value, name,
                     fmt::format("must be a plain value, is {}", to_string(member.value.kind)));
    } else if (!seen.insert(member.name).second) {
      client.mistake(member.value, name, "given twice");
    } else {
      written.entries.push_back({member.name, member.value.text, client.origin(member.value)});
    }
  }
}

/// What makes the target differ from the source is said, so that nobody finds out later.
void say(const JsonReader& reader, std::string_view name, std::string_view text) {
  reader.findings().info(reader.origin(*reader.find(name)),
                         fmt::format("{}: {}", reader.path(name), text));
}

/// A client's properties, and a JAAS file of its own.
struct Client {
  WrittenProperties written;
  Surroundings surroundings;
};

/// Nothing when there is nothing to read, which is a mistake.
std::optional<Client> read_client(const JsonReader& flow, std::string_view name,
                                  const Surroundings& surroundings) {
  const auto* const object = flow.find(name);
  if (object == nullptr) {
    flow.missing(name, "");
    return std::nullopt;
  }
  const JsonReader client(*object, flow.file(), flow.path(name), k_client_keys, flow.findings());
  WrittenProperties written{client.origin(), {}};
  if (const auto file = client.string("properties.file")) {
    const auto written_at = client.origin(*client.find("properties.file"));
    const auto path = surroundings.resolve(*file, written_at);
    auto entries = load_properties(path, path, flow.findings());
    if (!entries) return std::nullopt;
    written = {{path, 0}, std::move(*entries)};
  } else if (object->kind != Kind::object || client.find("properties.file") != nullptr) {
    return std::nullopt;
  }
  add_inline(client, written);
  Client result{std::move(written), surroundings};
  if (const auto jaas = client.string("jaas")) {
    result.surroundings.jaas_file = *jaas;
    result.surroundings.jaas_origin = client.origin(*client.find("jaas"));
  }
  return result;
}

void read_renames(const JsonReader& topics, TopicRules& rules) {
  const auto* const list = topics.find("rename", Kind::array);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const auto& item = list->items[i];
    const JsonReader rule(item, topics.file(), fmt::format("{}[{}]", topics.path("rename"), i),
                          k_rename_keys, topics.findings());
    const auto match = rule.required_string("match");
    const auto to = rule.required_string("to");
    if (match && to) rules.renames.push_back({*match, *to, rule.origin()});
  }
  if (rules.renames.empty()) return;
  say(topics, "rename",
      fmt::format("{} rule(s): topics that match have another name on the target",
                  rules.renames.size()));
}

TopicRules read_topics(const JsonReader& flow) {
  TopicRules rules;
  const auto* const object = flow.find("topics");
  if (object == nullptr) {
    flow.missing("topics", "write {\"include\": REGEX}");
    return rules;
  }
  const JsonReader topics(*object, flow.file(), flow.path("topics"), k_topics_keys,
                          flow.findings());
  if (const auto include = topics.required_string("include")) {
    rules.include = *include;
    rules.include_origin = topics.origin(*topics.find("include"));
    if (java_trim(*include).empty()) {
      topics.mistake(*topics.find("include"), "include", "is empty: write a regex");
    }
  }
  if (const auto exclude = topics.string("exclude")) {
    rules.exclude = *exclude;
    rules.exclude_origin = topics.origin(*topics.find("exclude"));
  }
  rules.prefix = topics.string("prefix").value_or("");
  if (!rules.prefix.empty()) {
    say(topics, "prefix", in_quotes(rules.prefix) + " stands before all names on the target");
  }
  read_renames(topics, rules);
  return rules;
}

std::optional<FilterRule> read_filter(const JsonReader& filter) {
  FilterRule rule;
  rule.origin = filter.origin();
  rule.key_pattern = filter.string("key");
  rule.header_name = filter.string("header");
  rule.header_value_pattern = filter.string("value");
  const auto action = filter.required_string("action");
  if (!action) return std::nullopt;
  if (*action != "keep" && *action != "drop") {
    filter.mistake(*filter.find("action"), "action",
                   in_quotes(*action) + " is not one of keep, drop");
    return std::nullopt;
  }
  rule.action = *action == "keep" ? FilterRule::Action::keep : FilterRule::Action::drop;
  if ((filter.find("key") == nullptr) == (filter.find("header") == nullptr)) {
    filter.missing("key or header", "write exactly one of them");
    return std::nullopt;
  }
  if (filter.find("value") != nullptr && filter.find("header") == nullptr) {
    filter.mistake(*filter.find("value"), "value", "belongs to header: it is matched against it");
    return std::nullopt;
  }
  return rule;
}

std::vector<FilterRule> read_filters(const JsonReader& flow) {
  std::vector<FilterRule> rules;
  const auto* const list = flow.find("filters", Kind::array);
  if (list == nullptr) return rules;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const JsonReader filter(list->items[i], flow.file(),
                            fmt::format("{}[{}]", flow.path("filters"), i), k_filter_keys,
                            flow.findings());
    if (auto rule = read_filter(filter)) rules.push_back(std::move(*rule));
  }
  if (!rules.empty()) {
    say(flow, "filters",
        fmt::format("{} rule(s): what they leave out is not on the target, and counted in "
                    "kferry_records_filtered_total",
                    rules.size()));
  }
  return rules;
}

bool is_flow_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= k_flow_name_bytes_max &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || c == '-';
         });
}

void read_name(const JsonReader& flow, bool required, FlowSettings& settings) {
  if (required && flow.find("name") == nullptr) flow.missing("name", "each flow needs its own");
  const auto name = flow.string("name");
  if (!name) return;
  if (!is_flow_name(*name)) {
    flow.mistake(*flow.find("name"), "name",
                 fmt::format("{} is not made of 1 to {} of a-z, A-Z, 0-9, _ and -",
                             in_quotes(*name), k_flow_name_bytes_max));
  }
  settings.name = *name;
}

FlowSettings read_flow(const JsonReader& flow, bool needs_name, Surroundings surroundings) {
  FlowSettings settings;
  settings.on_send_failure = SendFailurePolicy::park;
  read_name(flow, needs_name, settings);
  surroundings.flow = settings.name;
  if (const auto source = read_client(flow, "source", surroundings)) {
    settings.source = read_source(source->written, flow.findings(), source->surroundings);
  }
  if (const auto target = read_client(flow, "target", surroundings)) {
    settings.target = read_target(target->written, flow.findings(), target->surroundings);
  }
  settings.topics = read_topics(flow);
  settings.filters = read_filters(flow);
  if (const auto* const headers = flow.find("provenance.headers", Kind::boolean)) {
    settings.provenance_headers = headers->text == "true";
  }
  if (settings.provenance_headers) {
    say(flow, "provenance.headers", "every record gets four headers more");
  }
  apply_options(flow, settings, &Option::apply_flow);
  return settings;
}

void read_flows(const JsonReader& document, Settings& settings, const Surroundings& surroundings) {
  const auto* const list = document.find("flows", Kind::array);
  if (document.find("flows") == nullptr) document.missing("flows", "write a list of flows");
  if (list == nullptr) return;
  if (list->items.empty()) document.mistake(*list, "flows", "is empty");
  const auto names = flow_keys();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const auto& item = list->items[i];
    const JsonReader flow(item, document.file(), fmt::format("flows[{}]", i), names,
                          document.findings());
    settings.flows.push_back(read_flow(flow, list->items.size() > 1, surroundings));
    const auto* const name = flow.find("name");
    if (name != nullptr && !seen.insert(name->text).second) {
      flow.mistake(*name, "name", in_quotes(name->text) + " is the name of another flow already");
    }
  }
}

}  // namespace

Settings load_json(const std::string& path, Findings& findings, const Surroundings& surroundings) {
  Settings settings;
  const auto file = read_file(path);
  if (!file.text) {
    findings.mistake({path, 0}, "can not be read: " + file.error);
    return settings;
  }
  const auto parsed = parse_json(*file.text);
  if (!parsed.value) {
    findings.mistake({path, parsed.error_line}, parsed.error);
    return settings;
  }
  const auto names = document_keys();
  const JsonReader document(*parsed.value, path, "", names, findings);
  apply_options(document, settings.process, &Option::apply_process);
  auto around = surroundings;
  around.json_file = path;
  read_flows(document, settings, around);
  return settings;
}

std::vector<std::string_view> json_keys() {
  auto names = document_keys();
  const auto add = [&](std::span<const std::string_view> more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  add(flow_keys());
  add(k_client_keys);
  add(k_topics_keys);
  add(k_rename_keys);
  add(k_filter_keys);
  return names;
}

}  // namespace kferry::config
