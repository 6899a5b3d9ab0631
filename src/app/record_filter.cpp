#include "app/record_filter.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "kferry/topics/java_regex.hpp"

namespace kferry::app {
namespace {

using topics::JavaRegex;

struct CompiledRule {
  bool keep = false;
  std::optional<JavaRegex> key;
  std::string header;
  std::optional<JavaRegex> header_value;

  bool matches(const pipeline::RecordView& record) const {
    if (key) {
      const NullableBytes bytes = record.key();
      return bytes && key->full_match(as_text(*bytes));
    }
    return record.any_header(header, [this](NullableBytes value) {
      return !header_value || (value && header_value->full_match(as_text(*value)));
    });
  }
};

Result<JavaRegex> compile(const std::string& pattern, const config::Origin& origin) {
  auto regex = JavaRegex::compile(pattern);
  if (regex) return regex;
  return Error{ErrorKind::configuration, to_string(origin) + ": " + regex.error().text};
}

}  // namespace

Result<pipeline::RecordFilter> make_record_filter(const std::vector<config::FilterRule>& rules) {
  if (rules.empty()) return pipeline::RecordFilter();
  // Shared, since a std::function has to be copyable; never changed once made.
  auto compiled = std::make_shared<std::vector<CompiledRule>>();
  bool any_keep = false;
  for (const config::FilterRule& rule : rules) {
    CompiledRule& entry = compiled->emplace_back();
    entry.keep = rule.action == config::FilterRule::Action::keep;
    any_keep = any_keep || entry.keep;
    if (rule.key_pattern) {
      auto regex = compile(*rule.key_pattern, rule.origin);
      if (!regex) return regex.error();
      entry.key = std::move(*regex);
    }
    entry.header = rule.header_name.value_or("");
    if (rule.header_value_pattern) {
      auto regex = compile(*rule.header_value_pattern, rule.origin);
      if (!regex) return regex.error();
      entry.header_value = std::move(*regex);
    }
  }
  return pipeline::RecordFilter([compiled, any_keep](const pipeline::RecordView& record) {
    bool kept = !any_keep;
    for (const CompiledRule& rule : *compiled) {
      if (kept && rule.keep) continue;
      if (!rule.matches(record)) continue;
      if (!rule.keep) return false;
      kept = true;
    }
    return kept;
  });
}

}  // namespace kferry::app
