#include "config/client_properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/library_prefix.hpp"
#include "config/properties.hpp"
#include "config/property_table.hpp"
#include "config/text.hpp"

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

void note_unknown(Side side, const WrittenProperty& property, Findings& findings) {
  const Side other = side == Side::source ? Side::target : Side::source;
  if (find_rule(other, property.name) != nullptr) {
    return findings.unknown(
        property.origin, fmt::format("{}: a property of Kafka's {}, not of its {}", property.name,
                                     client_of(other), client_of(side)));
  }
  findings.unknown(property.origin,
                   fmt::format("{}: not a known property of Kafka's {}{}", in_quotes(property.name),
                               client_of(side), did_you_mean(property.name, known_names(side))));
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

void apply_security(Draft& draft, const Value& value) {
  const auto* const protocol = draft.find("security.protocol");
  const bool plaintext = protocol == nullptr || equals_any_case(protocol->text, "PLAINTEXT");
  if (value.name == "security.protocol") {
    if (!plaintext) {
      draft.mistake(value, in_quotes(value.text) +
                               " is not supported yet in this version: only PLAINTEXT is");
    }
  } else if (plaintext) {
    draft.info(value, "ignored, since security.protocol is PLAINTEXT");
  }
}

void apply(Draft& draft, const PropertyRule& rule, const Value& value) {
  switch (rule.fate) {
    case Fate::passed:
      return apply_passed(draft, rule, value);
    case Fate::translated:
      return rule.translate(draft, value);
    case Fate::decided:
      if (!equals_any_case(value.text, rule.ours)) {
        draft.info(value, fmt::format("{} is used: {}", rule.ours, rule.text));
      }
      return;
    case Fate::ignored:
      return draft.info(value, fmt::format("ignored: {}", rule.text));
    case Fate::refused:
      if (!value.text.empty()) draft.mistake(value, rule.text);
      return;
    case Fate::security:
      return apply_security(draft, value);
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

/// Validation comes first for all, since some translations look at other properties.
void read_all(Draft& draft, const WrittenProperties& written) {
  const auto entries = winners(written.entries);
  for (const auto* entry : entries) {
    const auto* const rule = find_rule(draft.side, entry->name);
    if (rule == nullptr) continue;
    auto value = validate(*rule, entry->name, entry->value, entry->origin, draft.findings);
    if (value) draft.values.emplace(entry->name, std::move(*value));
  }
  for (const auto* entry : entries) {
    if (entry->name.starts_with(k_library_prefix)) {
      take_library_property(
          draft, {entry->name, std::string(java_trim(entry->value)), 0, false, {}, entry->origin});
    } else if (const auto* const rule = find_rule(draft.side, entry->name); rule == nullptr) {
      note_unknown(draft.side, *entry, draft.findings);
    } else if (const auto* const value = draft.find(entry->name); value != nullptr) {
      apply(draft, *rule, *value);
    }
  }
  if (!was_written(written, "bootstrap.servers")) {
    draft.findings.mistake(written.origin,
                           "bootstrap.servers is missing: write HOST:PORT,HOST:PORT");
  }
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
    entries.push_back({std::move(entry.name), std::move(entry.value), origin});
  }
  return entries;
}

SourceSettings read_source(const WrittenProperties& written, Findings& findings) {
  Draft draft{Side::source, {}, {}, {}, written.origin, findings};
  read_all(draft, written);
  finish_source(draft);
  return std::move(draft.source);
}

TargetSettings read_target(const WrittenProperties& written, Findings& findings) {
  Draft draft{Side::target, {}, {}, {}, written.origin, findings};
  read_all(draft, written);
  finish_target(draft);
  return std::move(draft.target);
}

}  // namespace kferry::config
