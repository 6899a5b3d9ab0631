#include "config/client_properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>

#include "config/file_guard.hpp"
#include "config/library_prefix.hpp"
#include "config/properties.hpp"
#include "config/property_table.hpp"
#include "config/security_part.hpp"
#include "config/text.hpp"
#include "config/value_providers.hpp"

namespace kferry::config {
namespace {

constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

std::string_view client_of(Side side) noexcept {
  return side == Side::source ? "consumer" : "producer";
}

std::vector<std::string_view> names_of(Side side) {
  std::vector<std::string_view> names;
  for (const auto* rule : all_rules(side)) names.push_back(rule->name);
  return names;
}

const std::vector<std::string_view>& known_names(Side side) {
  static const auto k_source_names = names_of(Side::source);
  static const auto k_target_names = names_of(Side::target);
  return side == Side::source ? k_source_names : k_target_names;
}

/// A line that lost its backslash reads as a name, and may hold the rest of a password.
bool may_be_printed(Side side, const WrittenProperty& property) {
  const bool is_name = std::all_of(property.name.begin(), property.name.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-');
  });
  if (is_name && !java_trim(property.value).empty()) return true;
  const Side other = side == Side::source ? Side::target : Side::source;
  return find_rule(other, property.name) != nullptr ||
         nearest(property.name, known_names(side)).has_value();
}

/// How an unknown property is spoken of, and what there is to say.
struct Unknown {
  std::string name;
  std::string why;
};

Unknown describe_unknown(Side side, const WrittenProperty& property) {
  const Side other = side == Side::source ? Side::target : Side::source;
  if (find_rule(other, property.name) != nullptr) {
    return {property.name, fmt::format("a property of Kafka's {}, not of its {}", client_of(other),
                                       client_of(side))};
  }
  if (!may_be_printed(side, property)) {
    return {"a line", fmt::format("not a property of Kafka's {}; does the line before lack its "
                                  "backslash?",
                                  client_of(side))};
  }
  return {in_quotes(property.name),
          fmt::format("not a known property of Kafka's {}{}", client_of(side),
                      did_you_mean(property.name, known_names(side)))};
}

void apply_passed(Draft& draft, const PropertyRule& rule, const Value& value) {
  if (rule.type == Type::string) {
    if (!value.text.empty()) draft.set_library(rule.library, value.text);
    return;
  }
  const auto number = std::clamp(value.number, rule.library_limits.min, rule.library_limits.max);
  draft.set_library(rule.library, std::to_string(number));
  if (number != value.number) {
    draft.info(value, fmt::format("{} is used, the nearest value that is possible", number));
  }
}

void apply(Draft& draft, const PropertyRule& rule, const Value& value) {
  if (rule.security) {
    draft.security.emplace(value.name, Secret(value.text));
    return;
  }
  switch (rule.fate) {
    case Fate::passed:
      return apply_passed(draft, rule, value);
    case Fate::translated:
      return rule.translate(draft, value);
    case Fate::decided:
      draft.explainer.became(value.name, rule.ours);
      if (!equals_any_case(value.text, rule.ours)) {
        draft.info(value, fmt::format("{} is used: {}", rule.ours, rule.text));
      }
      return;
    case Fate::ignored:
      return draft.findings.info(value.origin,
                                 fmt::format("{}: ignored: {}", value.name, rule.text));
    case Fate::refused:
      if (value.text.empty()) return draft.explainer.fate(value.name, Fate::ignored);
      return draft.refuse(value, rule.text);
  }
}

/// Every property once, the one that wins, in the order of writing.
std::vector<const WrittenProperty*> winners(const std::vector<WrittenProperty>& entries) {
  std::vector<const WrittenProperty*> result;
  std::set<std::string_view> seen;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (seen.insert(entry->name).second) result.push_back(&*entry);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

bool was_written(const WrittenProperties& written, std::string_view name) {
  return std::any_of(written.entries.begin(), written.entries.end(),
                     [&](const WrittenProperty& entry) { return entry.name == name; });
}

bool is_secret(const PropertyRule* rule, const WrittenProperty& property) {
  return property.from_provider || is_secret_name(property.name) ||
         (rule != nullptr && is_secret(*rule));
}

/// The winning properties after value providers, with what their files may have leaked already.
std::vector<WrittenProperty> expanded(const WrittenProperties& written, Draft& draft,
                                      const Surroundings& surroundings) {
  const auto entries = winners(written.entries);
  ValueProviders providers(entries, surroundings, draft.findings);
  std::vector<WrittenProperty> result;
  std::map<std::string, Holds> files{{written.origin.file, Holds::no_secrets}};
  for (const auto* entry : entries) {
    auto& property = result.emplace_back(*entry);
    if (property.name.starts_with(k_providers_prefix)) continue;
    providers.expand(property);
    files.emplace(property.origin.file, Holds::no_secrets);
    const auto* const rule = find_rule(draft.side, property.name);
    const bool is_literal = !property.from_provider && !property.unresolved;
    if (!is_literal || java_trim(property.value).empty() || !is_secret(rule, property)) continue;
    files[property.origin.file] = Holds::secrets;
    if (property.raw_letters) {
      draft.findings.warning(
          property.origin,
          fmt::format("{}: holds letters that are not ASCII, each byte of which Java reads as one "
                      "letter of Latin-1: if the file is UTF-8, write \\uXXXX for each of them",
                      property.name));
    }
  }
  for (const auto& [file, holds] : files) guard_file(file, holds, surroundings, draft.findings);
  return result;
}

void begin_row(Draft& draft, const WrittenProperty& entry, const PropertyRule* rule) {
  const bool secret = is_secret(rule, entry);
  if (rule != nullptr) return draft.explainer.begin(entry, rule->fate, rule->text, secret);
  if (entry.name.starts_with(k_library_prefix)) {
    return draft.explainer.begin(entry, Fate::passed, "librdkafka's own", secret);
  }
  if (entry.name.starts_with(k_providers_prefix)) {
    return draft.explainer.begin(entry, Fate::translated, "of a value provider", secret);
  }
  const auto unknown = describe_unknown(draft.side, entry);
  auto row = entry;
  if (!may_be_printed(draft.side, entry)) row.name = unknown.name;
  // Who knows what an unknown property holds: it is not shown.
  draft.explainer.begin(row, draft.findings.strict ? Fate::refused : Fate::ignored, unknown.why,
                        true);
}

void validate_all(Draft& draft, const std::vector<WrittenProperty>& entries) {
  for (const auto& entry : entries) {
    const auto* const rule = find_rule(draft.side, entry.name);
    begin_row(draft, entry, rule);
    if (entry.unresolved) {
      draft.unread.insert(entry.name);
      draft.explainer.why(entry.name, "a value provider has no value");
      draft.explainer.fate(entry.name, Fate::refused);
      continue;
    }
    if (rule == nullptr) continue;
    auto value =
        validate(*rule, entry.name, entry.value, entry.origin, draft.findings, entry.from_provider);
    if (value) {
      draft.values.emplace(entry.name, std::move(*value));
    } else {
      draft.explainer.why(entry.name, fmt::format("not a valid {}", to_string(rule->type)));
      draft.explainer.fate(entry.name, Fate::refused);
    }
  }
}

void apply_one(Draft& draft, const WrittenProperty& entry) {
  draft.applying = entry.name;
  if (entry.name.starts_with(k_library_prefix)) {
    if (!entry.unresolved) {
      take_library_property(draft, {entry.name,
                                    std::string(java_trim(entry.value)),
                                    0,
                                    false,
                                    {},
                                    entry.origin,
                                    is_secret(nullptr, entry)});
    }
  } else if (const auto* const rule = find_rule(draft.side, entry.name); rule != nullptr) {
    if (const auto* const value = draft.find(entry.name)) apply(draft, *rule, *value);
  } else if (!entry.name.starts_with(k_providers_prefix)) {
    const auto unknown = describe_unknown(draft.side, entry);
    draft.findings.unknown(entry.origin, fmt::format("{}: {}", unknown.name, unknown.why));
  }
  draft.applying.clear();
}

/// Validation comes first for all, since some translations look at other properties.
void read_all(Draft& draft, const WrittenProperties& written, const Surroundings& surroundings) {
  const auto entries = expanded(written, draft, surroundings);
  validate_all(draft, entries);
  for (const auto& entry : entries) apply_one(draft, entry);
  if (!was_written(written, "bootstrap.servers")) {
    draft.findings.mistake(written.origin,
                           "bootstrap.servers is missing: write HOST:PORT,HOST:PORT");
  }
}

void explain(Draft& draft, const Surroundings& surroundings) {
  auto rows = draft.explainer.finish(surroundings.flow, draft.side, draft.library());
  auto& all = draft.findings.explanations;
  all.insert(all.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

}  // namespace

std::optional<std::vector<WrittenProperty>> load_properties(const std::string& path,
                                                            const std::string& shown_as,
                                                            Findings& findings) {
  const auto file = read_file(path);
  if (!file.text) {
    findings.mistake({shown_as, 0}, "can not be read: " + file.error);
    return std::nullopt;
  }
  if (file.text->starts_with(k_byte_order_mark)) {
    findings.warning(
        {shown_as, 1},
        "the file starts with a byte order mark, which Java reads as part of the first "
        "name: save it without");
  }
  auto properties = parse_properties(*file.text);
  for (auto& error : properties.errors) {
    findings.mistake({shown_as, error.line}, std::move(error.text));
  }
  std::vector<WrittenProperty> entries;
  for (auto& entry : properties.entries) {
    const Origin origin{shown_as, entry.line};
    if (entry.replaces != 0) {
      findings.info(origin,
                    fmt::format("{}: given again, wins over line {}", entry.name, entry.replaces));
    }
    entries.push_back({std::move(entry.name), std::move(entry.value), origin, entry.raw_letters});
  }
  return entries;
}

SourceSettings read_source(const WrittenProperties& written, Findings& findings,
                           const Surroundings& surroundings) {
  Draft draft(Side::source, written.origin, findings);
  read_all(draft, written, surroundings);
  draft.source.security = read_security(draft, surroundings);
  finish_source(draft);
  explain(draft, surroundings);
  return std::move(draft.source);
}

TargetSettings read_target(const WrittenProperties& written, Findings& findings,
                           const Surroundings& surroundings) {
  Draft draft(Side::target, written.origin, findings);
  read_all(draft, written, surroundings);
  draft.target.security = read_security(draft, surroundings);
  finish_target(draft);
  explain(draft, surroundings);
  return std::move(draft.target);
}

}  // namespace kferry::config
